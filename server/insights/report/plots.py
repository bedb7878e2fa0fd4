"""Where the marks of a plot are: in percent of its width, and of its height from the top. Pure.

Widths are percentages so that a page of any width has text of the same size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..efficiency.measure import Unit
from . import words
from .outline import Bars, Ranges

_GAP = 0.22
"""Of the room that each bar has, so much is free."""
_LABELS = 4
_NARROWEST = 0.6
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NICE_SECONDS = (
    *(each * 10**power for power in range(-3, 1) for each in (1, 2, 5)),
    *(15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400),
)


class Bar(NamedTuple):
    """``low`` and ``high``: how high it is at least and at most; ``label`` tells it in words."""

    x: float
    width: float
    low: float
    high: float
    label: str


class Mark(NamedTuple):
    """A label of an axis; ``anchor``: which end of it is at the place."""

    at: float
    text: str
    anchor: str = "start"


class BarPlot(NamedTuple):
    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    summary: str


class Range(NamedTuple):
    name: str
    value: str
    at: float
    low: float
    high: float
    label: str


def bar_plot(plot: Bars) -> BarPlot:
    top = ceiling(max(each.high for each in plot.values), plot.unit)
    room = 100 / len(plot.values)
    width = max(room * (1 - _GAP), min(room, _NARROWEST))
    bars = tuple(
        Bar(
            number * room + (room - width) / 2,
            width,
            100 * each.low / top,
            100 * each.high / top,
            f"{_day(plot, number)}: {words.bounds(each, plot.unit)}",
        )
        for number, each in enumerate(plot.values)
    )
    lines = (
        Mark(100.0, words.amount(top, plot.unit)),
        Mark(50.0, words.amount(top / 2, plot.unit)),
    )
    return BarPlot(bars, lines, _labels(plot, room), _summary(plot))


def _day(plot: Bars, number: int) -> str:
    day = words.day(plot.days[number])
    return f"week of {day}" if plot.weekly else day


def _labels(plot: Bars, room: float) -> tuple[Mark, ...]:
    """The first, the last, and those between, as far as there is room."""
    count = len(plot.days)
    if count == 1:
        return (Mark(50.0, words.day(plot.days[0]), "middle"),)
    shown = min(count, _LABELS)
    places = sorted({round(n * (count - 1) / (shown - 1)) for n in range(shown)})
    ends = {0: "start", count - 1: "end"}
    at = {0: 0.0, count - 1: 100.0}
    return tuple(
        Mark(
            at.get(n, (n + 0.5) * room),
            f"{plot.days[n].day} {plot.days[n]:%b}",
            ends.get(n, "middle"),
        )
        for n in places
    )


def _summary(plot: Bars) -> str:
    each = "week" if plot.weekly else "day"
    best = max(range(len(plot.values)), key=lambda n: plot.values[n].high)
    most = words.bounds(plot.values[best], plot.unit)
    return f"{plot.title} by {each}; the most, {most}, was on {_day(plot, best)}."


def ceiling(value: float, unit: Unit) -> float:
    """The next value that reads well, above 0."""
    if value <= 0:
        return 1.0
    if unit is Unit.SECONDS:
        for each in _NICE_SECONDS:
            if value <= each:
                return float(each)
    power = 10.0 ** math.floor(math.log10(value))
    found = next((step * power for step in _STEPS if value <= step * power), 10 * power)
    return max(found, 2.0) if unit is Unit.COUNT else found


def range_rows(plot: Ranges) -> Sequence[Range]:
    return [
        Range(
            name,
            words.percent(value),
            100 * value,
            100 * bounds.low,
            100 * (bounds.high - bounds.low),
            f"{name}: {words.percent(value)},"
            f" between {words.percent(bounds.low)} and {words.percent(bounds.high)}",
        )
        for name, value, bounds in plot.rows
    ]
