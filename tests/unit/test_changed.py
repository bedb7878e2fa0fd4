"""Which lines are new, and what is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.changed import changed_lines, on_lines
from understudy.model import Category, Finding, Position, Problem, Range, Severity

OLD = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("new", "rows"),
    [
        (OLD, set()),
        (OLD.replace("\n", "\r\n"), set()),
        ("a\nB\nc\nd\n", {1}),
        ("a\nb\nx\nc\nd\n", {2}),
        ("x\na\nb\nc\nd\n", {0}),
        ("a\nc\nd\n", set()),
        ("a\nb\nc\nd\ne", {4}),
        ("", set()),
        ("c\nd\na\nb\n", {0, 1}),
    ],
)
def test_lines_that_the_old_has_not(new: str, rows: set[int]) -> None:
    assert changed_lines(OLD, new) == rows


def test_of_a_new_file_all_lines_are_new() -> None:
    assert changed_lines(None, "a\nb\n") == {0, 1, 2}


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@given(LINES, LINES)
def test_without_what_is_new_it_is_a_part_of_the_old(old: list[str], new: list[str]) -> None:
    rows = changed_lines("\n".join(old), "\n".join(new))
    rest = iter("\n".join(old).split("\n"))
    kept = [line for row, line in enumerate("\n".join(new).split("\n")) if row not in rows]
    assert all(any(line == each for each in rest) for line in kept)


def problem(first: int, last: int, column: int = 1) -> Problem:
    place = Range(Position(first, 0), Position(last, column))
    return Problem((Finding("t", "r", "m", place, Severity.LOW, Category.QUALITY),))


@pytest.mark.parametrize(
    ("first", "last", "column", "told"),
    [
        (3, 3, 1, True),
        (1, 5, 1, True),
        (0, 2, 4, False),
        (4, 9, 1, False),
        (2, 3, 0, False),
        (3, 3, 0, True),
    ],
)
def test_what_points_at_them(first: int, last: int, column: int, told: bool) -> None:
    each = problem(first, last, column)
    assert on_lines([each], frozenset({3})) == ((each,) if told else ())
