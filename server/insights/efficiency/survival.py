"""How long findings stay until they are fixed, where many are still there: Kaplan and Meier. Pure.

What is still there, or went for another reason, is no "never" and no "now": it is known to have
stayed at least so long.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

_Z = 1.959964
"""Of a normal distribution, 95 % lie within so many deviations."""


class Stay(NamedTuple):
    """``fixed``: it ended so; else it was seen to last at least so long."""

    seconds: float
    fixed: bool


class Step(NamedTuple):
    """From ``seconds`` on, the share of those that are still there, and between what it lies with
    95 %."""

    seconds: float
    share: float
    low: float
    high: float


class Survival(NamedTuple):
    """Of so many stays. ``median`` None: more than half outlast what was seen; its interval is open
    (infinite) where the curve does not tell. ``mean``: of what is within ``horizon``, the longest
    that was seen, with its interval: the mean itself is not known while some are still there."""

    steps: tuple[Step, ...]
    fixed: int
    of: int
    median: float | None
    median_low: float
    median_high: float
    mean: float
    mean_low: float
    mean_high: float
    horizon: float


def survival(stays: Iterable[Stay]) -> Survival | None:
    """None where none was fixed: nothing is known of how long that takes. A stay that ends before
    it began, as the clock was set back, lasted no time."""
    each = sorted(Stay(max(0.0, stay.seconds), stay.fixed) for stay in stays)
    fixed = sum(stay.fixed for stay in each)
    if not fixed:
        return None
    steps = [Step(0.0, 1.0, 1.0, 1.0)]
    share, summed = 1.0, 0.0
    for seconds, ended, at_risk in _deaths(each):
        share *= 1 - ended / at_risk
        summed += ended / (at_risk * (at_risk - ended)) if ended < at_risk else 0.0
        steps.append(Step(seconds, share, *_around(share, summed)))
    horizon = each[-1].seconds
    low = _half((step.seconds, step.low) for step in steps)
    high = _half((step.seconds, step.high) for step in steps)
    mean, deviation = _restricted(steps, each)
    return Survival(
        tuple(steps),
        fixed,
        len(each),
        _half((step.seconds, step.share) for step in steps),
        0.0 if low is None else low,
        math.inf if high is None else high,
        mean,
        max(0.0, mean - _Z * deviation),
        min(horizon, mean + _Z * deviation),
        horizon,
    )


def _around(share: float, summed: float) -> tuple[float, float]:
    """By Greenwood's variance, on the scale of log(-log), which stays between 0 and 1."""
    if share in (0.0, 1.0):
        return share, share
    width = _Z * math.sqrt(summed) / abs(math.log(share))
    return share ** math.exp(width), share ** math.exp(-width)


def _half(curve: Iterable[tuple[float, float]]) -> float | None:
    """When it has come down to a half; None: it has not."""
    return next((seconds for seconds, share in curve if share <= 0.5), None)


def _restricted(steps: Sequence[Step], each: Sequence[Stay]) -> tuple[float, float]:
    """The area below the curve up to the longest stay, and its standard deviation."""
    horizon = each[-1].seconds
    ends = [*(step.seconds for step in steps[1:]), horizon]
    areas = [step.share * (end - step.seconds) for step, end in zip(steps, ends, strict=True)]
    mean = rest = sum(areas)
    variance = 0.0
    for area, (_, ended, at_risk) in zip(areas, _deaths(each), strict=False):
        rest -= area
        if ended < at_risk:
            variance += rest * rest * ended / (at_risk * (at_risk - ended))
    return mean, math.sqrt(variance)


def _deaths(each: Sequence[Stay]) -> Iterator[tuple[float, int, int]]:
    """Each time at which any was fixed: how many were, of how many that were there."""
    at_risk = len(each)
    for seconds, group in groupby(each, key=lambda stay: stay.seconds):
        ended = [*group]
        if fixed := sum(stay.fixed for stay in ended):
            yield seconds, fixed, at_risk
        at_risk -= len(ended)
