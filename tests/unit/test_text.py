"""Lines end where Python's tokenizer ends them; edits and encodings keep every other character."""

from __future__ import annotations

import ast
import io
import time
import tokenize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from understudy.model import Edit, Position, Range
from understudy.text import Lines, apply, canonical, decode, digest, encode, opcodes

BOM = b"\xef\xbb\xbf"

# What some tool or other takes for the end of a line, and what has several UTF-16 units or bytes.
PIECES = st.sampled_from(
    ["\n", "\r\n", "\r", "\f", "\v", "\x1c", "\x85", "\u2028", "\t", " ", "a", "é", "\U0001f600"]
)
TEXTS = st.lists(PIECES, max_size=24).map("".join)


def place(line: int, column: int, last: int, end: int) -> Range:
    return Range(Position(line, column), Position(last, end))


# ── lines ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("\n\r\n\r", ["", "", "", ""]),
        ("\r\r\n\n", ["", "", "", ""]),
        ("a\fb\vc\x1cd\x85e\u2028f", ["a\fb\vc\x1cd\x85e\u2028f"]),
        ("x = '\U0001f600'  \r\ny", ["x = '\U0001f600'  ", "y"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    index = Lines(text)
    assert [index.line(number) for number in range(len(index))] == lines
    assert index.line(len(lines)) == ""


@given(TEXTS)
@example("a\fb\r\nc\u2028d\re")
def test_lines_are_those_of_pythons_parser(text: str) -> None:
    """A long string literal, and the line on which ``ast`` sees what follows it."""
    source = f"'''{text}'''\n'end'"
    (*_, last) = ast.parse(source).body
    assert Lines(source).position(source.rindex("'end'")).line == last.lineno - 1


@given(TEXTS)
def test_a_position_is_an_offset_and_back(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        position = lines.position(offset)
        between = text[offset - 1 : offset + 1] == "\r\n"
        assert lines.offset(position) == (offset - 1 if between else offset)


@given(TEXTS, st.integers(0, 30), st.integers(0, 40))
def test_a_position_past_an_end_is_drawn_back_to_it(text: str, line: int, column: int) -> None:
    lines = Lines(text)
    found = lines.position(lines.offset(Position(line, column)))
    if line >= len(lines):
        assert found == lines.position(len(text))
    else:
        assert found == Position(line, min(column, len(lines.line(line))))


def test_a_slice_spans_lines() -> None:
    assert Lines("one\r\ntwo\nthree").slice(place(0, 1, 2, 2)) == "ne\r\ntwo\nth"


# ── edits ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("abc", [], "abc"),
        ("abc", [Edit(place(0, 1, 0, 2), "X")], "aXc"),
        ("abc", [Edit(place(0, 3, 0, 3), "!"), Edit(place(0, 0, 0, 1), "")], "bc!"),
        ("a\r\nb\r\n", [Edit(place(0, 0, 1, 0), "")], "b\r\n"),
        ("\U0001f600x", [Edit(place(0, 1, 0, 2), "y")], "\U0001f600y"),
        ("abc", [Edit(place(0, 0, 0, 1), "X"), Edit(place(0, 1, 0, 2), "Y")], "XYc"),
        ("abc", [Edit(place(9, 0, 9, 9), "!")], "abc!"),
        # In one place, what is given first comes first; an insertion stands before a replacement.
        ("abc", [Edit(place(0, 1, 0, 1), "z"), Edit(place(0, 1, 0, 1), "a")], "azabc"),
        ("abc", [Edit(place(0, 1, 0, 2), "B"), Edit(place(0, 1, 0, 1), "_")], "a_Bc"),
    ],
)
def test_apply(text: str, edits: list[Edit], expected: str) -> None:
    assert apply(text, edits) == expected


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(place(0, 0, 0, 2), "x"), Edit(place(0, 1, 0, 3), "y")],
        [Edit(place(0, 0, 0, 3), "x"), Edit(place(0, 1, 0, 1), "y")],
        [Edit(place(0, 2, 0, 1), "x")],
    ],
)
def test_edits_that_overlap_or_run_backwards_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abc", edits)


@given(TEXTS, st.data())
def test_edits_leave_all_else_as_it_was(text: str, data: st.DataObject) -> None:
    """Cut the text at offsets that split no line end, replace every other part, and compare."""
    whole = [o for o in range(len(text) + 1) if text[max(0, o - 1) : o + 1] != "\r\n"]
    cuts = sorted(data.draw(st.sets(st.sampled_from(whole), max_size=6)))
    lines = Lines(text)
    parts = list(zip([0, *cuts], [*cuts, len(text)], strict=True))
    edits = [
        Edit(Range(lines.position(start), lines.position(end)), f"<{number}>")
        for number, (start, end) in enumerate(parts)
        if number % 2 and start < end
    ]
    expected = "".join(
        f"<{number}>" if number % 2 and start < end else text[start:end]
        for number, (start, end) in enumerate(parts)
    )
    assert apply(text, data.draw(st.permutations(edits))) == expected


# ── bytes ───────────────────────────────────────────────────────────────────────────────────────


def reference(content: bytes) -> str | None:
    """What Python itself reads; None when it refuses."""
    try:
        if content.startswith(BOM + BOM):  # which its tokenizer does
            compile(content, "refused.py", "exec")
        with io.BytesIO(content) as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        return content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None


FILES = {
    "nothing": b"",
    "plain": "x = 'é\U0001f600'\n".encode(),
    "byte order mark": BOM + "é = 1\n".encode(),
    "byte order mark and cookie": BOM + b"# coding: utf-8\n\xc3\xa9 = 1\n",
    "byte order mark and another cookie": BOM + b"# coding: latin-1\nx = 1\n",
    "byte order mark and a cookie that Python does not take for UTF-8": BOM + b"# coding: utf8\n",
    "byte order mark and no encoding": BOM + b"#!/usr/bin/python\n# coding: klingon\n",
    "two byte order marks": BOM + BOM + b"x = 1\n",
    "latin-1": b"# -*- coding: latin-1 -*-\ns = '\xe9'\n",
    "latin-1 for vim": b"# vim: set fileencoding=iso-8859-15 :\ns = '\xa4'\n",
    "cookie in the second line": b"#!/usr/bin/python\n# coding: cp1252\ns = '\x80'\n",
    "cookie behind a long line": b"#" + b"-" * 300 + b"\n# coding: latin-1\ns = '\xe9'\n",
    "cookie in the third line": b"#\n#\n# coding: latin-1\ns = 1\n",
    "cookie behind code": b"s = 1\n# coding: latin-1\n",
    "cookie behind code, wrong": b"s = 1\n# coding: latin-1\ns = '\xe9'\n",
    "cookie with carriage returns": b"# coding: latin-1\r\ns = '\xe9'\r\n",
    "unknown encoding": b"# coding: klingon\n",
    "not utf-8": b"s = '\xe9'\n",
    "not ascii": b"# coding: ascii\ns = '\xe9'\n",
    "no encoding of text": b"# coding: rot13\nf = 1\n",
    "the word in a string": b"'coding: klingon'\n",
    "a nul": b"s = '\x00'\n",
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_is_read_as_python_reads_it(case: str) -> None:
    content = FILES[case]
    expected = reference(content)
    if expected is None:
        with pytest.raises(ValueError, match="not text in the encoding that it names"):
            decode(content)
    else:
        text = decode(content)
        assert text == expected
        assert encode(text) == canonical(content)


@given(
    st.text(max_size=40), st.sampled_from(["", "latin-1", "cp1252", "utf-8", "klingon", "rot13"])
)
def test_what_was_encoded_is_read_again(text: str, cookie: str) -> None:
    """Text that the named encoding cannot hold goes out as UTF-8, and loses nothing."""
    source = f"# coding: {cookie}\n{text}" if cookie else text
    content = encode(source)
    if reference(content) == source:
        assert decode(content) == source
    else:
        assert content == source.encode("utf-8", "surrogatepass")


def test_lone_surrogates_pass_through() -> None:
    """An editor that counts in UTF-16 can send half a character."""
    assert encode("s = '\ud83d'") == b"s = '\xed\xa0\xbd'"


def test_a_digest_names_the_content_without_its_mark() -> None:
    assert digest(BOM + b"x = 1\n") == digest(b"x = 1\n")
    assert len({digest(content) for content in (b"", b"x", b"x\n", b"x\r\n", BOM + BOM)}) == 5


def test_a_mark_counts_where_it_makes_python_refuse_the_file() -> None:
    refused = BOM + b"# coding: latin-1\n"
    with pytest.raises(SyntaxError):
        compile(refused, "refused.py", "exec")
    assert canonical(refused) == refused
    assert digest(refused) != digest(canonical(refused).removeprefix(BOM))
    twice = BOM + BOM + b"x = 1\n"
    with pytest.raises(SyntaxError):
        compile(twice, "refused.py", "exec")
    assert canonical(twice) == twice


# ── what makes one list of lines the other ──────────────────────────────────────────────────────


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d"]), max_size=12)


@given(LINES, LINES, st.booleans())
def test_opcodes_make_one_the_other(old: list[str], new: list[str], repeated: bool) -> None:
    if repeated:  # so often that they are not compared
        old, new = [*old, *["a\n", "b\n"] * 600, "x"], [*new, *["b\n", "a\n"] * 600, "y"]
    made: list[str] = []
    at, came = 0, 0
    for kind, first, last, begin, end in opcodes(old, new):
        assert (first, begin) == (at, came)
        assert (kind == "equal") == (old[first:last] == new[begin:end])
        made += new[begin:end]
        at, came = last, end
    assert (at, came, made) == (len(old), len(new), new)


def test_lines_that_repeat_take_no_time() -> None:
    many = [f"{number % 150}\n" for number in range(64_000)]
    began = time.process_time()
    assert len(opcodes(many, many[::-1])) == 1
    assert time.process_time() - began < 2
