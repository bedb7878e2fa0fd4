"""Waiting: for tests, and for what git runs before it takes a commit or a push. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ....store.activity import Activity, Did
from ....store.history import Entry
from ....store.job_rows import HOOK
from .runs import Run, runs
from .weekly import Series

LEAST_SECONDS = 5.0
"""Nobody turns to something else for less, and nobody minds."""
_GIT_WAITS = re.compile(
    r"git commit\b.*\s(-[a-zA-Z]*m|-m|-F|--message|--file|-C|--no-edit|--fixup|--squash)\b"
    r"|git push\b|pre-commit run\b"
)
_AROUND = 2.0
"""Seconds within which a hook ends before its commit does."""
_NO_HOOKS = re.compile(r"--no-verify|git commit .*\s-[a-z]*n\b")


class Wait(NamedTuple):
    """``seconds``: until it ended, or something else was begun."""

    at: float
    seconds: float
    what: str


def for_tests(activities: Sequence[Activity]) -> list[Wait]:
    """For runs of tests that somebody asked for."""
    return _waits(activities, (each for each in runs(activities) if each.is_test))


def for_git(activities: Sequence[Activity]) -> list[Wait]:
    """For commits that ask for no message, for pushes, and for hooks that are run by hand. What is
    waited for in a push may be the network as well."""
    of_git = (
        each
        for each in runs(activities)
        if _GIT_WAITS.search(f"{each.what} ") and not _NO_HOOKS.search(each.what)
    )
    return _waits(activities, of_git)


def for_hooks(entries: Iterable[Entry], typed: Iterable[Wait]) -> list[Wait]:
    """For our own hooks, as the audit trail has it, where no wait for git that is known is about
    the same."""
    known = [(each.at, each.at + each.seconds + _AROUND) for each in typed]
    found = []
    for each in entries:
        seconds = float(each.text.removesuffix(" s")) if each.kind == HOOK else 0.0
        within = any(since <= each.at <= until for since, until in known)
        if seconds >= LEAST_SECONDS and not within:
            found.append(Wait(each.at - seconds, seconds, f"the hook {each.task}"))
    return found


def series(waits: Iterable[Wait]) -> Series:
    return [(each.at, each.seconds) for each in waits]


def _waits(activities: Sequence[Activity], asked: Iterable[Run]) -> list[Wait]:
    begun = sorted({each.at for each in activities if each.did is not Did.COMMITTED})
    found = [_wait(each, begun) for each in asked]
    return [each for each in found if each.seconds >= LEAST_SECONDS]


def _wait(run: Run, begun: Sequence[float]) -> Wait:
    """What is done meanwhile ends it."""
    later = _after(begun, run.at)
    seconds = min(run.took, later - run.at) if later is not None else run.took
    return Wait(run.at, seconds, run.what)


def _after(times: Sequence[float], at: float) -> float | None:
    place = bisect_right(times, at)
    return times[place] if place < len(times) else None


class Loop(NamedTuple):
    """From a run that failed to one that went well: how many ``saves`` and ``fails`` that took."""

    since: float
    until: float
    what: str
    saves: int
    fails: int


_APART = 2 * 3_600.0
"""Seconds. After such a break it is another piece of work."""


def loops(activities: Sequence[Activity]) -> list[Loop]:
    """Of tests, each by what was run."""
    found: list[Loop] = []
    by: dict[tuple[str, str], list[Run]] = {}
    for run in runs(activities):
        if run.is_test and run.ok is not None:
            by.setdefault((run.folder, run.what), []).append(run)
    saves = sorted(each.at for each in activities if each.did is Did.SAVED)
    for those in by.values():
        found += _loops(sorted(those, key=lambda run: run.at), saves)
    return sorted(found)


def _loops(those: Sequence[Run], saves: Sequence[float]) -> Iterator[Loop]:
    since, fails, last = 0.0, 0, 0.0
    for run in those:
        if fails and run.at - last > _APART:
            fails = 0
        last = run.at
        if not run.ok:
            since, fails = (since, fails + 1) if fails else (run.at, 1)
        elif fails:
            saved = bisect_right(saves, run.at) - bisect_left(saves, since)
            yield Loop(since, run.at + run.took, run.what, saved, fails)
            fails = 0
