"""The plot of a resource: the hour before, and where it may go."""

from __future__ import annotations

import math

import pytest

from understudy.app.overview.machine import shown
from understudy.resources import Outlook, Trend
from understudy.resources.forecast import NOTHING, Forecast
from understudy.resources.use import Kind, Use
from understudy.store.levels import Level

AT = 1_000_000.0
NOW = 75.0
"""Percent of the way: an hour before, twenty minutes after."""


def trend(forecast: Forecast = NOTHING, kind: Kind = Kind.MEMORY) -> Trend:
    return Trend(Use(kind, "it", "it", 50, 100), forecast)


def past(*levels: float) -> list[Level]:
    """A minute apart, up to a minute ago."""
    first = AT - 60 * len(levels)
    return [Level(first + 60 * n, "it", 100 * each, 100) for n, each in enumerate(levels)]


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, _, y in (each.partition(",") for each in text.split())]


@pytest.mark.parametrize(
    ("forecast", "ahead", "band"),
    [
        (Forecast(), [], []),
        (Forecast(600, 300, 900), [(NOW, 50), (87.5, 0)], [(NOW, 50), (81.25, 0), (93.75, 0)]),
        (
            Forecast(2_400, 600, math.inf),
            [(NOW, 50), (100, 25)],
            [(NOW, 50), (87.5, 0), (100, 0), (100, 50)],
        ),
        (
            Forecast(2_400, 1_800, 4_800),
            [(NOW, 50), (100, 25)],
            [(NOW, 50), (100, 16.67), (100, 37.5)],
        ),
    ],
)
def test_what_is_to_be_expected(
    forecast: Forecast, ahead: list[tuple[float, float]], band: list[tuple[float, float]]
) -> None:
    (row,) = shown(Outlook(0, (trend(forecast),)), past(0.4, 0.45), AT).rows
    assert row.plot is not None
    assert row.plot.now == NOW
    assert points(row.plot.line) == [(72.5, 60), (73.75, 55), (NOW, 50)]
    assert points(row.plot.ahead) == ahead
    assert points(row.plot.band) == band


def test_what_was_kept_while_the_clock_was_wrong_is_not_drawn() -> None:
    ahead = Level(AT + 86_400, "it", 90, 100)
    (row,) = shown(Outlook(0, (trend(),)), [*past(0.4), ahead], AT).rows
    assert row.plot is not None
    assert points(row.plot.line) == [(73.75, 60), (NOW, 50)]


def test_without_a_past_there_is_no_plot() -> None:
    others = [Level(AT - 60, "another", 50, 100), Level(AT - 60, "it", 50, 200)]
    (row,) = shown(Outlook(0, (trend(),)), others, AT).rows
    assert row.plot is None
    assert (row.used, row.limit, row.percent, row.ends) == ("50 B", "100 B", 50, "")


def test_counts_are_not_plotted() -> None:
    (row,) = shown(Outlook(0, (trend(kind=Kind.FILES),)), past(0.5), AT).rows
    assert row.plot is None
