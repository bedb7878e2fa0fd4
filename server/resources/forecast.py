"""When something runs out, from how it was used so far. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .trend import Line, Point, binned, line, noise

_KEPT_SECONDS = 3_600.0
_WINDOWS = (150.0, 300.0, 600.0, 1_200.0, 2_400.0, 3_600.0)
"""Seconds of the past that a line is put through: the longest that the newest still lies on."""
_BINS = 30
_LEAST_POINTS = 8
_STEP_SHARE = 0.5
"""A rise of which one moment did so much was a step: what came before says nothing."""
_FALL = 0.05
"""Who falls by so much has had a peak."""
_LOW, _LOW_SHARE = 0.02, 0.08
"""So near its lowest, absolute and of what is left, it has not begun to rise."""
_LEAST_SECONDS = 125.0
"""What rose no longer is no trend."""
_PEAKS, _MOST_PEAKS = 3, 60
"""So many say how far, and for how long, it rises before it falls again."""
_LONGER = 1.5
_STEADY_SHARE = 0.6
_DEVIATIONS = 3.0
_JUMP_DEVIATIONS, _JUMP_TIMES = 6.0, 4.0


class Forecast(NamedTuple):
    """``left``: seconds until all is used, infinite where that is not in sight, ``soonest`` and
    ``latest`` for nine of ten; ``slope``: what is used more in a second, as a share of all."""

    left: float = math.inf
    soonest: float = math.inf
    latest: float = math.inf
    slope: float = 0.0


NOTHING = Forecast()


class _Peak(NamedTuple):
    """``took``: for how many seconds it rose there."""

    at: float
    level: float
    took: float


class Course:
    """How much of one thing was used, as far as that says something about what comes."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque()
        self._top = self._bottom = Point(0.0, 0.0)
        """The highest since the last peak, and when it was lowest last since then."""
        self._peaks: deque[_Peak] = deque(maxlen=_MOST_PEAKS)

    def add(self, point: Point) -> None:
        """A later one than all before; a clock that went back begins anew."""
        if self._points and point.at <= self._points[-1].at:
            self._points.clear()
            self._peaks.clear()
        self._points.append(point)
        while self._points[0].at < point.at - _KEPT_SECONDS:
            self._points.popleft()
        self._follow(point)

    def _follow(self, point: Point) -> None:
        """Whether it had a peak: it rose to it, and fell since."""
        if len(self._points) == 1:
            self._top = self._bottom = point
        if point.level > self._top.level:
            self._top = point
        elif point.level < self._top.level - _FALL:
            if self._top.level > self._bottom.level + _FALL:
                self._peaks.append(self._peak())
            self._top = self._bottom = point
        if point.level <= self._bottom.level + min(_LOW, _LOW_SHARE * (1 - point.level)):
            self._bottom = Point(point.at, min(point.level, self._bottom.level))

    def _peak(self) -> _Peak:
        """Where it fell at once, it rose on after the last look, half the way to the next one as
        far as anybody knows."""
        took, level = self._top.at - self._bottom.at, self._top.level
        before, now = self._points[-2], self._points[-1]
        if before == self._top and took:
            level += (level - self._bottom.level) / took * (now.at - before.at) / 2
        return _Peak(self._top.at, min(1.0, level), took)

    @property
    def level(self) -> float:
        return self._points[-1].level if self._points else 0.0

    def may_end_within(self, seconds: float) -> bool:
        """Cheaply: false where ``forecast`` would not say so."""
        if self._falls_again:
            return True
        recent = self._recent(_WINDOWS[0])
        if len(recent) < _LEAST_POINTS:
            return False
        third = len(recent) // 3
        levels = [each.level for each in recent]
        rise = max(levels[-third:]) - min(levels[:third])
        return rise > 0 and levels[-1] + rise * seconds / _WINDOWS[0] * 1.5 >= 1

    def forecast(self) -> Forecast:
        """As things are. What always fell again at some height is expected to do so below it."""
        if not self._points:
            return NOTHING
        now = self._points[-1].at
        if self._falls_again:
            return _until_full(self._line_of_peaks(), now)
        if self._rising_for < _LEAST_SECONDS or (found := self._line()) is None:
            return NOTHING
        return _until_full(found, now)

    def _line_of_peaks(self) -> Line:
        return line(binned([Point(each.at, each.level) for each in self._peaks], _BINS))

    @property
    def _rising_for(self) -> float:
        return self._points[-1].at - self._bottom.at

    @property
    def _falls_again(self) -> bool:
        """Whether it is as often before when it fell again: no higher, and rose no longer."""
        if len(self._peaks) < _PEAKS:
            return False
        return self.level < _FALL + max(each.level for each in self._peaks) and (
            self._rising_for <= _LONGER * max(each.took for each in self._peaks)
        )

    def _line(self) -> Line | None:
        """The one that the newest points lie on; None where none is known yet."""
        found: Line | None = None
        of: Sequence[Point] = ()
        for seconds in _WINDOWS:
            recent = self._recent(seconds)
            if len(recent) < _LEAST_POINTS or recent[-1].at - recent[0].at < 0.8 * seconds:
                break
            points = binned(recent, _BINS)
            if _has_steps(points):
                break
            fresh = line(points)
            if found is not None and not _agree(fresh, found, points):
                break
            found, of = fresh, points
        return found if found is not None and _is_steady(found, of) else None

    def _recent(self, seconds: float) -> Sequence[Point]:
        since = self._points[-1].at - seconds if self._points else 0.0
        recent: list[Point] = []
        for each in reversed(self._points):
            if each.at < since:
                break
            recent.append(each)
        recent.reverse()
        return recent


def _has_steps(points: Sequence[Point]) -> bool:
    """Whether most of what it rose or fell came at a few moments."""
    moves = [b.level - a.level for a, b in pairwise(points)]
    usual = _JUMP_DEVIATIONS * noise(points) + _JUMP_TIMES * median(map(abs, moves))
    jumped = sum(abs(each) for each in moves if abs(each) > usual)
    return jumped > _STEP_SHARE * abs(points[-1].level - points[0].level)


def _is_steady(found: Line, points: Sequence[Point]) -> bool:
    """Whether neither half rises for certain much less than the whole: as where something short
    begins, or where it comes to rest."""
    half = len(points) // 2
    return all(
        line(part).high >= _STEADY_SHARE * found.slope for part in (points[:half], points[half:])
    )


def _agree(wide: Line, narrow: Line, points: Sequence[Point]) -> bool:
    """Whether the longer past lies on a line with the shorter one."""
    tolerance = _DEVIATIONS * noise(points) / math.sqrt(len(points)) + 0.002
    return (
        wide.low <= narrow.high
        and narrow.low <= wide.high
        and (abs(wide.level - narrow.level) <= tolerance)
    )


def _until_full(found: Line, now: float) -> Forecast:
    if found.low <= 0 or found.slope <= 0:
        return NOTHING._replace(slope=found.slope)
    room = max(0.0, 1 - (found.level + found.slope * (now - found.at)))
    return Forecast(room / found.slope, room / found.high, room / found.low, found.slope)
