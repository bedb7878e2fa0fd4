"""What is learned in a folder, as JSON for a view of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...automations.pattern import Pattern
from ...automations.record import Record
from ...settings.learning import Automations as Settings
from ...store.automations import Automation
from .evidence import evidence, summary
from .offers import WAITS, brief, seen, waits
from .pages import record_line


def view(
    root: Path,
    activity: str,
    patterns: Sequence[Pattern],
    automations: Sequence[Automation],
    record_of: Callable[[Automation], Record],
    script_of: Callable[[Automation], Path],
    settings: Settings,
    now: float,
) -> dict[str, Any]:
    """``activity``: ``on``, ``paused`` or ``off``. A pattern that an automation was made of names
    it. The state of one that is offered and was dismissed is ``dismissed`` until it comes back;
    ``now``: seconds since the epoch."""
    made = {each.id: each.name for each in automations}
    return {
        "root": str(root),
        "activity": activity,
        "patterns": [
            {
                "id": each.id,
                "title": each.title,
                "summary": summary(each),
                "evidence": evidence(each, settings),
                "whyNot": each.why_not,
                "automation": made.get(each.id, ""),
            }
            for each in patterns
        ],
        "automations": [
            {
                "name": each.name,
                "title": brief(each.title),
                "state": "dismissed" if each.stays_away(now) else str(each.state),
                "summary": seen(each),
                "lines": [*filter(None, _lines(each, record_of(each)))],
                "script": str(script_of(each)),
            }
            for each in automations
        ],
    }


def nothing(root: Path) -> dict[str, Any]:
    """Of a folder that is not open any more."""
    return {"root": str(root), "activity": "off", "patterns": [], "automations": []}


def _lines(automation: Automation, record: Record) -> tuple[str, ...]:
    whole = automation.title if brief(automation.title) != automation.title else ""
    runs = record_line(record) if record.runs else ""
    return whole, WAITS if waits(automation) else "", automation.why, automation.told, runs
