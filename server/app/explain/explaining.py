"""Why a finding is there, or is not: what was asked, under what, and what became of the answer.

The facts are gathered from the engine that every analysis goes through and, where a tool is silent,
from the tool itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...analyzers.base import Analyzer, As, Configuration
from ...analyzers.complexity import growth
from ...analyzers.table import BUILT_IN, OPTIONAL, analyzers
from ...checks import compose
from ...checks.engine import Checks, Subject, analyzers_for, configure, why_left_out
from ...checks.jobs import Policy, question
from ...discover import rediscover
from ...findings.rule_names import coded, tool_of
from ...ipython import code
from ...model import Finding, Priority, Reason, Report
from ...notebooks import is_notebook, read
from ...runner.calls import Status, Urgency
from ...settings import Settings
from ..folder.config import config_report
from ..folder.workspace import Workspace
from .chain import Facts, has_verdict, is_on, of_rule, reasons, said_of


async def explain(
    checks: Checks,
    workspace: Workspace,
    subject: Subject,
    row: int,
    rule: str,
    placed: Iterable[Report] = (),
) -> list[Reason]:
    """The chain of reasons for which ``rule`` is told of in ``row`` (from 0), or is not. Rows and
    lines of a notebook are those of its text. ``placed``: what is known of an open file, at its
    present places, which what tasks found on disk has no more."""
    policy = workspace.policy
    asked = checks.check(subject, policy, workspace.results, Priority.INTERACTIVE)
    reports = tuple([report async for some in asked for report in some])
    if rule == growth.NAME:
        await workspace.look_back(checks, {subject.path: reports}, Urgency())
    moved = {report.tool: report for report in placed} if rule != growth.NAME else {}
    tasked = tuple(
        each._replace(report=moved.get(each.report.tool, each.report))
        for each in workspace.tasked.of(subject.path)
    )
    reports += tuple(each.report for each in tasked)
    scanned = await asyncio.to_thread(_passed_over, subject, policy.settings)
    if subject.path == str(workspace.config_path):
        scanned = ""  # no tool looks at it, but a scan tells of what is to be said of it
        reports += (config_report(workspace.own_problems),)
    changed = await workspace.changed_rows(subject.path, subject.content)
    here = workspace.circumstances(subject.path)._replace(changed=changed)
    composed = compose.composed(reports, policy.settings, here)
    found = of_rule(rule, reports, composed)
    tool = _tool(rule, row, subject.path, policy.settings, found)
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
        composed,
        here,
        workspace.comparison.revision,
        scanned,
        tasked=tasked,
    )
    if tool is None and not policy.trusted:
        distrusted = await asyncio.to_thread(_distrusted, checks, policy, subject)
        facts = facts._replace(distrusted=distrusted)
    if tool is not None and tool.why and said_of(facts) is None and has_verdict(facts):
        silence = await _ask(checks, tool, configuration, policy, subject, row, rule)
        facts = facts._replace(silence=silence)
    return list(reasons(facts))


def _tool(
    rule: str, row: int, path: str, settings: Settings, found: Sequence[Finding]
) -> Analyzer | None:
    """The one that tells of the rule here, else the one whose rules are called so. One that is
    optional, and off, is known by its rules' codes alone: words may be anybody's."""
    known = {each.name: each for each in (*BUILT_IN, *analyzers(settings))}
    here = next((each.tool for each in found if is_on(row, each)), "")
    if here:
        return known.get(here)
    name = next((each.tool for each in found), "") or tool_of(rule, path)
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
