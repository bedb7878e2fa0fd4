"""Tools that are wanted and not there, or too old: what a document says of it, and offers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ...analyzers.base import Analyzer
from ...checks.compose import Circumstances, ignoring
from ...checks.engine import Checks, Subject, analyzers_for, configure
from ...findings.describe import title
from ...model import TOP, Category, Finding, Problem, Report, Severity
from ...settings import Settings
from ...tasks.audits.pip_audit import NAME as PIP_AUDIT

RULE = "not-installed"


class Install(NamedTuple):
    """An offer. ``command`` is what the user has to run; empty: we install it, if asked to."""

    tool: str
    title: str
    command: str = ""


def notes(
    reports: Iterable[Report], settings: Settings, here: Circumstances
) -> tuple[Problem, ...]:
    """One problem for each tool, at the top of the file: unlike a finding, no baseline has it, and
    no scan counts it."""
    if any(entry.rule == RULE for entry in ignoring(settings, here)):
        return ()
    level = settings.severity.low
    return tuple(
        Problem((_note(report),), level) for report in reports if report.state.needs_install
    )


def _note(report: Report) -> Finding:
    said = f"{title(report.tool)} does not look at this file ({report.state}): {report.why}"
    return Finding(report.tool, RULE, said, TOP, Severity.LOW, Category.QUALITY)


async def installs(
    checks: Checks, subject: Subject, settings: Settings, problems: Iterable[Problem]
) -> list[tuple[Problem, Install]]:
    """What can be done about the notes among ``problems``."""
    noted = {problem.lead.tool: problem for problem in problems if problem.lead.rule == RULE}
    tools = [
        each
        for each in analyzers_for(subject.path, subject.language, settings)
        if each.name in noted
    ]
    folder = Path(subject.path).parent if subject.path.startswith("/") else subject.root
    here = await asyncio.to_thread(
        configure, tools, folder, subject.root, settings, checks.files, subject.path
    )
    offers = [_offer(tool, usable=found.installable) for tool, found in here]
    if PIP_AUDIT in noted and not settings.audit.pip_audit:
        offers.append(Install(PIP_AUDIT, f"Install {title(PIP_AUDIT)}…"))
    return [(noted[offer.tool], offer) for offer in offers if offer]


def _offer(tool: Analyzer, *, usable: bool) -> Install | None:
    if tool.advice:
        return Install(tool.name, f"How to install {tool.title}…", tool.advice)
    if tool.package and usable:
        return Install(tool.name, f"Install {tool.title}…")
    return None
