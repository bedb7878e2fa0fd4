"""What Understudy's own time goes to: the tool and the file that take much of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple

from ....store.profile import Days, Ran
from ...profile.views import Asked
from .weekly import Series, Span

TOOL, FILE = "slow-tool", "slow-file"
"""Rules, as in ``rules.RULES``."""
_TOOLS_SHARE, _FILES_SHARE = 0.5, 0.3
"""From here on one stands out."""
_LEAST_TIMES = 20
_LEAST_OTHERS = 3
"""Among fewer files one takes much of the time in any case."""
NOBODY: Mapping[str, Asked] = MappingProxyType({})


class Spent(NamedTuple):
    """By day and tool, by day and file; ``asked``: the tools that check files. All of it is of the
    same ``days``, the first and the last of which something is kept; None: of none is."""

    days: Days | None = None
    tools: Sequence[Ran] = ()
    files: Sequence[Ran] = ()
    asked: Mapping[str, Asked] = NOBODY

    def span(self, now: float) -> Span | None:
        """Of what comes after the last day nothing is known: perhaps nothing was timed."""
        if self.days is None:
            return None
        since, until = map(date.fromisoformat, self.days)
        end = _moment(until + timedelta(days=1), time.min)
        return Span(_moment(since, time.min), min(now, end))


class Heaviest(NamedTuple):
    """Seconds that it ``ran`` and ``waited`` for its turn, ``times`` in all; ``share`` is of what
    all like it took, from 0 to 1. ``last``: the day when it was so last, in seconds since the
    epoch."""

    name: str
    times: int
    ran: float
    waited: float
    share: float
    series: Series
    last: float


def heaviest_tool(spent: Spent) -> Heaviest | None:
    """Of those that check files, if one takes half of the time or more."""
    found = _heaviest([each for each in spent.tools if each.name in spent.asked], _TOOLS_SHARE)
    return found if found and found.times >= _LEAST_TIMES else None


def heaviest_file(spent: Spent) -> Heaviest | None:
    """Of those in the workspace that are analysed one by one, if one takes much."""
    within = [each for each in spent.files if not each.name.startswith("/")]
    several = len({each.name for each in within}) > _LEAST_OTHERS
    return _heaviest(within, _FILES_SHARE) if several else None


def series_of(rows: Iterable[Ran], name: str) -> Series:
    """What one took, by day."""
    return [(_moment(each.day, time(12)), each.ran) for each in rows if each.name == name]


def _heaviest(rows: Sequence[Ran], least: float) -> Heaviest | None:
    took: dict[str, float] = {}
    for each in rows:
        took[each.name] = took.get(each.name, 0.0) + each.ran
    name = max(took, key=lambda each: (took[each], each), default="")
    whole = sum(took.values())
    if not whole or len(took) < 2 or took[name] < least * whole:
        return None
    own = [each for each in rows if each.name == name]
    return Heaviest(
        name,
        sum(each.times for each in own),
        took[name],
        sum(each.waited for each in own),
        took[name] / whole,
        series_of(own, name),
        _moment(max(each.day for each in own), time.max),
    )


def _moment(day: date, at: time) -> float:
    return datetime.combine(day, at).timestamp()
