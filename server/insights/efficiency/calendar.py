"""Days and weeks as they are where the user is: a day may have 23 or 25 hours. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

_DAY = timedelta(days=1)


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


class Period(NamedTuple):
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date
    zone: tzinfo | None = None

    @staticmethod
    def between(since: float, until: float, zone: tzinfo | None) -> Period:
        """The days on which those moments are, and those between; never none."""
        first, last = day_of(since, zone), day_of(until, zone)
        return Period(min(first, last), last, zone)

    @property
    def days(self) -> tuple[date, ...]:
        count = (self.last - self.first).days + 1
        return tuple(self.first + number * _DAY for number in range(count))

    def day(self, at: float) -> date | None:
        """The day of a moment; None outside of the period."""
        return self.within(day_of(at, self.zone))

    def within(self, day: date) -> date | None:
        return day if self.first <= day <= self.last else None
