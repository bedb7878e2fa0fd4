"""What of a program's output reaches a terminal."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.cli.terminal import Harmless


def shown(*chunks: bytes) -> str:
    harmless = Harmless()
    return "".join(harmless(each) for each in chunks) + harmless(b"", final=True)


@pytest.mark.parametrize(
    ("printed", "passed"),
    [
        (b"one\ntwo\r\tthree\x08\n", "one\ntwo\r\tthree\x08\n"),
        ("né \N{PERFORMING ARTS} \xa0".encode(), "né \N{PERFORMING ARTS} \xa0"),
        (b"\x1b[1;31mred\x1b[0m\x1b[m\x1b[38:5:1m", "\x1b[1;31mred\x1b[0m\x1b[m\x1b[38:5:1m"),
        (b"a\x1b[1;5r\x1b[5;1Hb", "ab"),
        (b"a\x1b[2J\x1b[H\x1b[?1049hb", "ab"),
        (b"a\x1b[>4;1mb\x1b[?1mc", "abc"),
        (b"a\x1b]0;title\x07b\x1b]52;c;YQ==\x1b\\c", "abc"),
        (b"a\x1bPq#0\x1b\\b\x1b_x\x1b\\c\x1b^y\x1b\\d\x1bXz\x1b\\e", "abcde"),
        (b"a\x1bcb\x1b7c\x1b(0d\x1b#8e\x1b%Gf", "abcdef"),
        (b"a\x0e\x0f\x07\x00\x05\x7fb", "ab"),
        (b"a\x0b\x0cb", "ab"),
        # C1 controls, as UTF-8 has them and as bytes of their own.
        ("a\x9b2Jb\x9d0;t\x9cc\x90q\x1b\\d\x85e\x9b31mf".encode(), "abcde\x1b[31mf"),
        (b"a\x9b2Jb", "a\N{REPLACEMENT CHARACTER}2Jb"),
        # What turns the writing round, and what would end a line otherwise.
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b\N{LINE SEPARATOR}c".encode(), "abc"),
        # A sequence is broken off by what cannot be in it; one in another takes its place.
        (b"a\x1b[3\nb", "a\nb"),
        (b"a\x1b[\x1b[31mb", "a\x1b[31mb"),
        (b"a\x1b\x1b[2Jb", "ab"),
        (b"a\x1b]never ends\nb", "a\nb"),
        (b"a\x1b[" + b"1;" * 60 + b"mb", "ab"),
        (b"a\x1b[31", "a"),
        (b"a\xc3", "a\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_text_and_colours_pass(printed: bytes, passed: str) -> None:
    assert shown(printed) == passed


PIECES = st.lists(
    st.sampled_from(
        [b"\x1b", b"[", b"]", b"m", b"1;3", b"H", b"\n", b"\x9b", "\x9b".encode(), b"\xc2", b"\xe2"]
    )
    | st.binary(max_size=4)
    | st.text(max_size=4).map(lambda text: text.encode("utf-8", "replace")),
    max_size=30,
).map(b"".join)
HARMLESS = re.compile(r"(?:\x1b\[[0-9;:]*m|[^\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f])*")


@given(printed=PIECES, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_wherever_it_is_cut_nothing_else_passes(printed: bytes, cuts: list[int]) -> None:
    borders = (0, *sorted(cuts), max(60, len(printed)))
    chunks = [printed[start:end] for start, end in pairwise(borders)]
    assert b"".join(chunks) == printed
    passed = shown(*chunks)
    assert passed == shown(printed)
    assert HARMLESS.fullmatch(passed)


@given(text=st.text(st.characters(exclude_categories=("C", "Z"), include_characters="\n\r\t ")))
def test_text_is_as_it_was(text: str) -> None:
    assert shown(text.encode()) == text
