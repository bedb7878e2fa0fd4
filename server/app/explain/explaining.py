"""Why a finding is there, or is not: what was asked, under what, and what became of the answer.

``reasons`` is pure; ``explain`` gathers what it needs, from the engine that every analysis goes
through and, where a tool is silent, from the tool itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ...analyzers.base import Analyzer, As, Configuration
from ...analyzers.complexity import growth, radon
from ...analyzers.table import BUILT_IN, OPTIONAL, analyzers
from ...checks import compose
from ...checks.engine import Checks, Subject, analyzers_for, configure, why_left_out
from ...checks.jobs import Policy, question
from ...discover import rediscover
from ...findings.changed import on_lines
from ...findings.describe import title
from ...findings.rule_names import coded, tool_of
from ...findings.suppressions import once_hid
from ...ipython import code
from ...model import Finding, Priority, Problem, Reason, Report, Scope, Suppression
from ...notebooks import is_notebook, read
from ...runner.calls import Status, Urgency
from ...settings import Settings
from ...settings.ignored import Ignored, no_longer_in_force
from ..folder.workspace import Workspace
from . import unknown_rules


class Facts(NamedTuple):
    """``tool`` is the one that has the rule (None: no tool is known to), ``configuration`` what
    holds for it here, ``since`` the revision since which rows are changed, ``scanned`` why a scan
    of the folder passes the file over, ``silence`` what the tool says of its not telling;
    ``distrusted``, where no tool is known, are those that look at the file but need trust."""

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


async def explain(
    checks: Checks, workspace: Workspace, subject: Subject, row: int, rule: str
) -> list[Reason]:
    """The chain of reasons for which ``rule`` is told of in ``row`` (from 0), or is not. Rows and
    lines of a notebook are those of its text."""
    policy = workspace.policy
    asked = checks.check(subject, policy, workspace.results, Priority.INTERACTIVE)
    reports = tuple([report async for some in asked for report in some])
    if rule == growth.NAME:
        await workspace.look_back(checks, {subject.path: reports}, Urgency())
        reports += tuple(filter(None, [workspace.grown(subject.path)]))
    changed = await workspace.changed_rows(subject.path, subject.content)
    here = workspace.circumstances(subject.path)._replace(changed=changed)
    tool = _tool(rule, subject.path, policy.settings, reports)
    configuration = Configuration(())
    if tool is not None:
        configuration = await asyncio.to_thread(_configuration, tool, checks, policy, subject)
    facts = Facts(
        subject.path,
        row,
        rule,
        policy.settings,
        tool,
        configuration,
        policy.trusted,
        reports,
        compose.composed(reports, policy.settings, here),
        here,
        workspace.comparison.revision,
        await asyncio.to_thread(_passed_over, subject, policy.settings),
    )
    if tool is None and not policy.trusted:
        distrusted = await asyncio.to_thread(_distrusted, checks, policy, subject)
        facts = facts._replace(distrusted=distrusted)
    if tool is not None and tool.why and not _told(facts) and _verdict(facts):
        silence = await _ask(checks, tool, configuration, policy, subject, row, rule)
        facts = facts._replace(silence=silence)
    return list(reasons(facts))


def _tool(rule: str, path: str, settings: Settings, reports: Sequence[Report]) -> Analyzer | None:
    """The one that tells of the rule here, else the one whose rules are called so. One that is
    optional, and off, is known by its rules' codes alone: words may be anybody's."""
    known = {each.name: each for each in (*BUILT_IN, *analyzers(settings))}
    by_finding = (r.tool for r in reports for found in r.findings if found.rule == rule)
    name = next(by_finding, "") or tool_of(rule, path)
    optional = {each.name: each for each in OPTIONAL}
    return known.get(name) or optional.get(coded(rule))


def _configuration(
    tool: Analyzer, checks: Checks, policy: Policy, subject: Subject
) -> Configuration:
    folder = Path(subject.path).parent if subject.path.startswith("/") else subject.root
    given = policy.settings, checks.files, subject.path
    ((_, configuration),) = configure((tool,), folder, subject.root, *given)
    return configuration.loosened() if subject.loose else configuration


def _distrusted(checks: Checks, policy: Policy, subject: Subject) -> frozenset[str]:
    """The tools for the file that would run what the workspace brings along."""
    looking = analyzers_for(subject.path, subject.language, policy.settings)
    found = (each for each in looking if _configuration(each, checks, policy, subject).needs_trust)
    return frozenset(each.name for each in found)


def _passed_over(subject: Subject, settings: Settings) -> str:
    """Why a scan of the folder does not look at the file; empty when it does."""
    path, exclude = subject.path, settings.analysis.exclude
    if not path.startswith(f"{subject.root}/"):
        return ""
    if why := why_left_out(subject, settings):
        return why
    found = rediscover(frozenset({path}), subject.root, ("",), exclude)
    if any(each.path == path for each in found) or not Path(path).exists():
        return ""
    return "a .gitignore names it, or it is a link"


async def _ask(
    checks: Checks,
    tool: Analyzer,
    configuration: Configuration,
    policy: Policy,
    subject: Subject,
    row: int,
    rule: str,
) -> tuple[Reason, ...]:
    content = subject.content
    if is_notebook(subject.path) and tool.notebooks is As.CODE:
        content = code(read(content).text).encode("utf-8", "surrogatepass")
    item = (subject.path, content, configuration.source, rule, row)
    job = question(tool, configuration, tool.why, item, policy, Urgency())
    outcome = await checks.execute(job)
    if outcome.status is not Status.DONE:
        told = f"{tool.title} could not be asked why: {outcome.why or outcome.status}."
        return (Reason("no-verdict", told),)
    return tuple(Reason(*each) for each in outcome.results[0])


# ── the chain ───────────────────────────────────────────────────────────────────────────────────


def reasons(facts: Facts) -> Iterator[Reason]:
    """From the file to the tool, from the tool to what it says, from there to what is shown."""
    if facts.scanned:
        told = f"A scan of the folder passes this file over: {facts.scanned}."
        yield Reason("excluded", told)
    tool = facts.tool
    if facts.rule == growth.NAME:
        yield from _grown(facts)
        return
    if tool is None:
        given = facts.settings, facts.reports, facts.distrusted
        yield from unknown_rules.reasons(facts.rule, facts.path, *given)
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
    if told_of := _told(facts):
        yield from _shown(facts, told_of)
    elif _verdict(facts):
        yield from facts.silence or (Reason("silent", f"{tool.title} says nothing of it here."),)


def _grown(facts: Facts) -> Iterator[Reason]:
    """Of what is no tool's: how far the file is above its own past."""
    how = facts.settings.complexity.growth
    if not how.enabled:
        told = "Understudy itself tells of growth, which `complexity.growth.enabled` switches off."
        yield Reason("switched-off", told)
    elif told_of := _told(facts):
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
    if tool is None or _verdict(facts):
        return None
    if facts.configuration.needs_trust and not facts.trusted:
        return unknown_rules.not_trusted(tool.title)
    if report is None:
        return Reason("no-verdict", f"{tool.title} was not asked.")
    return unknown_rules.no_verdict(report)


def _report(facts: Facts) -> Report | None:
    return next((r for r in facts.reports if facts.tool and r.tool == facts.tool.name), None)


def _verdict(facts: Facts) -> bool:
    report = _report(facts)
    return report is not None and report.state.is_verdict


def _told(facts: Facts) -> Finding | None:
    """What a tool says of the rule in the row."""
    return next((f for report in facts.reports for f in report.findings if _is_it(facts, f)), None)


def _is_it(facts: Facts, finding: Finding) -> bool:
    start, end = finding.range
    return finding.rule == facts.rule and start.line <= facts.row <= end.line


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
