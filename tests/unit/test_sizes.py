"""Bytes for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.sizes import size

POWERS = {"B": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (1_023, "1,023 B"),
        (1_023.7, "1 KiB"),
        (1_024, "1 KiB"),
        (1_536, "1.5 KiB"),
        (99.96 * 1_024, "100 KiB"),
        (200 << 20, "200 MiB"),
        ((1 << 30) - 1, "1 GiB"),
        (15.6 * (1 << 30), "15.6 GiB"),
        (5_000 << 40, "5,000 TiB"),
    ],
)
def test_sizes(count: float, told: str) -> None:
    assert size(count) == told


@given(st.integers(0, 1 << 60))
def test_a_size_is_told_to_within_a_twentieth(count: int) -> None:
    number, unit = size(count).replace(",", "").split(" ")
    assert float(number) * 1_024 ** POWERS[unit] == pytest.approx(count, rel=0.05)
