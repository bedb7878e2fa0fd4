"""What is to be said of rules that no analyzer has: what tasks find, and our own notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from ...findings.describe import title
from ...findings.rule_names import AUDITS, coded, may_have
from ...findings.suppressions import EXPIRED, UNCLEAR, UNUSED
from ...model import Finding, Reason
from ...tasks.audits import NAME as AUDIT
from ..folder.tasked import Tasked
from . import unknown_rules

_NOTES = frozenset({EXPIRED, UNCLEAR, UNUSED, "settings", "too-large"})


def told_by(finding: Finding, tasked: Sequence[Tasked]) -> Reason:
    """Who said it, when, and by which version."""
    by = next((each for each in tasked if finding in each.report.findings), None)
    if by is None:
        return Reason("tool", f"Understudy {version('understudy')} itself tells of it.")
    asked = f"the task {by.task}{_when(by)}"
    if finding.tool == by.task:
        return Reason("task", f"It was found by {asked}.")
    name = f"{title(finding.tool)} {by.report.version}".rstrip()
    return Reason("task", f"{name} said it, asked by {asked}.")


def silent(rule: str, tasked: Sequence[Tasked]) -> Iterator[Reason]:
    """Why nothing tells of the rule here; nothing where it is called as no such rule is."""
    if rule in _NOTES:
        yield Reason("silent", "Understudy itself tells of that, and not here.")
    elif not coded(rule) and any(may_have(tool, rule) for tool in AUDITS):
        audits = [each for each in tasked if each.report.tool in AUDITS]
        for each in audits:
            name = f"{title(each.report.tool)} {each.report.version}".rstrip()
            if each.report.state.is_verdict:
                told = (
                    f"{name}, asked by the task {each.task}{_when(each)}, says nothing of it here."
                )
                yield Reason("silent", told)
            else:
                yield unknown_rules.no_verdict(each.report)
        if not audits:
            told = (
                "Audits of dependencies tell of advisories, and no answer of one is known here:"
                f" `understudy run {AUDIT}` asks, and editors show what it finds."
            )
            yield Reason("no-verdict", told)


def _when(by: Tasked) -> str:
    if by.ended is None:
        return ""
    return f", which ended {datetime.fromtimestamp(by.ended, UTC).astimezone():%Y-%m-%d %H:%M}"
