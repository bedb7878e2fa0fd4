"""Edits line by line make one text the other, and none is behind the last line's end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.lsp.applying import line_edits
from understudy.text import Lines, apply

LINES = st.lists(st.sampled_from(["a\n", "b\n", "😀 c\n", "\n"]), max_size=6).map("".join)
TEXTS = st.tuples(LINES, st.sampled_from(["", "a", "end"])).map("".join)


@given(TEXTS, TEXTS)
def test_they_make_one_text_the_other(before: str, after: str) -> None:
    edits = list(line_edits(before, after))
    assert apply(before, edits) == after
    if before.endswith("\n") and after.endswith("\n"):
        end = Lines(before).position(len(before))
        assert all(each.range.start != end for each in edits)
