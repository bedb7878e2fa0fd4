"""Places follow edits: wherever the marked text went, the range points at it."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.shift import shift
from understudy.model import Edit, Position, Range
from understudy.text import Lines, apply


def place(*numbers: int) -> Range:
    line, column, last, end = numbers
    return Range(Position(line, column), Position(last, end))


# On the range (2, 4)–(2, 10).
CASES = {
    "line above added": (place(0, 0, 0, 0), "x\n", place(3, 4, 3, 10)),
    "line above removed": (place(0, 0, 1, 0), "", place(1, 4, 1, 10)),
    "line ends joined": (place(1, 5, 2, 0), "", place(1, 9, 1, 15)),
    "typed before, same line": (place(2, 0, 2, 0), "xy", place(2, 6, 2, 12)),
    "line broken before": (place(2, 2, 2, 3), "\r\n", place(3, 1, 3, 7)),
    "typed at the start": (place(2, 4, 2, 4), "xy", place(2, 6, 2, 12)),
    "typed at the end": (place(2, 10, 2, 10), "xy", place(2, 4, 2, 10)),
    "typed inside": (place(2, 6, 2, 6), "xy", place(2, 4, 2, 12)),
    "line broken inside": (place(2, 6, 2, 7), "\n\n", place(2, 4, 4, 3)),
    "typed behind": (place(2, 11, 2, 11), "xy", place(2, 4, 2, 10)),
    "line below": (place(3, 0, 4, 0), "", place(2, 4, 2, 10)),
    "start replaced": (place(2, 2, 2, 6), "xyz", place(2, 5, 2, 9)),
    "end replaced": (place(2, 8, 2, 12), "xyz", place(2, 4, 2, 8)),
    "all replaced": (place(2, 4, 2, 10), "xyz", None),
    "all and more removed": (place(1, 0, 3, 0), "", None),
}


@pytest.mark.parametrize("case", CASES)
def test_cases(case: str) -> None:
    range_, text, expected = CASES[case]
    assert shift(place(2, 4, 2, 10), Edit(range_, text)) == expected


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(place(1, 0, 1, 2), ""), place(1, 2, 1, 2)),
        (Edit(place(1, 4, 1, 4), "x"), place(1, 5, 1, 5)),
        (Edit(place(1, 3, 1, 5), "x"), None),
        (Edit(place(1, 4, 1, 6), "x"), place(1, 4, 1, 4)),
        (Edit(place(1, 5, 1, 5), "x"), place(1, 4, 1, 4)),
    ],
)
def test_an_empty_range(edit: Edit, expected: Range | None) -> None:
    assert shift(place(1, 4, 1, 4), edit) == expected


@st.composite
def marked_texts_and_edits(draw: st.DrawFn) -> tuple[str, Edit]:
    """A text with ``«`` and ``»`` around a part of it, and an edit that splits no line end."""
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    words = st.lists(st.sampled_from(["a", "b", "\N{GRINNING FACE}", line_end]), max_size=8)
    before, inside, after = draw(words), draw(words), draw(words)
    parts = [*before, "«", *inside, "»", *after]
    offsets = [0, *accumulate(map(len, parts))]
    text = "".join(parts)
    start, end = sorted(draw(st.tuples(st.sampled_from(offsets), st.sampled_from(offsets))))
    lines = Lines(text)
    range_ = Range(lines.position(start), lines.position(end))
    return text, Edit(range_, "".join(draw(words)))


@given(marked_texts_and_edits())
def test_the_marked_text_is_found_again(case: tuple[str, Edit]) -> None:
    text, edit = case
    lines = Lines(text)
    first, last = text.index("«"), text.index("»") + 1
    start, end = lines.offset(edit.range.start), lines.offset(edit.range.end)
    after = apply(text, [edit])

    moved = shift(Range(lines.position(first), lines.position(last)), edit)

    if start <= first and last <= end:
        assert moved is None
        return
    assert moved is not None
    found = Lines(after).slice(moved)
    if "«" in after and "»" in after:
        assert found == after[after.index("«") : after.index("»") + 1]
    elif "«" in after:
        assert found == text[first:start]
    else:
        assert found == text[end:last]
