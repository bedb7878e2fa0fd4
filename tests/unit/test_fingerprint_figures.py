"""What the measurement of fingerprints counts as kept, and as given to another."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest

from understudy.findings.fingerprint import fingerprinted
from understudy.model import Category, Finding, Position, Range, Severity

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks/fingerprints.py"))
ONE = "class One:\n    def leave(self):\n        eval(x)\n        return x\n\n"
TWO = ONE.replace("One", "Two")
TAKEN = TWO.replace("Two", "One")


def found(text: str) -> tuple[Finding, ...]:
    rows = [row for row, line in enumerate(text.splitlines()) if "eval(x)" in line]
    places = [Range(Position(row, 8), Position(row, 15)) for row in rows]
    return fingerprinted(
        [Finding("ruff", "S307", "", each, Severity.LOW, Category.SECURITY) for each in places],
        text,
    )


@pytest.mark.parametrize(
    ("old", "new", "rows", "figures"),
    [
        pytest.param(ONE, "\n" + ONE, {2: 3}, (1, 1, 0, 0), id="kept"),
        pytest.param(ONE + TWO, TAKEN, {7: 2}, (1, 0, 0, 0), id="a class takes a name"),
        pytest.param(ONE + TWO, TWO + ONE, {2: 2}, (1, 0, 0, 0), id="paired by chance"),
        pytest.param(ONE, ONE + ONE, {2: 7}, (1, 0, 1, 0), id="given to another"),
    ],
)
def test_what_is_counted(
    old: str, new: str, rows: Mapping[int, int], figures: tuple[int, ...]
) -> None:
    change = BENCHMARK["Change"](found(old), found(new), rows)
    assert BENCHMARK["judge"](change)[0] == figures
