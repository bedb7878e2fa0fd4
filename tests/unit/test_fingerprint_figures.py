"""What the measurement of fingerprints counts as kept, and as given to another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.fingerprints import Change, Figures, judge, main
from understudy.findings.fingerprint import fingerprinted
from understudy.model import Category, Finding, Position, Range, Severity

from ..core.repositories import Git

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
    change = Change(found(old), found(new), rows)
    assert judge(change)[0] == figures


@pytest.mark.parametrize(
    ("figures", "hold"),
    [
        ((100, 98, 0, 0), True),
        ((1_000, 979, 0, 0), False),
        ((100, 100, 1, 0), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_what_is_promised_of_them(figures: tuple[int, ...], hold: bool) -> None:
    assert Figures(*figures).hold is hold


def test_the_measurement_of_a_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A commit that moves a finding keeps it: it ends with 0; where nothing survives, with 1."""
    repository = Git.new(tmp_path)
    repository.commit({"a.py": ONE})
    repository.commit({"a.py": "\n" + ONE})
    assert main([str(repository.root)]) == 0
    assert "100.00 % keep their fingerprint, 0 were given" in capsys.readouterr().out
    repository.commit({"a.py": "x = 1\n"})
    assert main([str(repository.root), "--commits", "1"]) == 1
