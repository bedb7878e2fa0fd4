"""The machine as somebody looks at it: how it is now, how it was, and what is to be expected."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ...resources import Outlook, Trend
from ...resources.use import Kind, Use, amount
from ...store.levels import Level
from ..chores.machine import eye, levels_in
from ..presentation.machine import details

_PAST, _AHEAD = 3_600.0, 1_200.0
"""Seconds that a plot shows before and after now."""
_PLOTTED = frozenset({Kind.MEMORY, Kind.DISK, Kind.BATTERY})
_DIGITS = 2
_SAME_SHARE = 0.01


class Plot(NamedTuple):
    """In percent of its width, and of its height from the top. ``line``: points of the past;
    ``ahead``: from now to where all is used up; ``band``: a polygon of where that may be; ``now``:
    how far along now is. Those that there is nothing of are empty."""

    line: str
    ahead: str
    band: str
    now: float


class Row(NamedTuple):
    """``ends``: when it will be used up, in words, empty where that is not in sight."""

    name: str
    used: str
    limit: str
    percent: int
    warns: bool
    ends: str
    sentence: str
    plot: Plot | None


class Machine(NamedTuple):
    rows: tuple[Row, ...]
    details: tuple[str, ...]
    shortage: str


class Eye:
    """Belongs to the event loop; ``state``: the state folder of all workspaces, where editors and
    services keep what was."""

    def __init__(self, state: Path, roots: Iterable[Path]) -> None:
        self._sampler, self._watcher = eye(state, roots)
        self._levels = levels_in(state)

    async def look(self) -> Machine:
        """Raises OSError and sqlite3.Error."""
        now, closely = time.monotonic(), self._watcher.wants_processes
        sample = await asyncio.to_thread(self._sampler.look, now, closely=closely)
        self._watcher.add(sample)
        at = time.time()
        try:
            past = await self._levels.since(at - _PAST)
        except sqlite3.Error:
            past = []  # what is now is worth a look without it
        return shown(self._watcher.outlook, past, at)

    async def close(self) -> None:
        await self._levels.close()


def shown(outlook: Outlook, past: Sequence[Level], at: float) -> Machine:
    """``past`` of all resources, the oldest first; ``at``: now, in seconds since the epoch. What
    lies ahead of it was kept while the clock was wrong."""
    known = [each for each in past if each.at <= at]
    rows = tuple(
        _row(each, outlook.ends(each), [p for p in known if _is_of(p, each.use)], at)
        for each in outlook.trends
    )
    return Machine(rows, tuple(details(outlook)), outlook.pressure.shortage)


def _is_of(level: Level, use: Use) -> bool:
    """The limit of some file systems grows and shrinks a little."""
    return level.name == use.name and abs(level.limit - use.limit) <= _SAME_SHARE * use.limit


def _row(trend: Trend, ends: str, past: Sequence[Level], at: float) -> Row:
    use = trend.use
    return Row(
        use.name,
        amount(use.used, use.kind),
        amount(use.limit, use.kind),
        round(100 * use.level),
        trend.warns is not None,
        ends,
        trend.sentence,
        _plot(trend, past, at) if use.kind in _PLOTTED else None,
    )


def _plot(trend: Trend, past: Sequence[Level], at: float) -> Plot | None:
    level, found = trend.use.level, trend.forecast
    known = [(each.at - at, each.used / each.limit) for each in past if each.limit > 0]
    line = [*known, (0.0, level)]
    if len(line) < 2:
        return None
    is_rising = math.isfinite(found.left) and found.left > 0
    ahead = [(0.0, level), _reached(level, found.left)] if is_rising else []
    band = []
    if is_rising:
        latest = _reached(level, found.latest)
        band = [
            (0.0, level),
            _reached(level, found.soonest),
            *_corner(found.soonest, latest),
            latest,
        ]
    return Plot(_points(line), _points(ahead), _points(band), round(_x(0.0), _DIGITS))


def _reached(level: float, left: float) -> tuple[float, float]:
    """Where a line to the end leaves the plot: above, or on the right."""
    if left <= _AHEAD:
        return left, 1.0
    rise = (1 - level) * _AHEAD / left if math.isfinite(left) else 0.0
    return _AHEAD, level + rise


def _corner(soonest: float, latest: tuple[float, float]) -> list[tuple[float, float]]:
    """Between a line that leaves above and one that leaves on the right."""
    return [(_AHEAD, 1.0)] if soonest < _AHEAD and latest[0] == _AHEAD and latest[1] < 1 else []


def _points(points: Sequence[tuple[float, float]]) -> str:
    drawn = ((_x(at), 100 * (1 - min(1.0, level))) for at, level in points)
    return " ".join(f"{x:.{_DIGITS}f},{y:.{_DIGITS}f}" for x, y in drawn)


def _x(at: float) -> float:
    return 100 * (at + _PAST) / (_PAST + _AHEAD)
