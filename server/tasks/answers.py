"""What a task leaves with its job: a summary, figures, and findings; as JSON, read by every front.

``{"summary": text, "issues": number, "reports": {path: codec.dumps(report)}, …}``
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..findings import codec
from ..model import Finding, Report

_MOST_FILES = 500
"""Files whose reports are kept with a job, the worst of them; the summary counts all."""


def summed(summary: str, issues: int, **figures: Any) -> dict[str, Any]:
    """Of a task that shows what it finds by itself, or finds nothing."""
    return {"summary": summary, "issues": issues, **figures}


def found(
    summary: str, issues: int, reports: Mapping[str, Report], **figures: Any
) -> dict[str, Any]:
    """Of a task whose findings are to be shown; ``reports`` by absolute path."""
    worst = sorted(reports, key=lambda path: _weight(reports[path]), reverse=True)[:_MOST_FILES]
    kept = {path: codec.dumps(reports[path]) for path in worst}
    return {**summed(summary, issues, **figures), "reports": kept}


def _weight(report: Report) -> tuple[int, bool]:
    """How bad it is, and that it is no verdict; what is clean weighs least."""
    worst = max((finding.severity for finding in report.findings), default=-1)
    return worst, not report.state.is_verdict


def reports_of(tool: str, found: Sequence[tuple[str, Finding]]) -> dict[str, Report]:
    """What was found, by file."""
    by_path: dict[str, list[Finding]] = {}
    for path, finding in found:
        by_path.setdefault(path, []).append(finding)
    return {path: Report.of(tool, tuple(findings)) for path, findings in by_path.items()}


def summary_of(value: Any) -> str:
    """Empty when a task left none."""
    return str(value.get("summary", "")) if isinstance(value, dict) else ""


def issues_of(value: Any) -> int:
    issues = value.get("issues") if isinstance(value, dict) else None
    return issues if isinstance(issues, int) else 0


def found_by(value: Any) -> dict[str, Report] | None:
    """The findings by path; None when the task does not look for any."""
    stored = value.get("reports") if isinstance(value, dict) else None
    if not isinstance(stored, dict):
        return None
    return {path: codec.loads(text) for path, text in stored.items()}
