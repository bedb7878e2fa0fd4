"""Where the marks of a plot are: in percent of its width, and of its height from the top. Pure.

Widths are percentages so that a page of any width has text of the same size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..efficiency.measure import Unit
from . import words
from .outline import Bars, Ranges, Steps

_GAP = 0.22
"""Of the room that each bar has, so much is free."""
_LABELS = 4
_NARROWEST = 0.6
_STEPS = (2.0, 4.0, 6.0, 8.0, 10.0)
"""Half of each reads well, too."""
_NICE_SECONDS = (
    *(each * 10**power for power in range(-3, 1) for each in (2, 4, 6, 10)),
    *(20, 30, 60, 120, 240, 480, 720, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400),
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
    rows: tuple[tuple[str, str], ...]
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
    values = zip(plot.days, plot.values, strict=True)
    rows = tuple((words.day(day), words.bounds(each, plot.unit)) for day, each in values)
    return BarPlot(bars, lines, _labels(plot, room), rows, _summary(plot))


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
    return next((step * power for step in _STEPS if value <= step * power), 20 * power)


class StepPlot(NamedTuple):
    """``line`` and ``band`` are points of a polygon, in a square of 100; ``half``: where the median
    is on the way along; None: outside."""

    line: str
    band: str
    half: float | None
    labels: tuple[Mark, ...]
    rows: tuple[tuple[str, str, str], ...]
    summary: str


_ROWS = 12
"""Of a curve, as a table."""


def step_plot(plot: Steps) -> StepPlot:
    found = plot.survival
    horizon = found.horizon or 1.0
    steps = found.steps

    def corners(values: Sequence[float]) -> list[tuple[float, float]]:
        """A level holds until the next step."""
        points: list[tuple[float, float]] = []
        for number, (step, value) in enumerate(zip(steps, values, strict=True)):
            until = steps[number + 1].seconds if number + 1 < len(steps) else horizon
            points += [(step.seconds, value), (until, value)]
        return points

    def drawn(points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{100 * x / horizon:.2f},{100 - 100 * y:.2f}" for x, y in points)

    band = corners([step.low for step in steps]) + corners([step.high for step in steps])[::-1]
    share = 1 if len(steps) <= _ROWS else len(steps) / _ROWS
    shown = [steps[round(number * share)] for number in range(int(len(steps) / share))]
    rows = tuple(
        (
            words.duration(step.seconds),
            words.percent(step.share),
            f"{words.percent(step.low)} – {words.percent(step.high)}",
        )
        for step in dict.fromkeys((*shown, steps[-1]))
    )
    ends = Mark(0.0, "introduced"), Mark(100.0, f"after {words.duration(horizon)}", "end")
    at = None if found.median is None else 100 * found.median / horizon
    summary = f"{plot.title}: half are fixed within {words.median(found)}."
    line = drawn(corners([step.share for step in steps]))
    return StepPlot(line, drawn(band), at, ends, rows, summary)


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
