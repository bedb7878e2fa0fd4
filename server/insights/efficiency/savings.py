"""What was saved, by where it was: automations, known results, parallel runs, tests not run. Pure.

What a clock that was set back has written, an end before its start, is left out everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from random import Random

from ...runner.graph import spent
from ...store.automations import Execution as Run
from ...store.history import Execution
from ...store.measured import Looked, Recalled, Suite
from .calendar import Period
from .intervals import Bounds, Middle, middle, ranks_out
from .measure import About, Measure, Unit, Whose, measured

_AUTOMATIONS = About(
    "automations",
    "Done by automations",
    Unit.SECONDS,
    "of runs that succeeded, whose changes were made and stand: at least the typing, at most with"
    " the pauses and the waiting that each pattern had",
    "no automation has made changes that stand",
    Whose.PERSON,
)
_KNOWN = About(
    "known",
    "Results that were known",
    Unit.SECONDS,
    "files whose content a tool had seen before, by the median that this tool took for one",
    "no result was asked for twice",
    Whose.MACHINE,
)
_PARALLEL = About(
    "parallel",
    "Tasks side by side",
    Unit.SECONDS,
    "the time of all tasks less the time in which any ran; at least as far as their processor time"
    " shows it",
    "no task was run",
    Whose.WAIT,
)
_TESTS = About(
    "tests",
    "Tests that were not run again",
    Unit.SECONDS,
    "runs of the tests that a change affects, against the median of a run of all",
    "no run was of the affected tests alone",
    Whose.WAIT,
)
_NO_WHOLE = "the affected tests were run, and never all of them: nobody knows what all take"


def by_automations(runs: Iterable[Run], period: Period, random: Random) -> Measure:
    found = (
        (day, Bounds(max(0.0, run.low), max(0.0, run.low, run.high)))
        for run in runs
        if run.is_success and run.applied and (day := period.day(run.at)) is not None
    )
    return measured(_AUTOMATIONS, found, period, random)


def by_parallel_runs(executions: Iterable[Execution], period: Period, random: Random) -> Measure:
    by_day: dict[date, list[Execution]] = {}
    for each in executions:
        if each.ended >= each.started and (day := period.day(each.started)) is not None:
            by_day.setdefault(day, []).append(each)
    found = ((day, _side_by_side(each)) for day, each in by_day.items())
    return measured(_PARALLEL, found, period, random)


def _side_by_side(executions: Sequence[Execution]) -> Bounds:
    """One after another, each would take as long as it did, or only what it took of a processor
    where it waited for the others."""
    total, busy = spent((each.started, each.ended) for each in executions)
    least = sum(min(each.ended - each.started, each.cpu) for each in executions)
    return Bounds(max(0.0, least - busy), max(0.0, total - busy))


def by_affected_tests(runs: Sequence[Suite], period: Period, random: Random) -> Measure:
    ended = [each for each in runs if each.ok and each.seconds >= 0]
    whole = middle([each.seconds for each in ended if each.whole])
    affected = [
        (day, each.seconds)
        for each in ended
        if each.affected and (day := period.day(each.at)) is not None
    ]
    if whole is None:
        about = _TESTS._replace(none=_NO_WHOLE if affected else _TESTS.none)
        return measured(about, (), period, random, len(affected))
    low, high = whole.bounds
    found = ((day, Bounds(max(0.0, low - s), max(0.0, high - s))) for day, s in affected)
    return measured(_TESTS, found, period, random)


def by_known_results(
    recalled: Iterable[Recalled], looked: Iterable[Looked], period: Period, random: Random
) -> Measure:
    """A tool that was never seen at work has no median: what it was spared is not known."""
    usual = usual_seconds(looked)
    asked = [each for each in recalled if period.within(each.day) is not None]
    found = (
        (each.day, Bounds(*(each.files * seconds for seconds in usual[each.tool].bounds)))
        for each in asked
        if each.tool in usual
    )
    unknown = sum(each.files for each in asked if each.tool not in usual)
    return measured(_KNOWN, found, period, random, unknown)


def usual_seconds(looked: Iterable[Looked]) -> dict[str, Middle]:
    """By tool, the median of the seconds for a file: those of one class took the same each."""
    tools: dict[str, dict[int, list[Looked]]] = {}
    for each in looked:
        if each.files > 0:
            tools.setdefault(each.tool, {}).setdefault(each.class_, []).append(each)
    return {tool: _middle_of(classes) for tool, classes in tools.items()}


def _middle_of(classes: dict[int, list[Looked]]) -> Middle:
    rows: list[tuple[int, float]] = []
    for _, each in sorted(classes.items()):
        files = sum(one.files for one in each)
        rows.append((files, sum(one.seconds for one in each) / files))
    count = sum(files for files, _ in rows)
    out = ranks_out(count)
    low, high = _at(rows, out), _at(rows, count - 1 - out)
    return Middle(_at(rows, (count - 1) // 2), Bounds(min(low, high), max(low, high)), count)


def _at(rows: Sequence[tuple[int, float]], rank: int) -> float:
    for files, seconds in rows:
        if rank < files:
            return seconds
        rank -= files
    return rows[-1][1]
