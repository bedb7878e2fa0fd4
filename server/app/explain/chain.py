"""From what is known of a file and a rule to the chain of reasons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...analyzers.base import Analyzer, Configuration
from ...analyzers.complexity import growth, radon
from ...analyzers.table import analyzers
from ...checks import compose
from ...findings.changed import on_lines
from ...findings.describe import title
from ...findings.suppressions import TOOL, once_hid
from ...model import Finding, Problem, Reason, Report, Scope, Suppression
from ...settings import Settings
from ...settings.ignored import Ignored, no_longer_in_force
from ..folder.tasked import Tasked
from . import others, unknown_rules


class Facts(NamedTuple):
    """``tool`` is the one that has the rule (None: no tool is known to), ``configuration`` what
    holds for it here, ``since`` the revision since which rows are changed, ``scanned`` why a scan
    of the folder passes the file over, ``silence`` what the tool says of its not telling;
    ``distrusted``, where no tool is known, are those that look at the file but need trust.
    ``tasked`` is what tasks found in the file, which is among the ``reports``, too."""

    path: str
    row: int
    rule: str
    settings: Settings
    tool: Analyzer | None
    configuration: Configuration
    trusted: bool
    reports: tuple[Report, ...]
    composed: compose.Composed
    here: compose.Circumstances
    since: str = ""
    scanned: str = ""
    silence: tuple[Reason, ...] = ()
    distrusted: frozenset[str] = frozenset()
    tasked: tuple[Tasked, ...] = ()


def of_rule(rule: str, reports: Iterable[Report], composed: compose.Composed) -> list[Finding]:
    """What is said of the rule in the file: by tools, and by us of what they say."""
    problems = [*composed.shown, *(problem for problem, _ in composed.ignored)]
    notes = (found for problem in problems for found in problem.findings if found.tool == TOOL)
    every = (*(found for report in reports for found in report.findings), *notes)
    return [found for found in every if found.rule == rule]


def is_on(row: int, finding: Finding) -> bool:
    """Whether it is, at least in part, in the row."""
    start, end = finding.range
    return start.line <= row <= end.line


def reasons(facts: Facts) -> Iterator[Reason]:
    """From the file to the tool, from the tool to what it says, from there to what is shown."""
    if facts.scanned:
        told = f"A scan of the folder passes this file over: {facts.scanned}."
        yield Reason("excluded", told)
    tool = facts.tool
    if facts.rule == growth.NAME:
        yield from _grown(facts)
        return
    told_of = said_of(facts)
    if tool is None:
        yield from _of_no_analyzer(facts, told_of)
        return
    if not tool.looks_at(facts.path):
        kinds = ", ".join(sorted({*tool.suffixes, *tool.names, *tool.patterns}))
        told = f"{tool.title}, which has the rule {facts.rule}, looks at files such as {kinds}."
        yield Reason("not-for-this-file", told)
        return
    if tool not in analyzers(facts.settings):
        told = f"{tool.title}, which has the rule {facts.rule}, is switched off by the settings."
        yield Reason("switched-off", told)
        return
    yield _looked(facts, tool)
    if facts.configuration.note:
        yield Reason("note", facts.configuration.note)
    if (said := _said(facts)) is not None:
        yield said
    if told_of is not None:
        yield from _shown(facts, told_of)
    elif has_verdict(facts):
        yield from facts.silence or (Reason("silent", f"{tool.title} says nothing of it here."),)


def _of_no_analyzer(facts: Facts, told_of: Finding | None) -> Iterator[Reason]:
    if told_of is not None:
        yield others.told_by(told_of, facts.tasked)
        yield from _shown(facts, told_of)
    elif silent := [*others.silent(facts.rule, facts.tasked)]:
        yield from silent
    else:
        tools = [each for each in facts.reports if each.tool not in (growth.NAME, TOOL)]
        given = facts.settings, tools, facts.distrusted
        yield from unknown_rules.reasons(facts.rule, facts.path, *given)


def _grown(facts: Facts) -> Iterator[Reason]:
    """Of what is no tool's: how far the file is above its own past."""
    how = facts.settings.complexity.growth
    if not how.enabled:
        told = "Understudy itself tells of growth, which `complexity.growth.enabled` switches off."
        yield Reason("switched-off", told)
    elif told_of := said_of(facts):
        yield from _shown(facts, told_of)
    elif not any(each.tool == radon.NAME and each.state.is_verdict for each in facts.reports):
        told = (
            "Understudy itself tells of growth, in what Radon has measured: this file it has not."
        )
        yield Reason("no-verdict", told)
    else:
        told = (
            f"Understudy itself tells of growth: where a file of {growth.LEAST_LINES} lines or more"
            f" is {how.factor:g} times its median version of the last {how.days} days, which git"
            f" has to have at least {growth.LEAST_VERSIONS} of. This one is not."
        )
        yield Reason("silent", told)


def _looked(facts: Facts, tool: Analyzer) -> Reason:
    source = facts.configuration.source
    by = f"configured by {source}" if source else "as it is without a configuration of its own"
    report = _report(facts)
    version = (report and report.version) or tool.version()
    name = f"{tool.title} {version}".rstrip()
    return Reason("tool", f"{name} has the rule, {by}.", source)


def _said(facts: Facts) -> Reason | None:
    """Why the tool gave no verdict; None when it did."""
    tool = facts.tool
    report = _report(facts)
    if tool is None or has_verdict(facts):
        return None
    if facts.configuration.needs_trust and not facts.trusted:
        return unknown_rules.not_trusted(tool.title)
    if report is None:
        return Reason("no-verdict", f"{tool.title} was not asked.")
    return unknown_rules.no_verdict(report)


def _report(facts: Facts) -> Report | None:
    return next((r for r in facts.reports if facts.tool and r.tool == facts.tool.name), None)


def has_verdict(facts: Facts) -> bool:
    """Whether the tool that has the rule could look."""
    report = _report(facts)
    return report is not None and report.state.is_verdict


def said_of(facts: Facts) -> Finding | None:
    """What is said of the rule in the row."""
    found = of_rule(facts.rule, facts.reports, facts.composed)
    return next((each for each in found if is_on(facts.row, each)), None)


def _shown(facts: Facts, finding: Finding) -> Iterator[Reason]:
    line = finding.range.start.line + 1
    yield Reason("found", f"It says so in line {line}: {finding.message}", facts.path, line)

    def has(problem: Problem) -> bool:
        return finding in problem.findings

    for hidden in facts.composed.hidden:
        if has(hidden.problem):
            yield _commented(hidden.by, facts.path)
    for problem, entry in facts.composed.ignored:
        if has(problem):
            yield Reason("ignored-by-settings", _by_settings(entry))
    for problem in facts.composed.shown:
        if has(problem):
            yield from _merged(problem, finding)
            yield from _no_longer_ignored(facts, problem)
            label = problem.severity.label
            if problem.known:
                how = _KNOWN[facts.settings.baseline.show]
                told = f"It is known: {_known(facts, problem)}, and `baseline.show` has it {how}."
                yield Reason("known", told)
                if facts.settings.baseline.show != "all":
                    return
            told = f"Its severity is {label}, which `severity.{label}` shows as {problem.level}."
            yield Reason("shown", told)


def _no_longer_ignored(facts: Facts, problem: Problem) -> Iterator[Reason]:
    """What let it be until some day, which has passed."""
    for each in once_hid(problem, facts.reports, facts.here.today):
        line = each.range.start.line + 1
        told = f"A comment in line {line} let it be until {each.until}{_why(each.reason)}."
        yield Reason("no-longer-ignored", told, facts.path, line)
    entries = facts.settings.rules.ignore
    for entry in no_longer_in_force(entries, facts.here.path, facts.here.today):
        if compose.names(entry, problem):
            told = f"`rules.ignore` had {entry.words}{_why(entry.reason)}: that day has passed."
            yield Reason("no-longer-ignored", told)


def _why(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _commented(by: Suppression, path: str) -> Reason:
    line = by.range.start.line + 1
    told = f"A comment in line {line} lets {', '.join(by.rules)} be{_why(by.reason)}."
    if by.scope is Scope.MATTER:
        told = f"`{by.native}` in line {line} is about the same matter."
    return Reason("ignored-by-comment", told, path, line)


def _by_settings(entry: Ignored) -> str:
    if entry in compose.ASSERTS_IN_TESTS:
        return "Tests are made of asserts, and `analysis.assertsInTests` is off."
    return f"`rules.ignore` has {entry.words}."


def _known(facts: Facts, problem: Problem) -> str:
    if facts.here.changed is None or on_lines([problem], facts.here.changed):
        return "the baseline has it"
    return f"its lines were not changed since {facts.since}"


_KNOWN = {
    "all": "shown as all others are",
    "hint": "shown as a hint, whatever its severity",
    "hidden": "not shown in editors",
}


def _merged(problem: Problem, finding: Finding) -> Iterator[Reason]:
    others = [each for each in problem.findings if each != finding]
    if others:
        named = ", ".join(f"{title(each.tool)} {each.rule}" for each in others)
        led = f"It is shown as {problem.lead.rule}" if problem.lead != finding else "It leads"
        yield Reason("merged", f"{named} means the same at the same place. {led}.")
