"""Kaplan and Meier, against values that others have published."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.efficiency.survival import Stay, survival

# Freireich et al. 1963: weeks of remission, as in most textbooks; + is still in remission.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def stays(written: str) -> list[Stay]:
    return [Stay(float(each.rstrip("+")), not each.endswith("+")) for each in written.split()]


def test_the_curve_is_the_published_one() -> None:
    found = survival(stays(TREATED))
    assert found is not None
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {step.seconds: round(step.share, 3) for step in found.steps[1:]} == published
    # As R's survfit has them with conf.type = "log-log".
    intervals = {6: (0.620, 0.952), 13: (0.432, 0.849), 23: (0.188, 0.680)}
    by_time = {step.seconds: (step.low, step.high) for step in found.steps}
    for seconds, interval in intervals.items():
        assert by_time[seconds] == pytest.approx(interval, abs=5e-4)


@pytest.mark.parametrize(
    ("written", "median", "low", "high"),
    [(TREATED, 23, 13, math.inf), (PLACEBO, 8, 4, 11), ("0 0 0", 0, 0, 0)],
)
def test_medians_and_their_intervals(written: str, median: float, low: float, high: float) -> None:
    found = survival(stays(written))
    assert found is not None
    assert (found.median, found.median_low, found.median_high) == (median, low, high)


def test_without_anything_that_goes_on_the_mean_is_the_mean() -> None:
    found = survival(stays(PLACEBO))
    assert found is not None
    assert found.mean == pytest.approx(sum(s.seconds for s in stays(PLACEBO)) / 21)


def test_the_mean_by_hand() -> None:
    """Two of four end at 1 and 3, two go on to 4: 1·1 + ¾·2 + ½·1."""
    found = survival([Stay(1, True), Stay(3, True), Stay(4, False), Stay(4, False)])
    assert found is not None
    assert found.mean == pytest.approx(3.0)
    assert found.horizon == 4


def test_more_than_half_outlast_what_was_seen() -> None:
    found = survival(stays("1 5+ 5+ 5+"))
    assert found is not None
    assert (found.median, found.median_high) == (None, math.inf)


@pytest.mark.parametrize("written", ["", "3+ 4+"])
def test_where_none_was_fixed_nothing_is_known(written: str) -> None:
    assert survival(stays(written)) is None


def test_a_clock_that_was_set_back() -> None:
    found = survival([Stay(-5, True), Stay(10, True)])
    assert found is not None
    assert found.steps[1].seconds == 0


@given(st.lists(st.builds(Stay, st.floats(0, 1e7), st.booleans()), max_size=80))
def test_a_curve_only_falls(each: list[Stay]) -> None:
    found = survival(each)
    if found is None:
        assert not any(stay.fixed for stay in each)
        return
    shares = [step.share for step in found.steps]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= step.low <= step.share <= step.high <= 1 for step in found.steps)
    assert found.mean_low <= found.mean <= found.horizon + 1e-6 * found.horizon
    assert survival(each[::-1]) == found


@given(st.lists(st.builds(Stay, st.floats(0, 1e7), st.booleans()), min_size=1, max_size=80))
def test_what_goes_on_makes_no_stay_shorter(each: list[Stay]) -> None:
    """That something is still there is taken for no fix."""
    ended = survival([Stay(stay.seconds, fixed=True) for stay in each])
    found = survival(each)
    assert ended is not None
    assert ended.median is not None
    assert found is None or found.median is None or found.median >= ended.median
