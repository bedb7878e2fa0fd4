"""Two profiles of one program: what has become slower or faster, and what may be chance. Pure.

A count of samples is only as sure as its square root; and no two runs of a program take the same
time. Of several runs on each side both is measured; of one run only the first is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import NamedTuple

from .sampled import HotFunction, Told

_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""The 97.5 % quantile of Student's distribution, for 1 to 10 degrees of freedom."""
_NORMAL = 1.96


class Change(NamedTuple):
    """Seconds of one run, before and after. ``low`` and ``high`` are the 95 % interval of the
    difference; None where nothing is known of how much runs differ."""

    file: str
    name: str
    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def is_noise(self) -> bool:
        """Whether there may be no difference at all."""
        return self.low is None or self.high is None or self.low <= 0 <= self.high


class Comparison(NamedTuple):
    """``functions`` with what they call, the largest differences first. ``repeated``: both sides
    ran several times, so that what runs differ by by themselves counts."""

    whole: Change
    functions: tuple[Change, ...]
    repeated: bool


def compare(
    before: Told, after: Told, walls_before: Sequence[float], walls_after: Sequence[float]
) -> Comparison:
    """``walls``: the seconds that each run took."""
    repeated = min(len(before.samples), len(after.samples)) > 1
    old = {(each.file, each.name): each for each in before.functions}
    new = {(each.file, each.name): each for each in after.functions}
    changes = [
        _change(*place, _seconds(old.get(place), before), _seconds(new.get(place), after), repeated)
        for place in {**old, **new}
    ]
    changes.sort(key=lambda each: (-abs(each.difference), each))
    whole = Change("", "", fmean(walls_before), fmean(walls_after), None, None)
    if repeated:
        margin = _welch(walls_before, walls_after, (0.0, 0.0))
        whole = whole._replace(low=whole.difference - margin, high=whole.difference + margin)
    return Comparison(whole, tuple(changes), repeated)


class _Side(NamedTuple):
    """Of one function. ``error`` is the variance of the mean that is due to sampling."""

    runs: tuple[float, ...]
    error: float


def _seconds(function: HotFunction | None, told: Told) -> _Side:
    counts = function.total if function else (0,) * len(told.samples)
    # One that was never seen may have been missed by chance.
    error = (sum(counts) + 1) * (told.interval / len(counts)) ** 2
    return _Side(tuple(count * told.interval for count in counts), error)


def _change(file: str, name: str, before: _Side, after: _Side, repeated: bool) -> Change:
    old, new = fmean(before.runs), fmean(after.runs)
    if repeated:
        margin = _welch(before.runs, after.runs, (before.error, after.error))
    else:
        margin = _NORMAL * math.sqrt(before.error + after.error)
    return Change(file, name, old, new, new - old - margin, new - old + margin)


def _welch(before: Sequence[float], after: Sequence[float], least: tuple[float, float]) -> float:
    """Half of the 95 % interval of the difference of the means, by Welch; ``least``: the variances
    of the means are no smaller than these."""
    sides = [
        max(variance(runs) / len(runs), at_least)
        for runs, at_least in zip((before, after), least, strict=True)
    ]
    if not sum(sides):
        return 0.0
    parts = [each**2 / (len(runs) - 1) for each, runs in zip(sides, (before, after), strict=True)]
    freedom = sum(sides) ** 2 / sum(parts)
    return _student(freedom) * math.sqrt(sum(sides))


def _student(freedom: float) -> float:
    whole = int(freedom)
    if whole <= len(_T):
        return _T[max(whole, 1) - 1]
    return _NORMAL + (_NORMAL**3 + _NORMAL) / (4 * freedom)


def margin(share: float, samples: int) -> float:
    """Half of the 95 % interval of a share that was seen in so many samples, by Wilson; 1 of
    none."""
    if not samples:
        return 1.0
    square = _NORMAL**2
    inner = share * (1 - share) / samples + square / (4 * samples**2)
    return _NORMAL * math.sqrt(inner) / (1 + square / samples)
