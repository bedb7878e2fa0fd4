"""How sure a figure is: of means by day, of medians, and of what has changed. Pure.

Randomness is passed in: the same numbers give the same interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import comb
from random import Random
from statistics import fmean, median
from typing import NamedTuple

_DRAWS = 1_000
_OUTSIDE = 0.025
"""Of what may be, so much is left out on either side: intervals are of 95 %."""
FEWEST = 7
"""Of fewer values nothing is said of how their mean varies."""


class Bounds(NamedTuple):
    """What a figure is at least, and at most; the same twice where it was counted."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


NOTHING = Bounds(0.0, 0.0)


def together(each: Iterable[Bounds]) -> Bounds:
    """Their sum."""
    every = [*each]
    return Bounds(sum(one.low for one in every), sum(one.high for one in every))


def of_mean(values: Sequence[float], random: Random) -> Bounds | None:
    """Of the mean, by bootstrap; None of too few values."""
    if len(values) < FEWEST:
        return None
    return _middle_of([_drawn(values, random) for _ in range(_DRAWS)])


def of_difference(before: Sequence[float], after: Sequence[float], random: Random) -> Bounds | None:
    """Of by how much the mean has grown, by bootstrap; None where either are too few."""
    if min(len(before), len(after)) < FEWEST:
        return None
    draws = [_drawn(after, random) - _drawn(before, random) for _ in range(_DRAWS)]
    return _middle_of(draws)


def _drawn(values: Sequence[float], random: Random) -> float:
    return fmean(random.choices(values, k=len(values)))


def _middle_of(draws: Iterable[float]) -> Bounds:
    ordered = sorted(draws)
    out = int(len(ordered) * _OUTSIDE)
    return Bounds(ordered[out], ordered[-1 - out])


class Middle(NamedTuple):
    """A median, and between what it lies: exact, whatever the distribution; of fewer than six
    values the least and the greatest."""

    value: float
    bounds: Bounds
    of: int


def middle(values: Sequence[float]) -> Middle | None:
    """None of none."""
    if not values:
        return None
    ordered = sorted(values)
    out = ranks_out(len(ordered))
    return Middle(median(ordered), Bounds(ordered[out], ordered[-1 - out]), len(ordered))


def ranks_out(count: int) -> int:
    """How many of so many values lie, on either side, outside of the interval of their median:
    by the binomial distribution where it is quick, else by the normal one."""
    if count > 1_000:
        return max(0, int(count / 2 - 0.98 * count**0.5 - 1))
    below = accumulate(comb(count, number) / 2**count for number in range(count // 2))
    return max(0, sum(1 for chance in below if chance <= _OUTSIDE) - 1)
