"""Which lines are new, and what is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.checks.compose import Circumstances, composed
from understudy.findings.changed import carry_rows, changed_lines, on_lines
from understudy.findings.families import NOT_ANALYSED
from understudy.model import (
    Category,
    Edit,
    Finding,
    Position,
    Problem,
    Range,
    Report,
    Severity,
    State,
)
from understudy.settings import Settings
from understudy.text import Lines, apply

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


# ── rows follow edits ───────────────────────────────────────────────────────────────────────────


def edit(*numbers: int, text: str = "") -> Edit:
    line, column, last, end = numbers
    return Edit(Range(Position(line, column), Position(last, end)), text)


@pytest.mark.parametrize(
    ("made", "rows"),
    [
        (edit(0, 0, 0, 0, text="x\n"), {0, 4}),
        (edit(0, 0, 0, 0, text="x\r\ny\r\n"), {0, 1, 5}),
        (edit(0, 0, 1, 0), {2}),
        (edit(3, 0, 4, 0), set()),
        (edit(4, 0, 4, 0, text="x\n"), {3, 4}),
        (edit(3, 0, 3, 0, text="x\n"), {3, 4}),
        (edit(3, 1, 3, 1, text="x"), {3}),
        (edit(1, 1, 1, 1, text="x"), {1, 3}),
        (edit(1, 1, 1, 1, text="\n  x"), {1, 2, 4}),
        (edit(1, 1, 3, 1, text="x"), {1}),
        (edit(0, 0, 2, 0, text="x\n"), {0, 2}),
    ],
)
def test_changed_rows_follow_edits(made: Edit, rows: set[int]) -> None:
    assert carry_rows(frozenset({3}), [made]) == frozenset(rows)


def test_of_a_new_file_all_stay_new() -> None:
    assert carry_rows(None, [edit(0, 0, 0, 0, text="x\n")]) is None


TEXTS = st.text("ab\n", max_size=12)


@st.composite
def edits(draw: st.DrawFn, text: str) -> list[Edit]:
    made = []
    for _ in range(draw(st.integers(0, 4))):
        lines = Lines(text)
        places = st.integers(0, len(text)).map(lines.position)
        start, end = sorted([draw(places), draw(places)])
        made.append(Edit(Range(start, end), draw(TEXTS)))
        text = apply(text, made[-1:])
    return made


@given(st.data(), TEXTS)
def test_what_no_edit_touched_is_a_part_of_the_old(data: st.DataObject, old: str) -> None:
    made = data.draw(edits(old))
    new = old
    for each in made:
        new = apply(new, [each])
    rows = carry_rows(frozenset(), made)
    assert rows is not None
    now, rest = new.split("\n"), iter(old.split("\n"))
    assert all(0 <= row < len(now) for row in rows)
    kept = [line for row, line in enumerate(now) if row not in rows]
    assert all(any(line == each for each in rest) for line in kept)


# ── what is known by it ─────────────────────────────────────────────────────────────────────────


def finding(row: int, rule: str = "r") -> Finding:
    place = Range(Position(row, 0), Position(row, 1))
    return Finding("t", rule, "m", place, Severity.MEDIUM, Category.QUALITY)


@pytest.mark.parametrize(
    ("rows", "known"),
    [(None, []), (frozenset(), [0, 3]), (frozenset({3}), [0]), (frozenset({0, 3}), [])],
)
def test_what_is_not_on_changed_rows_is_known(
    rows: frozenset[int] | None, known: list[int]
) -> None:
    report = Report.of("t", (finding(0), finding(3)))
    shown = composed([report], Settings(), Circumstances(changed=rows)).shown
    assert [each.lead.range.start.line for each in shown if each.known] == known
    assert all(each.level == ("hint" if each.known else "warning") for each in shown)


def test_that_a_tool_could_not_look_is_news() -> None:
    report = Report("t", State.FAILED, (finding(0, NOT_ANALYSED),), why="it broke")
    (told,) = composed([report], Settings(), Circumstances(changed=frozenset())).shown
    assert not told.known
