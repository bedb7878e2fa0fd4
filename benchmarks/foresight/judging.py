"""What warnings are worth: how many ends were told of in time, and how many were none."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple, Protocol

from understudy.resources import Sample, Watcher
from understudy.resources.trend import Point
from understudy.resources.use import Kind, Use

from ..report import US
from .traces import STEP, Trace

LEAD = 300.0
"""Seconds ahead of which one is to be told."""
_TERABYTE = 1 << 40
_TREND = 480.0
"""A trend that lasts no longer nobody can tell of in time."""
_SOON = 900.0
"""Who warns of an end that does not come in so many seconds was wrong."""


class Warner(Protocol):
    """Told of one point after another, it says when it warns, and of how many seconds left (None
    where it does not say)."""

    def add(self, point: Point) -> tuple[bool, float | None]: ...


class Ours:
    """It looks as seldom as it would."""

    def __init__(self) -> None:
        self._watcher = Watcher(LEAD)
        self._next = 0.0

    def add(self, point: Point) -> tuple[bool, float | None]:
        if point.at < self._next:
            return False, None
        use = Use(Kind.DISK, "disk", "a disk", point.level * _TERABYTE, _TERABYTE)
        news = self._watcher.add(Sample(point.at, (use,)))
        outlook = self._watcher.outlook
        self._next = point.at + outlook.pause(STEP)
        return bool(news), outlook.trends[0].forecast.left


class Threshold:
    """At nine tenths."""

    def __init__(self) -> None:
        self._is_above = False

    def add(self, point: Point) -> tuple[bool, float | None]:
        was, self._is_above = self._is_above, point.level >= 0.9
        return self._is_above and not was, None


class Regression:
    """Least squares over five minutes."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque(maxlen=60)
        self._warns = False

    def add(self, point: Point) -> tuple[bool, float | None]:
        self._points.append(point)
        count = len(self._points)
        if count < 12:
            return False, None
        at = sum(p.at for p in self._points) / count
        level = sum(p.level for p in self._points) / count
        above = sum((p.at - at) * (p.level - level) for p in self._points)
        slope = above / sum((p.at - at) ** 2 for p in self._points)
        left = (1 - point.level) / slope if slope > 0 else float("inf")
        was, self._warns = self._warns, left <= LEAD
        return self._warns and not was, left


CONTENDERS: dict[str, Callable[[], Warner]] = {
    US: Ours,
    "nine tenths are used": Threshold,
    "least squares over 5 minutes": Regression,
}


class Verdict(NamedTuple):
    """``ends``: those that could be told of in time; ``in_time`` of them were; ``false``: warnings
    after which no end came; ``errors`` of the seconds that were said to be left, as shares."""

    ends: int = 0
    in_time: int = 0
    false: int = 0
    hours: float = 0.0
    errors: tuple[float, ...] = ()

    def plus(self, other: Verdict) -> Verdict:
        return Verdict(
            self.ends + other.ends,
            self.in_time + other.in_time,
            self.false + other.false,
            self.hours + other.hours,
            self.errors + other.errors,
        )

    @property
    def share(self) -> float:
        return self.in_time / max(1, self.ends)

    @property
    def false_in_eight_hours(self) -> float:
        return 8 * self.false / max(self.hours, 1e-9)

    @property
    def error(self) -> float:
        return median(self.errors) if self.errors else float("nan")


def judge(traces: Iterable[Trace], make: Callable[[], Warner]) -> Verdict:
    total = Verdict()
    for each in traces:
        one = _judged(each, make())
        total = total.plus(one)
    return total


def warned(trace: Trace, warner: Warner) -> list[float]:
    """The seconds at which it warns."""
    points = (Point(number * STEP, level) for number, level in enumerate(trace.levels))
    return [each.at for each in points if warner.add(each)[0]]


def _judged(trace: Trace, warner: Warner) -> Verdict:
    end = len(trace.levels) * STEP if trace.began is not None else None
    told = []
    for number, level in enumerate(trace.levels):
        warns, left = warner.add(Point(number * STEP, level))
        if warns:
            told.append((number * STEP, left))
    false = sum(end is None or end - at > _SOON for at, _ in told)
    could = end is not None and end - (trace.began or 0) >= _TREND
    true = [(at, left) for at, left in told if end is not None and end - at <= _SOON]
    in_time = could and any(end - at >= LEAD for at, _ in true if end is not None)
    errors = tuple(
        abs(left - (end - at)) / (end - at)
        for at, left in true[:1]
        if end is not None and left is not None
    )
    hours = len(trace.levels) * STEP / 3_600
    return Verdict(int(could), int(in_time), false, hours, errors)
