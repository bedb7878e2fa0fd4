"""A report as JSON: docs/report.md tells what is in it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ...findings.redact_text import redacted
from ...journal.change import printable
from ..efficiency.costs import Spent
from ..efficiency.efficiency import Efficiency
from ..efficiency.intervals import Bounds
from ..efficiency.measure import Measure
from ..efficiency.rates import Rate
from ..efficiency.survival import Survival
from .outline import name

VERSION = 1


def payload(
    found: Efficiency, workspace: str, made: datetime, troubles: Iterable[str] = ()
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "workspace": name(workspace),
        "made": made.isoformat(timespec="seconds"),
        "since": found.period.first.isoformat(),
        "until": found.period.last.isoformat(),
        "saved": [*map(_measure, found.saved)],
        "success": {
            "tasks": [*map(_rate, found.rates)],
            "automations": [*map(_rate, found.automated)],
        },
        "findings": {
            "introduced": _measure(found.findings.introduced),
            "fixed": _measure(found.findings.fixed),
            "hidden": found.findings.hidden,
            "timeUntilFixed": _survival(found.findings.stays),
            "severities": [
                {
                    "severity": each.severity.label,
                    "introduced": each.introduced,
                    "fixed": each.fixed,
                    "open": each.open,
                    "timeUntilFixed": _survival(each.stays),
                }
                for each in found.findings.severities
            ],
        },
        "interruptions": [*map(_measure, found.notices)],
        "costs": {
            "tools": _spent(found.tools),
            "tasks": _spent(found.tasks),
            "automations": [
                {"name": name(each.name), "times": each.times, "seconds": each.seconds}
                for each in found.automations
            ],
        },
        "leftOut": {"endedBeforeStart": found.backwards, "ofDaysToCome": found.to_come},
        "troubles": [redacted(printable(each)) for each in troubles],
    }


def _measure(each: Measure) -> Mapping[str, Any]:
    change = each.trend
    return {
        "key": each.key,
        "title": each.title,
        "unit": each.unit,
        "of": each.whose,
        "note": each.note,
        "total": _bounds(each.total),
        "aDay": _bounds(each.a_day),
        "trend": change
        and {
            "direction": change.direction,
            "change": change.change,
            "interval": _bounds(change.bounds),
        },
        "days": {day.isoformat(): _bounds(value) for day, value in each.days.items()},
        "weeks": {week.isoformat(): _bounds(value) for week, value in each.weeks.items()},
        "unknown": each.unknown,
    }


def _bounds(each: Bounds | None) -> list[float] | None:
    return None if each is None else [each.low, each.high]


def _survival(each: Survival | None) -> Mapping[str, Any] | None:
    """In seconds; an interval that is open has no end (null)."""
    if each is None:
        return None
    high = None if math.isinf(each.median_high) else each.median_high
    return {
        "findings": each.of,
        "fixed": each.fixed,
        "median": each.median,
        "medianInterval": [each.median_low, high],
        "mean": each.mean,
        "meanInterval": [each.mean_low, each.mean_high],
        "horizon": each.horizon,
        "curve": [[*step] for step in each.steps],
    }


def _rate(each: Rate) -> Mapping[str, Any]:
    return {
        "name": name(each.name),
        "successes": each.successes,
        "runs": each.runs,
        "rate": each.value,
        "interval": _bounds(each.bounds),
    }


def _spent(spent: Iterable[Spent]) -> list[Mapping[str, Any]]:
    return [
        {
            "name": name(each.name),
            "times": each.times,
            "seconds": each.seconds,
            "cpuSeconds": each.cpu if each.is_measured else None,
            "memoryBytes": each.memory if each.is_measured else None,
            "aheadSeconds": each.ahead,
        }
        for each in spent
    ]
