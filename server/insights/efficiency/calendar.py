"""Days and weeks as they are where the user is: a day may have 23 or 25 hours. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=3_653)
_USUAL = timedelta(days=29)
"""Back from the last day, itself one of them: what is told of where nobody says."""


def day_of(at: float, zone: tzinfo | None) -> date:
    """The day that a moment (seconds since the epoch) is on; ``zone`` None: the machine's. What is
    at no time that a calendar has, as a wrong clock writes it, is on the first or the last day."""
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(zone).date()
    except (OverflowError, ValueError, OSError):
        return date.max if at > 0 else date.min


def week_of(day: date) -> date:
    """The Monday of its week."""
    try:
        return day - timedelta(days=day.weekday())
    except OverflowError:
        return day


@dataclass(frozen=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date
    zone: tzinfo | None = None

    @staticmethod
    def between(since: float | None, until: float, zone: tzinfo | None) -> Period:
        """The days on which those moments are, and those between; never none, and no more than ten
        years: nothing is kept for longer. ``since`` None: thirty days."""
        last = day_of(until, zone)
        if since is None:
            return Period(last - _USUAL, last, zone)
        first = min(max(day_of(since, zone), last - _LONGEST), last)
        return Period(first, last, zone)

    @cached_property
    def days(self) -> tuple[date, ...]:
        count = (self.last - self.first).days + 1
        return tuple(self.first + number * _DAY for number in range(count))

    @cached_property
    def _starts(self) -> list[float]:
        """When each day begins, and the one after the last; in seconds since the epoch."""
        return [_start_of(day, self.zone) for day in (*self.days, self.last + _DAY)]

    def day(self, at: float) -> date | None:
        """The day of a moment; None outside of the period."""
        number = bisect_right(self._starts, at)
        return self.days[number - 1] if 0 < number <= len(self.days) else None

    def within(self, day: date) -> date | None:
        return day if self.first <= day <= self.last else None


def _start_of(day: date, zone: tzinfo | None) -> float:
    at = datetime.combine(day, time.min, zone)
    return (at if zone else at.astimezone()).timestamp()
