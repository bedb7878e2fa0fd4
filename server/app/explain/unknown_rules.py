"""What is to be said of a rule that no tool here is known to have: who looked at the file, who
could not, and who might have it and is switched off. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from ...analyzers.base import Analyzer
from ...analyzers.table import BUILT_IN, OPTIONAL, analyzers
from ...findings.describe import title
from ...findings.rule_names import coded, may_have
from ...model import Reason, Report
from ...settings import Settings


def reasons(
    rule: str,
    path: str,
    settings: Settings,
    reports: Sequence[Report],
    distrusted: AbstractSet[str],
) -> Iterator[Reason]:
    """``reports``: what the tools said of the file that look at it; ``distrusted`` are those of
    them that would run what the workspace brings along, which is not trusted."""
    reports = sorted(reports, key=lambda each: title(each.tool).lower())  # not as they arrived
    looked = [title(report.tool) for report in reports if report.state.is_verdict]
    by = f"{_listed(looked)} looked at it." if looked else "None looked at it."
    meant = f" Did you mean {rule.upper()}?" if coded(rule.upper()) else ""
    told = f"No tool that looks at this file knows of {rule}.{meant} {by}"
    yield Reason("unknown-rule", told)
    for report in reports:
        if report.tool in distrusted:
            yield not_trusted(title(report.tool))
        elif not report.state.is_verdict:
            yield no_verdict(report)
    on = analyzers(settings)
    ours = (*BUILT_IN, *OPTIONAL)
    off = [each.title for each in ours if each not in on and _may_have(each, rule, path)]
    if off:
        are = "is" if len(off) == 1 else "are"
        told = f"{_listed(off)} may have such a rule, and {are} switched off by the settings."
        yield Reason("switched-off", told)


def not_trusted(tool: str) -> Reason:
    told = f"{tool} would run what this workspace brings along, which is not trusted."
    return Reason("not-trusted", f"{told} `understudy trust` lets it.")


def no_verdict(report: Report) -> Reason:
    kind = str(report.state).replace(" ", "-")
    return Reason(kind, f"{title(report.tool)} gave no verdict: {report.why}")


def _may_have(tool: Analyzer, rule: str, path: str) -> bool:
    return may_have(tool.name, rule) and tool.looks_at(path)


def may_be_of(rule: str, tools: Iterable[Analyzer]) -> bool:
    """Whether one of the tools may have it, as far as names tell."""
    return any(may_have(each.name, rule) for each in tools)


def _listed(names: Sequence[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last
