"""A notebook as text: its cells, where they are, and what of them is Python."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.ipython import code
from understudy.model import Position, Range
from understudy.notebooks import (
    BETWEEN,
    ForeignError,
    InFile,
    UnreadableError,
    encode,
    join,
    moved,
    of,
    read,
    split,
)
from understudy.text import Lines

Cell = dict[str, Any]


def source(text: str, **more: object) -> Cell:
    parts = text.splitlines(keepends=True)
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": parts, **more}


def file(cells: list[Cell], indent: int | None = 1, **more: object) -> bytes:
    table = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}
    return json.dumps(table, indent=indent, ensure_ascii=False).encode()


MARKDOWN = {"cell_type": "markdown", "metadata": {}, "source": ["# eval('1')\n"]}
IN_R = source("x <- 1", metadata={"vscode": {"languageId": "r"}})

# ── the text ────────────────────────────────────────────────────────────────────────────────────


def test_the_python_cells_stand_below_one_another() -> None:
    book = read(file([MARKDOWN, source("import os\n\n"), IN_R, source("x = 1"), source("")]))
    assert book.text == f"import os\n\n\n{BETWEEN}\nx = 1\n{BETWEEN}\n"
    assert [(cell.number, cell.row) for cell in book.cells] == [(2, 0), (4, 4), (5, 6)]
    rows = range(len(Lines(book.text)))
    assert [book.cell_at(row).number for row in rows] == [2, 2, 2, 2, 4, 4, 5]
    assert book.row_of(4) == 4


# Characters that some count as line ends and others do not; quotes and escapes; beyond 16 bits.
CHARACTERS = "a ☃é😀\t\\\"'#%!?\x0b\x0c\x1c\x85\u2028=([\n\n\r"
SOURCES = st.lists(st.text(CHARACTERS, max_size=40) | st.text(max_size=20), min_size=1, max_size=5)


@given(SOURCES)
def test_every_row_leads_back_to_the_cell_and_the_row_it_came_from(sources: list[str]) -> None:
    book = of(enumerate(sources, 1))
    lines = Lines(book.text)
    expected = [
        (number, row, Lines(each).line(row))
        for number, each in enumerate(sources, 1)
        for row in range(len(Lines(each)))
    ]
    found = []
    for row in range(len(lines)):
        cell = book.cell_at(row)
        if row - cell.row < len(Lines(cell.source)):
            found.append((cell.number, row - cell.row, lines.line(row)))
    assert found == expected
    assert len(lines) == len(expected) + len(sources) - 1


@given(SOURCES)
def test_text_and_cells_are_made_of_one_another(sources: list[str]) -> None:
    text = join(sources)
    assert join(split(text)) == text
    assert read(encode(text)).text == text


@given(SOURCES, st.sampled_from([None, 1]), st.booleans())
def test_every_character_is_found_in_the_file(
    sources: list[str], indent: int | None, escaped: bool
) -> None:
    table = json.loads(file([MARKDOWN, *(source(each) for each in sources)]))
    content = json.dumps(table, indent=indent, ensure_ascii=escaped).encode(
        "utf-8", "surrogatepass"
    )
    try:
        content.decode()
    except UnicodeDecodeError:
        return
    book = InFile(content)
    text, written = Lines(book.notebook.text), Lines(content.decode())
    for row in range(len(text)):
        cell = book.notebook.cell_at(row)
        if row - cell.row == len(Lines(cell.source)):
            continue  # between two
        line = text.line(row)
        for column in range(len(line)):
            place = Range(Position(row, column), Position(row, column + 1))
            there = book.place(moved(place, 0))
            assert there.start.line == there.end.line
            raw = written.slice(there)
            assert json.loads(f'"{raw}"') == line[column]


def test_a_source_that_is_one_string_is_found_in_it() -> None:
    content = file([source("") | {"source": 'x = 1\ny = "é"\n'}], indent=None)
    book = InFile(content)
    place = book.place(Range(Position(1, 0), Position(1, 7)))
    assert Lines(content.decode()).slice(place) == r"y = \"é\""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no notebook"),
        (b'{"nbformat": "4"}', "no notebook"),
        (b'{"nbformat": 4}', "no list of cells"),
        (file([], nbformat=3), "format 3"),
        (file([], nbformat=5), "format 5"),
        (file([3]), "cell 1"),  # type: ignore[list-item]
        (file([MARKDOWN, source("") | {"source": [1]}]), "cell 2"),
        (file([source("") | {"source": None}]), "cell 1"),
    ],
)
def test_what_is_no_notebook_is_told(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(content)
    with pytest.raises(UnreadableError, match=why):
        InFile(content)


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"language": "R", "name": "ir"}},
        {"language_info": {"name": "julia"}, "kernelspec": {"language": "python"}},
    ],
)
def test_another_language_is_told(metadata: object) -> None:
    with pytest.raises(ForeignError, match=r"in (r|julia), not"):
        read(file([source("x <- 1")], metadata=metadata))


@pytest.mark.parametrize(
    "metadata",
    [{}, None, {"language_info": None}, {"language_info": {"name": "python", "version": "3.13"}}],
)
def test_what_names_no_other_language_is_python(metadata: object) -> None:
    assert read(file([source("x = 1")], metadata=metadata)).text == "x = 1"


# ── what is Python ──────────────────────────────────────────────────────────────────────────────

AS_PYTHON = [
    ("x = 1\n", "x = 1\n"),
    ("%matplotlib inline\nx = 1", "...\nx = 1"),
    ("!pip install a \\\n  b \\\n  c\nx = 1", "...\n\n\nx = 1"),
    ("if x:\n    !ls\n    %cd ..", "if x:\n    ...\n    ..."),
    ("files = !ls\na, b = %sx ls\nd['k'] = !ls", "files = ...\na, b = ...\nd['k'] = ..."),
    ("x?\nx.y??\n?x", "...\n...\n..."),
    ("pip install a\ncd /tmp\nls -l", "...\n...\n..."),
    ("pip = 1\nls = pip\nls == 2\npip.main()\ncd(1)", None),
    ("x = ('%d'\n     % 3)\ny = 7 \\\n  % 4", None),
    ('x = """\n%pip\n!ls\nwhat?\n"""', None),
    ("x = [\n  1,\n%pip", None),
    ("x = a != b\ny = a % b", None),
    ("%%bash\nls\nrm x", "\n\n"),
    ("\n%%html\n<b>", "\n\n"),
    ("%%time\nx = 1", "\nx = 1"),
    ("%%capture out\n%pip install a\nx = 1", "\n...\nx = 1"),
    ("x = 1 # ?\n# %%bash\n", None),
    ("try:\n    f()\nexcept E:\n    !ls", "try:\n    f()\nexcept E:\n    ..."),
]


@pytest.mark.parametrize(("written", "python"), AS_PYTHON)
def test_what_ipython_takes_for_its_own_does_nothing(written: str, python: str | None) -> None:
    assert code(written) == (written if python is None else python)
    if python is not None:
        ast.parse(code(written))


@given(SOURCES)
def test_rows_and_cells_stay_what_they_are(sources: list[str]) -> None:
    text = join(sources)
    python = code(text)
    assert len(Lines(python)) == len(Lines(text))
    assert len(split(python)) == len(split(text))


@pytest.mark.parametrize(("written", "_python"), AS_PYTHON)
def test_what_is_python_in_one_cell_does_not_depend_on_the_others(
    written: str, _python: str | None
) -> None:
    around = [written, "y = (\n", written, "%%bash\nls", written]
    each = code(written)
    assert split(code(join(around))) == [each, "y = (\n", each, "\n", each]
