"""A parsed Python text and the exact spans of its nodes.

A span is a half-open pair of offsets in code points. ``ast`` counts UTF-8 bytes from the start of a
row; nothing outside this module sees such a column. Rows count from zero.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from ...model import Position, Range
from ...text import Lines
from .names import Names

Span = tuple[int, int]
Located = ast.expr | ast.stmt | ast.keyword | ast.alias | ast.excepthandler
_Node = TypeVar("_Node", bound=Located)

_GAP = re.compile(r"(?:\s|\\|#[^\r\n]*)*")
_LINE_END = re.compile(r"\r\n|\n|\r")


class UnsureError(Exception):
    """The place cannot be rewritten with certainty: there is no fix to offer."""


class Source:
    """Raises what ``ast.parse`` raises when ``text`` is not Python."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        found = _LINE_END.search(text)
        self.line_end = found.group() if found else "\n"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree = ast.parse(text)
        self.names = Names(self.tree)

    def offset(self, row: int, column: int = 0) -> int:
        return self.lines.offset(Position(row, column))

    def span(self, node: Located) -> Span:
        last = node.lineno if node.end_lineno is None else node.end_lineno
        start = self._offset(node.lineno - 1, node.col_offset)
        return start, self._offset(last - 1, node.end_col_offset or 0)

    def _offset(self, row: int, byte: int) -> int:
        line = self.lines.line(row)
        column = byte if line.isascii() else len(line.encode()[:byte].decode("utf-8", "ignore"))
        return self.offset(row, column)

    def segment(self, node: Located) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def skip(self, offset: int) -> int:
        """The first offset from here on that is not space, comment or line continuation."""
        match = _GAP.match(self.text, offset)
        return match.end() if match else offset

    def close_brackets(self, offset: int, limit: int) -> int:
        """The end of an expression that ends at the offset, with the brackets around it."""
        at = self.skip(offset)
        while at < limit and self.text[at] == ")":
            offset = at + 1
            at = self.skip(offset)
        return offset

    def margin(self, offset: int) -> str:
        """What stands before the offset on its row, and on those that are continued there."""
        row = self.lines.position(offset).line
        while row and self.lines.line(row - 1).endswith("\\"):
            row -= 1
        return self.text[self.offset(row) : offset]

    def rest(self, offset: int) -> str:
        """What stands from the offset to the end of its row."""
        row, column = self.lines.position(offset)
        return self.lines.line(row)[column:]

    def has_own_rows(self, statement: ast.stmt) -> bool:
        """Whether nothing but a comment shares the statement's rows."""
        start, end = self.span(statement)
        return not self.margin(start).strip() and is_blank(self.rest(end))

    def unused(self, *names: str) -> str:
        """The first of the names that the text does not use."""
        for name in names:
            if not self.names.is_used(name):
                return name
        raise UnsureError

    def find(self, place: Range, kind: type[_Node], wanted: Callable[[_Node], bool]) -> _Node:
        """The one node of the kind that a finding at ``place`` means.

        Tools name a call by its whole, its function, an argument or just its row, so the closest
        fit decides, and two that fit alike are one too many.
        """
        fits: dict[tuple[int, int], list[_Node]] = {}
        for node in self.names.nodes:
            if isinstance(node, kind) and _shares_rows(node, place) and wanted(node):
                fits.setdefault(self._distance(node, place), []).append(node)
        best = fits[min(fits)] if fits else []
        if len(best) != 1:
            raise UnsureError
        return best[0]

    def _distance(self, node: Located, place: Range) -> tuple[int, int]:
        start, end = self.lines.offset(place.start), self.lines.offset(place.end)
        first, last = self.span(node)
        if (first, last) == (start, end):
            return 0, 0
        if first == start or last == end:
            return 1, 0
        if first <= start and end <= last:
            return 2, last - first
        return 3, 0


def is_blank(text: str) -> bool:
    """Whether a part of a row holds nothing, or a comment alone."""
    return not text.strip() or text.lstrip().startswith("#")


def _shares_rows(node: Located, place: Range) -> bool:
    return node.lineno - 1 <= place.end.line and place.start.line < (node.end_lineno or 0)


@lru_cache(maxsize=2)
def parse(text: str) -> Source | None:
    """None when this interpreter cannot parse the text. Kept for the other findings of a file."""
    try:
        return Source(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
