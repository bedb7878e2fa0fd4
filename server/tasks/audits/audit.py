"""An audit of a workspace: the tools are asked of what is in use, and what they say is shown where
it is declared."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from ...findings.families import NOT_AUDITED
from ...findings.suppressions import TOOL
from ...model import Finding, Report, Severity, State
from ...runner.calls import Outcome, Status
from ...runner.task import Result
from ...settings import Settings
from ...settings.ignored import in_force
from ..answers import found
from . import npm_audit, workspace
from .asking import Asking, Said
from .cache import age
from .dependencies import TOP, Note, not_audited, plain
from .npm_asking import ask as ask_npm
from .python_asking import ask as ask_python


async def audit(asking: Asking, settings: Settings, without: frozenset[str]) -> Result:
    """What came of auditing everything in the workspace."""
    exclude, ignored = settings.analysis.exclude, settings.rules.ignore
    project = await asyncio.to_thread(workspace.read, asking.root, exclude, without)
    said = [await ask_python(asking, project.python)]
    said += [await ask_npm(asking, one) for one in project.npm]
    said.append(Said(npm_audit.NAME, notes=project.unlocked))
    said += [Said(TOOL, failure=why, unknown=1) for why in project.unread]
    reports = {
        path: replace(report, version=asking.version(report.tool))
        for path, report in _reports(said).items()
    }
    heeded = _heeded(asking.root, reports, ignored, _day(asking.now))
    if lines := _lines(heeded):
        await asking.context.say("\n".join(lines) + "\n")
    every = (each for findings in heeded.values() for each in findings)
    issues = [each for each in every if each.rule != NOT_AUDITED]
    if project.unread:  # of no file, so that it is in the status alone
        why = "; ".join(project.unread)
        reports[str(asking.root)] = Report(TOOL, State.FAILED, why=why)
    return _result(said, reports, issues, asking.now)


def _reports(said: Sequence[Said]) -> dict[str, Report]:
    """By path; no file that was not audited as a whole is clean."""
    findings: dict[str, list[Finding]] = {}
    tools: dict[str, Said] = {}
    for one in said:
        for path in one.paths:
            findings.setdefault(path, [])
            tools[path] = one
        for path, finding in one.findings:
            findings.setdefault(path, []).append(finding)
            tools[path] = one
        notes = [*one.notes, *(Note(path, TOP, one.failure) for path in one.paths if one.failure)]
        for note in notes:
            findings.setdefault(note.path, []).append(not_audited(one.tool, note))
            tools.setdefault(note.path, one)
    return {path: _report(tools[path], tuple(each)) for path, each in findings.items()}


def _report(said: Said, findings: tuple[Finding, ...]) -> Report:
    if not said.failure:
        return Report.of(said.tool, findings)
    state = State.MISSING if said.missing else State.FAILED
    return Report(said.tool, state, findings, said.failure)


def _day(now: float) -> date:
    """The user's, as it is for what an editor shows."""
    return datetime.fromtimestamp(now, UTC).astimezone().date()


def _heeded(
    root: Path, reports: Mapping[str, Report], ignored: Sequence[str], today: date
) -> dict[str, list[Finding]]:
    """By path below the root, in order: what ``rules.ignore`` lets be told there on that day."""
    heeded: dict[str, list[Finding]] = {}
    for path, report in sorted(reports.items()):
        below = path.removeprefix(f"{root}/")
        rules = {entry.rule.lower() for entry in in_force(ignored, below, today)}
        found = [each for each in report.findings if each.rule.lower() not in rules]
        heeded[below] = sorted(found, key=lambda finding: finding.range)
    return heeded


def _lines(heeded: Mapping[str, Sequence[Finding]]) -> list[str]:
    lines = []
    for path, findings in heeded.items():
        for each in findings:
            line, column = each.range.start
            about = f"{each.severity.label}: {each.message} ({each.tool} {each.rule})"
            lines.append(plain(f"{path}:{line + 1}:{column + 1}: {about}"))
    return lines


def _result(
    said: Sequence[Said], reports: Mapping[str, Report], issues: Sequence[Finding], now: float
) -> Result:
    counts = Counter(finding.severity for finding in issues)
    labelled = {each.label: counts[each] for each in sorted(Severity, reverse=True)}
    audited = sum(one.audited for one in said)
    silent = sum(one.silent for one in said)
    value = found(
        _summary(audited, silent, labelled, said, now),
        len(issues),
        reports,
        counts=labelled,
        audited=audited,
        notAudited=silent,
    )
    failures = list(dict.fromkeys(f"{one.tool}: {one.failure}" for one in said if one.failure))
    if not failures:
        return Result(value)
    missing = all(one.missing for one in said if one.failure)
    why = f"not everything was audited: {'; '.join(failures)}"
    status = Status.MISSING if missing else Status.FAILED
    return Result(value, Outcome(status, why=why), "\n".join(one.printed for one in said))


def _summary(
    audited: int, silent: int, counts: Mapping[str, int], said: Sequence[Said], now: float
) -> str:
    issues = sum(counts.values())
    of = f"{audited:,} dependenc{'y' if audited == 1 else 'ies'}"
    words = f"no known vulnerabilities in {of}"
    if issues:
        worst = ", ".join(f"{count} {label}" for label, count in counts.items() if count)
        words = f"{issues:,} issue{'s' * (issues != 1)} in {of}: {worst}"
    if silent:
        words += f"; {silent:,} not audited"
    dates = [one.oldest for one in said if one.oldest is not None]
    if dates:
        words += f"; as of {age(now - min(dates))} ago"
    away = list(dict.fromkeys(one.away for one in said if one.away))
    return f"{words} ({'; '.join(away)})" if away else words
