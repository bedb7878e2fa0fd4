"""Tests that passed and failed on the same files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ....tasks.testing.memory import KEY as FAILING
from ....tasks.testing.stamp import KEY as STAMP


class Ran(NamedTuple):
    """A run of the tests. ``stamp``: by which the files are known; empty where they changed
    meanwhile. ``failed``: the tests that failed, or still do since a run before. ``whole``: all
    tests were run, to the end."""

    job: int
    at: float
    stamp: str
    failed: frozenset[str]
    whole: bool


class Flaky(NamedTuple):
    """``failed`` and ``passed``: the runs on the same files, each as its job and when it was."""

    test: str
    failed: tuple[tuple[int, float], ...]
    passed: tuple[tuple[int, float], ...]


def run_of(job: int, at: float, value: Any, *, whole: bool) -> Ran | None:
    """What the job of a run left. None where it tells nothing."""
    if not isinstance(value, dict) or not isinstance(rows := value.get(FAILING), dict):
        return None
    failed = frozenset(
        str(row[0])
        for those in rows.values()
        if isinstance(those, list)
        for row in those
        if isinstance(row, list) and row
    )
    stamp = value.get(STAMP)
    return Ran(job, at, stamp if isinstance(stamp, str) else "", failed, whole)


def flaky(runs: Iterable[Ran]) -> list[Flaky]:
    """Those that failed in one run and passed in another, whole one, with no file changed between
    them; those that did so most often first."""
    by: dict[str, list[Ran]] = {}
    for run in runs:
        if run.stamp:
            by.setdefault(run.stamp, []).append(run)
    found: dict[str, Flaky] = {}
    for those in by.values():
        for test in frozenset[str]().union(*(each.failed for each in those)):
            failed = _told(each for each in those if each.whole and test in each.failed)
            passed = _told(each for each in those if each.whole and test not in each.failed)
            if failed and passed:
                before = found.get(test, Flaky(test, (), ()))
                found[test] = Flaky(test, before.failed + failed, before.passed + passed)
    return sorted(found.values(), key=lambda each: (-len(each.failed), each.test))


def _told(runs: Iterable[Ran]) -> tuple[tuple[int, float], ...]:
    return tuple((each.job, each.at) for each in runs)


def of_values(rows: Sequence[tuple[int, float, Mapping[str, Any], Any, str]]) -> list[Ran]:
    """``rows``: job, when, parameters, value, status of the runs."""
    found = [
        run_of(job, at, value, whole=not parameters and status == "done")
        for job, at, parameters, value, status in rows
    ]
    return [each for each in found if each is not None]
