"""Reports as compact JSON: the form in which workers answer and the store keeps them."""

from __future__ import annotations

import json
from typing import Any

from ..model import (
    Category,
    Confidence,
    Edit,
    Figure,
    Finding,
    Fix,
    Metric,
    Position,
    Range,
    Report,
    Scope,
    Severity,
    State,
    Suppression,
    Tag,
)

VERSION = 4


def dumps(report: Report) -> str:
    findings = [
        (
            f.rule,
            f.message,
            _flat(f.range),
            int(f.severity),
            f.category,
            int(f.confidence),
            f.url,
            f.cwe,
            f.tags,
            [
                (fix.title, [(_flat(e.range), e.text) for e in fix.edits], fix.safe)
                for fix in f.fixes
            ],
            f.fingerprint,
            [_flat(place) for place in f.secrets],
        )
        for f in report.findings
    ]
    figures = [(f.metric, f.value, f.name, _flat(f.range)) for f in report.figures]
    suppressions = [(_flat(each.range), *each[1:]) for each in report.suppressions]
    return json.dumps(
        (report.tool, report.state, findings, report.why, suppressions, figures, report.version),
        ensure_ascii=False,
        separators=(",", ":"),
    )


def loads(text: str) -> Report:
    """Raises ValueError on anything that ``dumps`` did not write."""
    try:
        tool, state, findings, why, suppressions, figures, version = json.loads(text)
        return Report(
            tool,
            State(state),
            tuple(_finding(tool, *row) for row in findings),
            why,
            tuple(_suppression(*row) for row in suppressions),
            tuple(_figure(*row) for row in figures),
            version,
        )
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"not a stored report: {error}") from error


_NO_VERSION = ',""]'


def versioned(text: str, version: str) -> str:
    """What ``dumps`` wrote of a report without a version, with this one."""
    assert text.endswith(_NO_VERSION), text[-40:]
    return f"{text.removesuffix(_NO_VERSION)},{json.dumps(version, ensure_ascii=False)}]"


def _flat(range_: Range) -> tuple[int, int, int, int]:
    return (*range_.start, *range_.end)


def _range(flat: list[int]) -> Range:
    return Range(Position(flat[0], flat[1]), Position(flat[2], flat[3]))


def _figure(metric: str, value: float, name: str, place: list[int]) -> Figure:
    return Figure(Metric(metric), value, name, _range(place))


def _finding(
    tool: str,
    rule: str,
    message: str,
    place: list[int],
    severity: int,
    category: str,
    confidence: int,
    url: str,
    cwe: int,
    tags: list[str],
    fixes: list[Any],
    fingerprint: str,
    secrets: list[list[int]],
) -> Finding:
    return Finding(
        tool,
        rule,
        message,
        _range(place),
        Severity(severity),
        Category(category),
        Confidence(confidence),
        url,
        cwe,
        tuple(Tag(tag) for tag in tags),
        tuple(
            Fix(title, tuple(Edit(_range(at), new) for at, new in edits), safe)
            for title, edits, safe in fixes
        ),
        fingerprint,
        tuple(map(_range, secrets)),
    )


def _suppression(place: list[int], scope: str, rules: list[str], *rest: Any) -> Suppression:
    return Suppression(_range(place), Scope(scope), tuple(rules), *rest)
