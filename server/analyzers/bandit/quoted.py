"""Where the secrets stand that Bandit quotes. It points at the key before the value, or at the
whole call or function that has it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ...model import Position, Range
from ...text import Lines
from ..parsing import column_of

_QUOTED = re.compile("'(.*)'", re.DOTALL)
_TELLING = (str, bytes, int, float, complex)
"""Bandit quotes also what is set to None or True, which is no secret."""


class Quoted:
    """The secrets in a text, which is parsed when the first is looked for."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def places(self, row: Mapping[str, Any]) -> tuple[Range, ...]:
        """Of one of Bandit's results, as in its JSON: the constants with the quoted value from its
        place to the end of that statement. Where they cannot be told, all its lines from its place
        on. Raises ``MALFORMED``."""
        numbers = row["line_range"] or [row["line_number"]]
        at = (min(numbers), row["col_offset"])
        found = _QUOTED.search(row["issue_text"])
        told = [each for each in self._constants(at) if found and _written(each) == found[1]]
        if told:
            return tuple(self._range(each) for each in told)
        last = max(0, *numbers) - 1
        return (Range(self._position(*at), Position(last, len(self._lines.line(last)))),)

    @cached_property
    def _tree(self) -> ast.Module:
        """Empty where Bandit runs on another Python, which alone can parse the text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return ast.parse(self._lines.text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return ast.Module([], [])

    def _constants(self, at: tuple[int, int]) -> list[ast.Constant]:
        around = [
            node
            for node in ast.walk(self._tree)
            if isinstance(node, ast.stmt) and _start(node) <= at <= _end(node)
        ]
        scope = max(around, key=_start, default=self._tree)
        constants = (node for node in ast.walk(scope) if isinstance(node, ast.Constant))
        return [node for node in constants if _start(node) >= at]

    def _range(self, node: ast.Constant) -> Range:
        start = self._position(*_start(node))
        telling = type(node.value) in _TELLING
        return Range(start, self._position(*_end(node)) if telling else start)

    def _position(self, line: int, utf8: int) -> Position:
        row = max(0, line - 1)
        return Position(row, column_of(self._lines.line(row), utf8))


def _start(node: ast.stmt | ast.Constant) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.stmt | ast.Constant) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _written(node: ast.Constant) -> str:
    """As Bandit writes it, for which half a character is none."""
    return str(node.value).encode("utf-8", "replace").decode()
