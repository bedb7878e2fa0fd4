"""Profiles as text for a terminal."""

from __future__ import annotations

from pathlib import Path

from understudy.app.insights.programs import Program, Run
from understudy.cli.profile_text import compared, program_told
from understudy.insights.profile.sampled import HotFunction, HotLine, Told


def _program(told: Told, at: float = 1.0) -> Program:
    return Program(0, at, "python slow.py", "", (Run(0, 1.0, 1.0, 1 << 20),), told)


def test_what_differs_beyond_the_lines_that_are_told_is_not_called_noise() -> None:
    functions = tuple(
        HotFunction("a.py", f"f{place}", 1, "", (count,), (count,))
        for place, count in enumerate([400] * 12 + [2] * 3)
    )
    before = Told(0.01, (4806,), 0, (), tuple(e._replace(total=(1,)) for e in functions))
    told = compared(_program(before), _program(before._replace(functions=functions)))
    assert told.splitlines()[-2:] == [
        "  and 2 more",
        "The other 3 functions differ within noise.",
    ]


def test_of_a_line_that_is_cut_that_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"short = 1\n{'long ' * 20}\n")
    lines = tuple(HotLine("a.py", number, "f", 50, 50) for number in (1, 2))
    told = program_told(tmp_path, _program(Told(0.01, (100,), 0, lines, ()), at=1e12))
    assert [each.strip() for each in told.splitlines() if each.startswith(" " * 20)] == [
        "short = 1",
        f"{'long ' * 11}lon …",
    ]
