"""What came of a test run, and what is to be shown of it: values and pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ...analyzers.programs.matchers import LINE_END
from ...model import Category, Finding, Position, Range, Severity


class TestOutcome(StrEnum):
    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    XFAILED = "xfailed"

    @property
    def fails(self) -> bool:
        return self in (TestOutcome.FAILED, TestOutcome.ERROR)


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test ended. ``file`` (relative to the workspace) and ``line`` (from 0) are where it
    failed, ``message`` is the assertion, ``text`` all that the runner says of it.

    ``id`` names the test to its runner and begins with the file that it is in, as far as that is
    known (``tests/test_a.py::test_x``); a file that could not be loaded has its own name as id.
    """

    __test__ = False

    id: str
    outcome: TestOutcome
    seconds: float = 0.0
    file: str = ""
    line: int = 0
    message: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests are asked for: those of ``files`` and those of ``ids``; all, when both are empty.

    Paths are relative to the workspace.
    """

    files: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not self.files and not self.ids

    def covers(self, id_: str) -> bool:
        """A class or a suite has the tests in it, and a test has its cases."""
        if self.everything or file_of(id_) in self.files or id_ in self.ids:
            return True
        return any(id_.startswith((f"{one}::", f"{one}[")) or _is_in(id_, one) for one in self.ids)


@dataclass(frozen=True, slots=True)
class TestReport:
    """``results``: one for each id. ``complete``: everything that was asked for has run to its end.
    ``why``: why it is not complete, or why there is no verdict; for a person."""

    __test__ = False

    results: tuple[TestResult, ...]
    complete: bool
    why: str = ""

    @property
    def failures(self) -> tuple[TestResult, ...]:
        return tuple(result for result in self.results if result.outcome.fails)

    @property
    def counts(self) -> Mapping[TestOutcome, int]:
        counts = dict.fromkeys(TestOutcome, 0)
        for result in self.results:
            counts[result.outcome] += 1
        return counts

    @property
    def ok(self) -> bool:
        """Whether it is a verdict, and a good one."""
        return self.complete and not self.why and not self.failures


SUITE = " > "
"""Between the names of a JavaScript suite and of what is in it; the id of a suite ends with it."""


def _is_in(id_: str, suite: str) -> bool:
    return suite.endswith(SUITE) and id_.startswith(suite)


def file_of(id_: str) -> str:
    return id_.partition("::")[0]


_GRAVITY = (
    TestOutcome.PASSED,
    TestOutcome.SKIPPED,
    TestOutcome.XFAILED,
    TestOutcome.FAILED,
    TestOutcome.ERROR,
)


def one_each(results: Iterable[TestResult]) -> tuple[TestResult, ...]:
    """One result per id: the worst counts, of equally bad ones the first (subtests, tear-down)."""
    kept: dict[str, TestResult] = {}
    for result in results:
        known = kept.get(result.id)
        if known is None or _GRAVITY.index(result.outcome) > _GRAVITY.index(known.outcome):
            failed = known is not None and known.outcome.fails
            kept[result.id] = replace(known, outcome=result.outcome) if known and failed else result
    return tuple(kept.values())


def still_failing(
    previous: Mapping[str, TestResult], report: TestReport, selection: Selection
) -> dict[str, TestResult]:
    """What fails, by id, after a run of ``selection`` gave ``report``.

    A failure goes when its test ran and did not fail, or was asked for and is not there any more.
    What did not run keeps its failure: also after a run that broke off, or did not get to it.
    """
    ran = {result.id for result in report.results}
    loaded = {file_of(id_) for id_ in ran if "::" in id_}
    unloadable = {result.id for result in report.failures if "::" not in result.id}

    def gone(id_: str) -> bool:
        if id_ in ran or ("::" not in id_ and id_ in loaded):
            return True
        covered = report.complete and not report.why and selection.covers(id_)
        return covered and file_of(id_) not in unloadable

    kept = {id_: result for id_, result in previous.items() if not gone(id_)}
    return kept | {result.id: result for result in report.failures}


def findings(failing: Iterable[TestResult]) -> dict[str, tuple[Finding, ...]]:
    """The findings of each file, in the order of their lines. A failure without a place has none.

    The tests that fail at one line with one message (the cases of a table) are one finding.
    """
    places: dict[tuple[str, int, str, str], list[str]] = {}
    for result in failing:
        if result.file:
            rule = "test-failed" if result.outcome is TestOutcome.FAILED else "test-error"
            message = result.message.strip() or f"The test {result.outcome.value}"
            places.setdefault((result.file, result.line, rule, message), []).append(result.id)
    found: dict[str, list[Finding]] = {}
    for (file, line, rule, message), ids in sorted(places.items()):
        found.setdefault(file, []).append(_finding(line, rule, message, ids))
    return {file: tuple(those) for file, those in found.items()}


def _finding(line: int, rule: str, message: str, ids: list[str]) -> Finding:
    name = ids[0].rpartition("::")[2]
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return Finding(
        tool="tests",
        rule=rule,
        message=f"{name}{more}: {message}",
        range=Range(Position(line, 0), Position(line, LINE_END)),
        severity=Severity.HIGH,
        category=Category.QUALITY,
    )
