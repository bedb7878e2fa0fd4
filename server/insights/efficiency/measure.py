"""One measure over a period: by day and by week, in all, a day, and where it goes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from random import Random
from statistics import fmean
from typing import NamedTuple

from .calendar import Period, week_of
from .intervals import NOTHING, Bounds, of_difference, of_mean, together

_WEEK = 7
_DAYS_ALONE = 62


class Unit(StrEnum):
    SECONDS = "seconds"
    COUNT = "count"


class Whose(StrEnum):
    """Whose time it is, which no other is added to. WAIT: what is waited for, on the clock;
    MACHINE: what programs run."""

    PERSON = "yours"
    WAIT = "waited"
    MACHINE = "machine"


class Trend(NamedTuple):
    """By how much a day of the second half of a period has more than one of the first: the
    difference of the means, and between what it lies with 95 %."""

    change: float
    bounds: Bounds

    @property
    def direction(self) -> str:
        if self.bounds.low > 0:
            return "rising"
        return "falling" if self.bounds.high < 0 else "no clear change"


@dataclass(frozen=True, slots=True)
class Measure:
    """``days``: of each day of the period. ``total`` None: nothing was measured, ``note`` tells
    why; else it tells how. ``a_day``: between what the mean of a day lies, with 95 %; None: there
    are too few days. ``unknown``: so many have no figure, and count as nothing."""

    key: str
    title: str
    unit: Unit
    note: str
    whose: Whose | None = None
    days: Mapping[date, Bounds] = field(default_factory=dict)
    total: Bounds | None = None
    a_day: Bounds | None = None
    trend: Trend | None = None
    unknown: int = 0

    @property
    def weeks(self) -> Mapping[date, Bounds]:
        """By the Monday; those at the ends of the period may not be whole."""
        found: dict[date, list[Bounds]] = {}
        for day, each in self.days.items():
            found.setdefault(week_of(day), []).append(each)
        return {week: together(each) for week, each in found.items()}


class About(NamedTuple):
    """What a measure is, and in ``note`` how it is measured; ``none``: what there is to say where
    nothing was."""

    key: str
    title: str
    unit: Unit
    note: str
    none: str
    whose: Whose | None = None


def measured(
    about: About,
    found: Iterable[tuple[date, Bounds]],
    period: Period,
    random: Random,
    unknown: int = 0,
) -> Measure:
    """``found``: what was measured, each with its day; days without any have nothing. What came of
    a clock that ran backwards is no time."""
    by_day: dict[date, list[Bounds]] = {}
    for day, each in found:
        by_day.setdefault(day, []).append(each)
    if not by_day:
        return Measure(about.key, about.title, about.unit, about.none, about.whose, unknown=unknown)
    days = {day: together(by_day[day]) if day in by_day else NOTHING for day in period.days}
    values = in_blocks([each.middle for each in days.values()])
    return Measure(
        about.key,
        about.title,
        about.unit,
        about.note,
        about.whose,
        days,
        together(days.values()),
        of_mean(values, random),
        trend(values, random),
        unknown,
    )


def in_blocks(values: list[float]) -> list[float]:
    """Of a long time, the mean of a day by week: the days of a week are not alike, and a week is
    drawn whole. What is over at the beginning is left out."""
    if len(values) <= _DAYS_ALONE:
        return values
    first = len(values) % _WEEK
    starts = range(first, len(values), _WEEK)
    return [fmean(values[start : start + _WEEK]) for start in starts]


def trend(values: list[float], random: Random) -> Trend | None:
    """Of values by day, or by week; None of too few."""
    half = len(values) // 2
    before, after = values[:half], values[len(values) - half :]
    bounds = of_difference(before, after, random)
    if bounds is None:
        return None
    return Trend(sum(after) / half - sum(before) / half, bounds)
