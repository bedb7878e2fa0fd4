"""What a scan found, counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...findings.baseline import folder_of, rule_of
from ...model import Problem

__all__ = ["Statistics", "rule_of"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Problems by severity and by folder (``.`` is the root), findings by tool and by rule
    (``bandit:B307``), which are several where tools agree; the largest counts first."""

    problems: int
    known: int
    severity: Mapping[str, int]
    tool: Mapping[str, int]
    rule: Mapping[str, int]
    folder: Mapping[str, int]

    @staticmethod
    def of(problems: Iterable[tuple[str, Problem]]) -> Statistics:
        """Of problems, each with the name of its file."""
        found = list(problems)
        findings = [finding for _, problem in found for finding in problem.findings]
        return Statistics(
            len(found),
            sum(problem.known for _, problem in found),
            _counts(problem.severity.label for _, problem in found),
            _counts(finding.tool for finding in findings),
            _counts(map(rule_of, findings)),
            _counts(folder_of(name) for name, _ in found),
        )


def _counts(values: Iterable[str]) -> dict[str, int]:
    tally = Counter(values)
    return dict(sorted(tally.items(), key=lambda each: (-each[1], each[0])))
