"""What something costs in a week, as a range: the days that are known, drawn again and again. Pure
but for the randomness that is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from .runs import DAY

Series = Sequence[tuple[float, float]]
"""When, in seconds since the epoch, and how many seconds it cost."""

LEAST_DAYS = 5
"""Of fewer days no range is told."""
_LEAST_RUNS = 5
_DRAWS = 1_000
_TAIL = 0.025
_MOST_DAYS = 90


class Weekly(NamedTuple):
    """Seconds a week, between which it lies with 95 %; of ``days`` that are known."""

    low: float
    high: float
    days: int


class Span(NamedTuple):
    """What the log is of, from when to when."""

    since: float
    until: float

    @property
    def days(self) -> int:
        """Whole days, at most as many as are looked at."""
        return min(_MOST_DAYS, int((self.until - self.since) // DAY))


def by_day(series: Series, span: Span) -> list[float]:
    """What each day of the span cost, the last first; days without anything count."""
    totals = [0.0] * span.days
    for at, seconds in series:
        day = int((span.until - at) // DAY)
        if 0 <= day < len(totals):
            totals[day] += seconds
    return totals


def weekly(series: Series, span: Span, random: Random) -> Weekly | None:
    """None where too few days are known."""
    totals = by_day(series, span)
    if len(totals) < LEAST_DAYS:
        return None
    low, high = _interval([_mean(_drawn(totals, random)) for _ in range(_DRAWS)])
    return Weekly(7 * low, 7 * high, len(totals))


def gained(series: Series, span: Span, done: float, random: Random) -> Weekly | None:
    """What a week costs less since something was done, as a range; it may be below nothing. None
    where too few days are known before or after."""
    before = by_day(series, Span(span.since, done))
    after = by_day(series, Span(done, span.until))
    if min(len(before), len(after)) < LEAST_DAYS:
        return None
    draws = (_mean(_drawn(before, random)) - _mean(_drawn(after, random)) for _ in range(_DRAWS))
    low, high = _interval(draws)
    return Weekly(7 * low, 7 * high, len(after))


def faster(
    before: Sequence[float], since: Sequence[float], weeks: float, random: Random
) -> Weekly | None:
    """What a week costs less since runs take other times, in seconds; ``weeks``: since then. None
    where fewer than five runs are known on either side, or fewer than five days since."""
    days = int(7 * weeks)
    if min(len(before), len(since)) < _LEAST_RUNS or days < LEAST_DAYS:
        return None
    draws = (_mean(_drawn(before, random)) - _mean(_drawn(since, random)) for _ in range(_DRAWS))
    low, high = _interval(draws)
    a_week = len(since) / weeks
    return Weekly(low * a_week, high * a_week, min(days, _MOST_DAYS))


def _drawn(totals: Sequence[float], random: Random) -> Sequence[float]:
    return random.choices(totals, k=len(totals))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _interval(values: Iterable[float]) -> tuple[float, float]:
    found = sorted(values)
    return found[int(_TAIL * len(found))], found[int((1 - _TAIL) * len(found)) - 1]
