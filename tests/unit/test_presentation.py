"""How a plan is put into words."""

from __future__ import annotations

import pytest

from understudy.app.presentation.jobs import plan_lines, plan_payload, took_line
from understudy.runner.graph import Plan


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (
            Plan(6.9, 4.25, (("tests", "release"), ("types",))),
            [
                "3 tasks on 2 tracks: about 4.2 s, one after another 6.9 s (1.6×)",
                "  1. tests → release",
                "  2. types",
            ],
        ),
        (
            Plan(2, 2, (("tests", "release"),), ("release",)),
            [
                (
                    "2 tasks on 1 track: about 2.0 s, one after another 2.0 s (1.0×);"
                    " not known of release"
                ),
                "  1. tests → release",
            ],
        ),
        (
            Plan(0, 0, (("a",), ("b",)), ("a", "b")),
            ["2 tasks on 2 tracks: how long they take is not known yet", "  1. a", "  2. b"],
        ),
    ],
)
def test_a_plan_in_words(plan: Plan, lines: list[str]) -> None:
    assert plan_lines(plan) == lines


def test_what_it_took_and_as_data() -> None:
    assert took_line(Plan(3, 2)) == "all of it took 2.0 s, one after another 3.0 s (1.5×)"
    assert plan_payload(Plan(3, 2, (("a", "c"), ("b",)), ("c",))) == {
        "seconds": 2,
        "oneAfterAnother": 3,
        "speedUp": 1.5,
        "tracks": [["a", "c"], ["b"]],
        "unknown": ["c"],
    }
