"""When a cron expression is due, found minute by minute: slow, and nothing of it is shared with
what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
MINUTE = timedelta(minutes=1)


@cache
def _values(field: str, low: int, high: int) -> set[int]:
    found = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, last = (low, high) if span == "*" else map(int, (span.split("-") * 2)[:2])
        if step and "-" not in span and span != "*":
            last = high
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def _matches(expression: str, local: datetime) -> bool:
    fields = expression.split()
    minutes, hours, days, months, weekdays = (
        _values(field, *bounds) for field, bounds in zip(fields, _RANGES, strict=True)
    )
    day, weekday = local.day in days, bool({local.isoweekday(), local.isoweekday() % 7} & weekdays)
    both = fields[2].startswith("*") or fields[4].startswith("*")
    return (
        local.minute in minutes
        and local.hour in hours
        and local.month in months
        and ((day and weekday) if both else (day or weekday))
    )


def moments(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[float]:
    """The times after ``start`` and up to ``end``, which are full minutes in UTC.

    As Debian's cron has it: where minute or hour is a star, whatever the clock shows counts, twice
    if it shows it twice. Otherwise it is a fixed time: it counts the first time, and if the clock
    never shows it, right after.
    """
    minute, hour = expression.split()[:2]
    fixed = not (minute.startswith("*") or hour.startswith("*"))
    now, before = start, start.astimezone(zone).replace(tzinfo=None)
    while now < end:
        now += MINUTE
        aware = now.astimezone(zone)
        local = aware.replace(tzinfo=None, fold=0)
        shown = [local]
        if fixed and local - before > MINUTE:
            skipped = int((local - before) / MINUTE)
            shown += [before + n * MINUTE for n in range(1, skipped)]
        if fixed and aware.fold:
            shown = []
        if any(_matches(expression, each) for each in shown):
            yield now.astimezone(UTC).timestamp()
        before = local
