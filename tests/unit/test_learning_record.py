"""What the runs of an automation say of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.record import interval, record
from understudy.settings.learning import Automations
from understudy.store.automations import Execution, Purpose

LIMITS = Automations()


def runs(told: str) -> list[Execution]:
    """The oldest first: ``+`` applied, ``-`` failed, ``u`` undone."""
    return [
        Execution(
            "a",
            float(number),
            "{}",
            "failed" if each == "-" else "clean",
            1.0,
            applied=each != "-",
            undone=each == "u",
            low=10.0,
            high=20.0,
        )
        for number, each in enumerate(told)
    ][::-1]


@pytest.mark.parametrize(
    ("told", "against"),
    [
        ("", ""),
        ("--", ""),
        ("---", "its last 3 runs failed or were undone"),
        ("+---", "its last 3 runs failed or were undone"),
        ("uuu", "its last 3 runs failed or were undone"),
        ("---+", ""),  # four runs say too little for a rate
        ("-+-+-+", "3 of 6 runs succeeded, and at least 70% have to"),
        ("+++++++--+", ""),
        ("-+--+", "2 of 5 runs succeeded, and at least 70% have to"),
    ],
)
def test_who_fails_too_often_is_told_so(told: str, against: str) -> None:
    assert record(runs(told)).against(LIMITS) == against


def test_what_was_undone_saved_nothing() -> None:
    found = record(runs("+u-+"))
    assert found.saved == (20.0, 40.0)
    assert (found.runs, found.successes, found.is_clean) == (4, 2, False)


def test_what_was_only_looked_at_is_no_run() -> None:
    previews = [replace(each, purpose=Purpose.PREVIEW, applied=False) for each in runs("---+")]
    assert record(previews) == record([])
    assert record([*previews, *runs("-+")]) == record(runs("-+"))


def test_no_run_is_no_clean_record() -> None:
    assert not record([]).is_clean
    assert record(runs("+")).is_clean


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # As R's binom::binom.confint(method = "wilson") has them.
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilsons_interval(successes: int, count: int, low: float, high: float) -> None:
    assert interval(successes, count) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_rate_lies_within_its_interval(successes: int, failures: int) -> None:
    count = successes + failures
    low, high = interval(successes, count)
    assert 0 <= low <= high <= 1
    if count:
        assert low <= successes / count + 1e-9
        assert successes / count <= high + 1e-9
