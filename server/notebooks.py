"""Jupyter notebooks: the Python cells of one as one text, and the way back. Pure.

Every room sees a notebook as this text: its cells as they are written, one below the other, with
the line ``BETWEEN`` between two of them. In which cell a place of it is, and where in the file,
matters at the rims alone. https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import json.scanner
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, NamedTuple

from .model import Position, Range
from .text import Lines, canonical

SUFFIX = ".ipynb"
BETWEEN = "# %% the next cell"


def is_notebook(path: str) -> bool:
    return path.endswith(SUFFIX)


class UnreadableError(ValueError):
    """It is no notebook that can be read; the message tells a person why."""


class BrokenError(UnreadableError):
    """It is no notebook at all, as a file may be no Python."""


class ForeignError(ValueError):
    """It is a notebook of another language; the message tells a person which."""


class Cell(NamedTuple):
    """A Python cell. ``number`` counts all cells of the notebook from 1, ``row`` is where in the
    text it begins."""

    number: int
    row: int
    source: str

    def within(self, place: Range) -> Range:
        """A place of the text, as rows of this cell."""
        return moved(place, -self.row)


class Notebook(NamedTuple):
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        return join(cell.source for cell in self.cells)

    def cell_at(self, row: int) -> Cell:
        """The cell that a row of the text belongs to; that between two, to the one before."""
        place = bisect_right(self.cells, row, key=lambda cell: cell.row)
        return self.cells[max(0, place - 1)] if self.cells else Cell(1, 0, "")

    def row_of(self, number: int) -> int:
        """Where the cell of this number begins in the text."""
        return next((cell.row for cell in self.cells if cell.number == number), 0)


def moved(place: Range, rows: int) -> Range:
    start, end = place
    return Range(Position(start.line + rows, start.column), Position(end.line + rows, end.column))


def of(sources: Iterable[tuple[int, str]]) -> Notebook:
    """The notebook with these Python cells, each with its number."""
    cells: list[Cell] = []
    row = 0
    for number, source in sources:
        cells.append(Cell(number, row, source))
        row += len(Lines(source)) + 1
    return Notebook(tuple(cells))


def join(sources: Iterable[str]) -> str:
    """The text of these cells; lines end in ``\\n`` there, whatever they end in here."""
    return f"\n{BETWEEN}\n".join("\n".join(_rows(source)) for source in sources)


def split(text: str) -> list[str]:
    """The cells of a text, of which ``join`` makes it again."""
    cells: list[list[str]] = [[]]
    for row in _rows(text):
        if row == BETWEEN:
            cells.append([])
        else:
            cells[-1].append(row)
    return ["\n".join(rows) for rows in cells]


def _rows(source: str) -> list[str]:
    lines = Lines(source)
    return [lines.line(row) for row in range(len(lines))]


# ── the file ────────────────────────────────────────────────────────────────────────────────────


def read(content: bytes) -> Notebook:
    """What is in a file. Raises UnreadableError, ForeignError."""
    return of((number, source) for number, source, _ in _code(_load(content)))


def encode(text: str) -> bytes:
    """A file with the cells of a text, and nothing else."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
        for source in split(text)
    ]
    table = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    return json.dumps(table).encode()


def _load(content: bytes, decoder: json.JSONDecoder | None = None) -> dict[str, Any]:
    try:
        table = (decoder or json.JSONDecoder()).decode(canonical(content).decode())
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"the file is not JSON ({error})") from None
    version = table.get("nbformat") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(version, int):
        raise BrokenError("the file is JSON, but no notebook")
    if version != _VERSION:
        raise UnreadableError(
            f"it is in format {version} of notebooks, and only {_VERSION} is known; Jupyter"
            f" converts it: `jupyter nbconvert --to notebook --inplace`"
        )
    if (language := _language(table).lower()) != "python":
        raise ForeignError(f"the notebook is in {language}, not in Python")
    return table


_VERSION = 4


def _language(table: dict[str, Any]) -> str:
    """Of the kernel it was last used with; a notebook that names none is in Python."""
    told = table.get("metadata")
    metadata = told if isinstance(told, dict) else {}
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        named = metadata[part].get(key) if isinstance(metadata.get(part), dict) else None
        if isinstance(named, str) and named:
            return "python" if named == "ipython" else named
    return "python"


def _code(table: dict[str, Any]) -> Iterator[tuple[int, str, Sequence[str]]]:
    """Of each Python cell the number, the source, and the texts that it is written as."""
    cells = table.get("cells")
    if not isinstance(cells, list):
        raise BrokenError("it has no list of cells")
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            raise BrokenError(f"its cell {number} is none")
        if cell.get("cell_type") == "code" and _is_python(cell):
            written = cell.get("source")
            parts = [written] if isinstance(written, str) else written
            if not isinstance(parts, list) or not all(isinstance(each, str) for each in parts):
                raise BrokenError(f"its cell {number} has no source")
            yield number, "".join(parts), parts


def _is_python(cell: dict[str, Any]) -> bool:
    """VS Code notes the language of a cell where it is another than the kernel's."""
    place: Any = cell
    for key in ("metadata", "vscode", "languageId"):
        place = place.get(key) if isinstance(place, dict) else None
    return place in (None, "python")


class InFile:
    """A notebook, and where in its file the places of it are."""

    def __init__(self, content: bytes) -> None:
        """Raises UnreadableError, ForeignError."""
        written = list(_code(_load(content, _Decoder())))
        self.notebook = of((number, source) for number, source, _ in written)
        self._lines = Lines(canonical(content).decode())
        self._parts = {number: parts for number, _, parts in written}

    def place(self, range_: Range) -> Range:
        """Where what stands at a place of the text is written, in lines and columns of the file."""
        start = self._position(range_.start)
        empty = range_.start == range_.end
        return Range(start, start if empty else self._position(range_.end, behind=True))

    def _position(self, position: Position, *, behind: bool = False) -> Position:
        """Before the character there; or behind the one before it, which may be on another line."""
        cell = self.notebook.cell_at(position.line)
        parts = self._parts.get(cell.number, ())
        offset = Lines(cell.source).offset(position._replace(line=position.line - cell.row))
        counts = offset - 1 if behind and offset else offset
        starts = [0, *accumulate(map(len, parts))][: len(parts)]
        which = bisect_right(starts, counts) - 1
        at = getattr(parts[which], "at", 0) if parts else 0
        left = offset - starts[which] if parts else 0
        for written in islice(_CHARACTER.finditer(self._lines.text, at), left):
            at = written.end()
        return self._lines.position(at)


_CHARACTER = re.compile(
    r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w | \\u\w{4} | \\. | .", re.VERBOSE | re.DOTALL
)
"""As it is written in JSON; one beyond the first 65,536 may be two escapes."""


class _Written(str):
    """``at``: where in the file its first character is."""

    __slots__ = ("at",)
    at: int


class _Decoder(json.JSONDecoder):
    """Tells of texts where they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_string = _written
        self.scan_once = vars(json.scanner)["py_make_scanner"](self)


def _written(text: str, begin: int, strict: bool) -> tuple[str, int]:
    value, end = vars(json.decoder)["scanstring"](text, begin, strict)
    written = _Written(value)
    written.at = begin
    return written, end
