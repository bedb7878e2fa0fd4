"""From the tools' reports on one file to what a person sees of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from .. import spans
from ..discover import matches
from ..findings.baseline import known_among
from ..findings.changed import Rows, on_lines
from ..findings.families import NOT_ANALYSED, SYNTAX_ERROR
from ..findings.limits import most_important
from ..findings.merge import in_order, merge
from ..findings.suppressions import TOOL, Hidden, judge
from ..model import TOP, Category, Finding, Level, Problem, Report, Severity, State
from ..settings import Settings
from ..settings.ignored import Ignored, in_force


class Circumstances(NamedTuple):
    """Of one file: its path below the root, with slashes, the day it is, the fingerprints that the
    baseline has for it, and the rows of which what is said is news. ``withheld``: the tools that
    may not run in its folder, whatever the file."""

    path: str = ""
    today: date = date.min
    known: Sequence[str] = ()
    changed: Rows = None
    withheld: frozenset[str] = frozenset()


_ANYWHERE = Circumstances()


class Composed(NamedTuple):
    """What is shown of one file; what comments there hide, and what the settings do. ``used``: the
    entries of the settings that name something of what is hidden."""

    shown: tuple[Problem, ...]
    hidden: tuple[Hidden, ...]
    ignored: tuple[tuple[Problem, Ignored], ...]
    used: frozenset[Ignored] = frozenset()


def problems(
    reports: Iterable[Report], settings: Settings, here: Circumstances = _ANYWHERE
) -> tuple[Problem, ...]:
    """The merged findings of one file, as the settings and its comments want to see them."""
    return composed(reports, settings, here).shown


@spans.timed("merge")
def composed(
    reports: Iterable[Report], settings: Settings, here: Circumstances = _ANYWHERE
) -> Composed:
    """A rule that is ignored takes with it what another tool says of the same matter. A tool that
    could not parse the file is not named beside the syntax error that explains it.
    """
    reports = list(reports)
    findings = [finding for report in reports for finding in report.findings]
    broken = any(finding.rule == SYNTAX_ERROR for finding in findings)
    told = [each for each in findings if not (broken and each.rule == NOT_ANALYSED)]
    entries = ignoring(settings, here)
    judged = judge(merge(told), reports, here.path, here.today, here.withheld)
    levels = settings.severity._asdict()
    merged: list[Problem] = []
    ignored: list[tuple[Problem, Ignored]] = []
    for problem in in_order((*judged.shown, *(Problem((note,)) for note in judged.notes))):
        entry = next((each for each in entries if names(each, problem)), None)
        if entry is not None:
            ignored.append((problem, entry))
        else:
            merged.append(problem)
    old = known_among(here.known, merged) | _unchanged(merged, here.changed)
    of_old: Level | None = "hint" if settings.baseline.show == "hint" else None
    shown = tuple(
        Problem(
            problem.findings,
            (place in old and of_old) or levels[problem.severity.label],
            place in old,
        )
        for place, problem in enumerate(merged)
    )
    away = [problem for problem, _ in ignored] + [each.problem for each in judged.hidden]
    used = frozenset(e for e in entries if any(names(e, problem) for problem in away))
    return Composed(shown, judged.hidden, tuple(ignored), used)


def _unchanged(problems: Sequence[Problem], rows: Rows) -> frozenset[int]:
    """The places of those that are not on changed rows. That a tool could not look is news."""
    if rows is None:
        return frozenset()
    return frozenset(
        place
        for place, problem in enumerate(problems)
        if not (says_nothing(problem) or on_lines([problem], rows))
    )


def of_suppressions(reports: Iterable[Report], settings: Settings, here: Circumstances) -> Report:
    """What is to be said of the suppressions themselves, as a report of our own."""
    found = [f for p in problems(reports, settings, here) for f in p.findings if f.tool == TOOL]
    return Report.of(TOOL, tuple(found))


_TESTS = ("tests/", "test_*.py", "*_test.py", "conftest.py")
ASSERTS_IN_TESTS = tuple(Ignored(rule, _TESTS) for rule in ("B101", "S101"))
"""Let be unless ``analysis.assertsInTests``."""


def ignoring(settings: Settings, here: Circumstances) -> list[Ignored]:
    """The entries of ``rules.ignore`` that hold for a file, and what is let be by itself."""
    told = in_force(settings.rules.ignore, here.path, here.today)
    if not settings.analysis.asserts_in_tests and matches(here.path, _TESTS):
        told += ASSERTS_IN_TESTS
    return told


def visible(problems: Iterable[Problem], settings: Settings) -> tuple[Problem, ...]:
    """Those that an editor shows."""
    hidden = settings.baseline.show == "hidden"
    return tuple(problem for problem in problems if not (hidden and problem.known))


def within(problems: Sequence[Problem], most: int) -> tuple[Problem, ...]:
    """Of what is shown of one file the most important, and a note at its top of how many more there
    are; where not one is to be shown, nothing tells of them here."""
    shown = most_important(problems, most)
    if not shown or len(shown) == len(problems):
        return shown
    more = len(problems) - len(shown)
    told = (
        f"{more:,} more finding{'s' * (more != 1)} in this file {'are' if more != 1 else 'is'} not"
        " shown, but the most important are. `understudy scan` lists all; results.maxPerFile and"
        " results.maxInAll say how many an editor shows."
    )
    note = Finding("understudy", "more-findings", told, TOP, Severity.INFO, Category.QUALITY)
    return (Problem((note,), "information"), *shown)


def counted(problems: Iterable[Problem], settings: Settings) -> tuple[Problem, ...]:
    """Those that the status counts: what is known is no news where it is shown as such."""
    every = settings.baseline.show == "all"
    return tuple(problem for problem in problems if every or not problem.known)


def only(problems: Iterable[Problem], category: Category | None) -> tuple[Problem, ...]:
    """Those in which a tool speaks of ``category`` (None: all), or says that it cannot speak."""
    return tuple(
        problem
        for problem in problems
        if category is None
        or says_nothing(problem)
        or any(finding.category is category for finding in problem.findings)
    )


def says_nothing(problem: Problem) -> bool:
    """Whether it is that a tool could not look at the file."""
    return any(finding.rule == NOT_ANALYSED for finding in problem.findings)


def names(entry: Ignored, problem: Problem) -> bool:
    """Whether an entry of ``rules.ignore`` names one of a problem's rules."""
    return entry.rule.lower() in [rule.lower() for rule in problem.rules]


def counts(files: Iterable[Iterable[Problem]]) -> Mapping[str, int]:
    """Problems by severity label; every label is present."""
    tally = {severity.label: 0 for severity in Severity}
    for problems in files:
        for problem in problems:
            tally[problem.severity.label] += 1
    return tally


_WORST_FIRST = (
    State.FAILED,
    State.NOT_TRUSTED,
    State.TIMED_OUT,
    State.MISSING,
    State.WRONG_VERSION,
    State.RUNNING,
    State.FINDINGS,
    State.CLEAN,
    State.TOO_LARGE,
    State.NOT_ANALYSED,
)


def worst(reports: Iterable[Report]) -> Report | None:
    """The report that the status of a tool has to tell of; None when there is none."""
    return min(reports, key=lambda report: _WORST_FIRST.index(report.state), default=None)


def too_large(tools: Iterable[str], size: int, limit: int) -> list[Report]:
    """A report of each tool, and one finding at the top of the file that says so."""
    why = f"The file has {size:,} bytes, more than analysis.maxFileBytes ({limit:,}) allows."
    message = f"{why} It is not analysed."
    finding = Finding("understudy", "too-large", message, TOP, Severity.INFO, Category.QUALITY)
    reports = [Report(tool, State.TOO_LARGE, why=why) for tool in tools]
    return [replace(report, findings=(finding,)) for report in reports[:1]] + reports[1:]


def unreadable(tools: Iterable[str], why: str) -> list[Report]:
    """A report of each tool on what cannot be read: a folder may hold files for every one."""
    told = f"it {why}; what may lie there was not looked at (analysis.exclude leaves it out)"
    return [Report(tool, State.FAILED, why=told) for tool in tools]
