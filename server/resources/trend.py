"""Straight lines through what was measured, however much of it is off the line. Pure.

Theil and Sen: the median of the slopes of all pairs of points, and Kendall's bounds of it.
P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

_Z = 2.576
"""Of the normal distribution, for 99 of 100."""
_NORMAL = 1.4826
"""Times the median deviation: the standard deviation of what is distributed normally."""


class Point(NamedTuple):
    """``at`` in seconds; ``level``: the used share of what there is, 0 to 1."""

    at: float
    level: float


class Line(NamedTuple):
    """``slope`` a second, of which ``low`` and ``high`` are the bounds for 99 of 100; ``level``
    where it is ``at``."""

    at: float
    level: float
    slope: float
    low: float
    high: float


def binned(points: Sequence[Point], most: int) -> list[Point]:
    """At most so many, each the medians of neighbours."""
    size = -(-len(points) // most)
    if size <= 1:
        return list(points)
    # The newest bin is full: what happened last counts.
    first = len(points) % size
    bounds = [*([0] if first else []), *range(first, len(points), size), len(points)]
    groups = [points[a:b] for a, b in pairwise(bounds)]
    return [Point(median(p.at for p in group), median(p.level for p in group)) for group in groups]


def line(points: Sequence[Point]) -> Line:
    """Through three points or more, at the last of them; a second lies between any two."""
    slopes = sorted(
        (b.level - a.level) / (b.at - a.at)
        for number, b in enumerate(points)
        for a in points[:number]
    )
    count, pairs = len(points), len(slopes)
    slope = median(slopes)
    spread = _Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = slopes[max(0, round((pairs - spread) / 2) - 1)]
    high = slopes[min(pairs - 1, round((pairs + spread) / 2))]
    at = points[-1].at
    level = median(each.level + slope * (at - each.at) for each in points)
    return Line(at, level, slope, low, high)


def noise(points: Sequence[Point]) -> float:
    """The standard deviation around a line, whatever its slope: of what three neighbours do."""
    bends = [
        abs(b.level - (a.level + c.level) / 2)
        for a, b, c in zip(points, points[1:], points[2:], strict=False)
    ]
    return _NORMAL * median(bends) / math.sqrt(1.5) if bends else 0.0
