"""One problem, one diagnostic: join what several tools say of the same matter and place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from ..model import Finding, Problem
from .families import family

# A partner stands next to its finding; the bound keeps a file of one endless line from costing
# the square of its findings.
_NEIGHBOURS = 32

# A total order, so that the result does not depend on the order of arrival.
_order = attrgetter(
    "range", "tool", "rule", "message", "severity", "confidence", "category", "url", "cwe",
    "tags", "fixes",
)  # fmt: skip


def merge(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """The problems in the order of their places; every distinct finding is in exactly one.

    Findings are joined when their rules are of one family, they come from different tools, and
    they have a line in common: tools point at different parts of one statement (Bandit at the
    whole, Ruff at the expression). Where several could be joined, the closest ranges are.
    The finding with the smallest range leads.
    """
    families: dict[str, list[Finding]] = {}
    for finding in sorted(set(findings), key=_order):
        families.setdefault(family(finding.tool, finding.rule), []).append(finding)
    problems = [
        Problem(tuple(sorted(group, key=lambda finding: (_precision(finding), finding.tool))))
        for members in families.values()
        for group in _groups(members)
    ]
    return in_order(problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: _order(problem.lead)))


def _groups(members: Sequence[Finding]) -> list[list[Finding]]:
    """Members of one family, in order, by problem: at most one finding of each tool."""
    group_of = {finding: [finding] for finding in members}
    for one, other in sorted(_pairs(members), key=_distance):
        left, right = group_of[one], group_of[other]
        if _joinable(left, right):
            left += right
            group_of |= dict.fromkeys(right, left)
    return [group for finding, group in group_of.items() if group[0] == finding]


def _pairs(members: Sequence[Finding]) -> Iterator[tuple[Finding, Finding]]:
    for index, one in enumerate(members):
        for other in members[index + 1 : index + 1 + _NEIGHBOURS]:
            if other.range.start.line > one.range.end.line:
                break
            if other.tool != one.tool:
                yield one, other


def _distance(pair: tuple[Finding, Finding]) -> tuple[bool, int, int]:
    one, other = (finding.range for finding in pair)
    lines = abs(one.start.line - other.start.line) + abs(one.end.line - other.end.line)
    columns = abs(one.start.column - other.start.column) + abs(one.end.column - other.end.column)
    return not one.touches(other), lines, columns


def _joinable(left: list[Finding], right: list[Finding]) -> bool:
    return {finding.tool for finding in left}.isdisjoint(finding.tool for finding in right)


def _precision(finding: Finding) -> tuple[bool, int, int]:
    """Smallest first, but for an empty range, which points at nothing."""
    start, end = finding.range
    lines = end.line - start.line
    return start >= end, lines, end.column if lines else end.column - start.column
