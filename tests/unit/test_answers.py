"""What a task leaves with its job: of many reports those that matter."""

from __future__ import annotations

from understudy.model import Category, Finding, Position, Range, Report, Severity, State
from understudy.tasks.answers import found, found_by

AT = Range(Position(0, 0), Position(0, 1))


def finding(severity: Severity) -> Finding:
    return Finding("t", "r", "m", AT, severity, Category.SECURITY)


def test_clean_reports_give_way_to_others() -> None:
    clean = {f"/clean/{i}": Report.of("t", ()) for i in range(300)}
    notes = {f"/note/{i}": Report.of("t", (finding(Severity.INFO),)) for i in range(400)}
    bad = {
        "/high": Report.of("t", (finding(Severity.INFO), finding(Severity.HIGH))),
        "/failed": Report("t", State.FAILED, (finding(Severity.INFO),), "why"),
    }
    kept = found_by(found("s", 1, {**clean, **notes, **bad}))
    assert kept is not None
    assert len(kept) == 500
    assert bad.items() <= kept.items()
    assert notes.keys() <= kept.keys()
