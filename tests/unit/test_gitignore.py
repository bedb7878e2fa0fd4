"""Patterns mean what pathspec says they mean (test_discover.py asks git), and never take long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from understudy.gitignore import gitignore

SEGMENTS = st.one_of(
    st.just("**"), st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", r"\*"]), max_size=6).map("".join)
)  # fmt: skip
PATTERNS = st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join)
NAMES = st.text("ab*", min_size=1, max_size=6)
PATHS = st.tuples(st.lists(NAMES, min_size=1, max_size=6).map("/".join), st.sampled_from(["", "/"]))


@settings(max_examples=600, deadline=None)
@given(PATTERNS, st.lists(PATHS.map("".join), min_size=1, max_size=5))
def test_it_matches_what_pathspec_matches(pattern: str, paths: list[str]) -> None:
    ours, theirs = gitignore([pattern]), GitIgnoreSpec.from_lines([pattern])
    assert [ours.match_file(path) for path in paths] == [theirs.match_file(p) for p in paths]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a*" * 12 + "b", "a" * 200 + ".py"),
        ("?*" * 100 + "b", "a" * 255),
        ("*a*" * 12 + "/b", "a" * 255 + "/c"),
        ("*a*/" * 20 + "b", "aaaaa/" * 600),
        ("**/" + "*a" * 20 + "b/**/c", ("a" * 250 + "/") * 16),
        ("**/a/" * 30 + "b", "a/" * 2000),
        ("a/**/" * 30 + "b", "a/" * 2000),
        ("**/a*a*a*a*b/" * 10 + "b", "aaaaa/" * 600),
        ("*a" * 400_000, "a" * 200),
    ],
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    began = time.process_time()
    assert not gitignore([pattern]).match_file(path)
    assert time.process_time() - began < 2


def test_what_is_no_pattern() -> None:
    with pytest.raises(ValueError, match="Invalid git pattern"):
        gitignore(["a", "b\\"])
