"""When something runs out: lines that few points bend, and warnings that do not flicker."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.resources.forecast import Course
from understudy.resources.trend import Point, binned, line, noise
from understudy.resources.warning import Foresight

STEP = 5
LEAD = 300.0


def points(level: Callable[[float], float], seconds: float, deviation: float = 0.0) -> list[Point]:
    rng = random.Random(1)
    times = range(0, int(seconds), STEP)
    return [Point(t, level(t) + rng.gauss(0, deviation)) for t in times]


# ── lines ───────────────────────────────────────────────────────────────────────────────────────


@given(
    slope=st.floats(-0.01, 0.01),
    level=st.floats(0, 1),
    strange=st.lists(st.integers(0, 29), max_size=8, unique=True),
)
def test_a_line_is_that_of_most_points(slope: float, level: float, strange: list[int]) -> None:
    """Of thirty points, eight may be anywhere."""
    plain = [Point(t, level + slope * t) for t in range(0, 150, STEP)]
    bent = [each._replace(level=5.0) if n in strange else each for n, each in enumerate(plain)]
    found = line(bent)
    assert found.slope == pytest.approx(slope, abs=0.02)
    if not strange:
        assert found.slope == pytest.approx(slope, abs=1e-9)
        assert found.level == pytest.approx(plain[-1].level, abs=1e-9)


@pytest.mark.parametrize("deviation", [0.001, 0.01])
@pytest.mark.parametrize("slope", [-0.001, 0.0, 0.0003])
def test_the_bounds_hold_the_slope_and_the_noise_is_found(slope: float, deviation: float) -> None:
    held, noises = 0, []
    for seed in range(100):
        rng = random.Random(seed)
        made = [Point(t, slope * t + rng.gauss(0, deviation)) for t in range(0, 150, STEP)]
        found = line(made)
        assert found.low <= found.slope <= found.high
        held += found.low <= slope <= found.high
        noises.append(noise(made))
    assert held >= 95
    assert statistics.fmean(noises) == pytest.approx(deviation, rel=0.1)


def test_bins_are_full_at_the_new_end() -> None:
    found = binned([Point(t, t / 100) for t in range(35)], 10)
    assert len(found) == 9
    assert found[-1] == Point(32.5, 0.325)
    assert found[0] == Point(1.0, 0.01)
    assert binned(found, 10) == found


# ── forecasts ───────────────────────────────────────────────────────────────────────────────────


def rising(t: float) -> float:
    return 0.5 if t < 600 else 0.5 + (t - 600) / 1_200 * 0.5


def foresees(level: Callable[[float], float], seconds: float, deviation: float = 0.002) -> float:
    """Seconds until the end, as told after so many."""
    course = Course()
    for each in points(level, seconds, deviation):
        course.add(each)
    return course.forecast().left


@pytest.mark.parametrize(
    ("level", "seconds", "left"),
    [
        (rising, 900, 900),
        (rising, 1_500, 300),
        (lambda t: 0.1 + t / 20_000, 14_400, 3_600),
        (lambda t: 0.9 if t > 600 else 0.3, 700, math.inf),
        (lambda t: 0.9, 3_600, math.inf),
        (lambda t: 1 - t / 4_000, 2_000, math.inf),
        (lambda t: 0.2 + (t % 300) / 300 * 0.75, 3_500, math.inf),  # it always falls again
        (
            lambda t: 0.2 + (t % 300) / 300 * 0.5 + t / 12_000,
            3_300,
            360,
        ),  # what is between samples is not seen
    ],
)
def test_what_is_left(level: Callable[[float], float], seconds: float, left: float) -> None:
    assert foresees(level, seconds) == pytest.approx(left, rel=0.2)


def test_nothing_is_said_of_what_is_hardly_known() -> None:
    assert foresees(lambda t: 0.5 + t / 600, 60) == math.inf
    assert Course().forecast().left == math.inf


def test_a_clock_that_goes_back_begins_anew() -> None:
    course = Course()
    for each in points(rising, 1_500):
        course.add(each)
    course.add(Point(0, 0.5))
    assert course.forecast().left == math.inf
    assert course.level == 0.5


# ── warnings ────────────────────────────────────────────────────────────────────────────────────


def told(level: Callable[[float], float], seconds: float) -> tuple[list[float], Foresight]:
    foresight = Foresight(LEAD)
    return [each.at for each in points(level, seconds, 0.002) if foresight.add(each)], foresight


def test_it_is_told_once_in_time() -> None:
    times, foresight = told(rising, 1_780)
    (at,) = times
    assert 1_800 - 1.6 * LEAD <= at <= 1_800 - LEAD
    assert foresight.warns


def test_it_is_over_when_it_stays_away_for_a_while() -> None:
    def stops(t: float) -> float:
        return rising(min(t, 1_550))

    times, foresight = told(stops, 2_400)
    assert len(times) == 1
    assert not foresight.warns
