"""Where the functions of a Python source stand, and what each is known by when it moves."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...model import Position, Range

_Definition = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Function(NamedTuple):
    """``name`` is as in ``__qualname__``, without ``<locals>``; ``first`` and ``last`` are lines
    from 0, decorators included; ``range`` is that of ``def`` up to its name's end. ``digest`` is of
    its text."""

    name: str
    first: int
    last: int
    range: Range
    digest: str


def functions(content: bytes) -> tuple[Function, ...]:
    """In the order in which they stand, the outer before the inner. None of what is no Python that
    this interpreter can read."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    lines = content.splitlines(keepends=True)
    return tuple(_functions(tree, "", lines))


def _functions(node: ast.AST, around: str, lines: Sequence[bytes]) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_DEFINITIONS, ast.ClassDef)):
            name = f"{around}.{child.name}" if around else child.name
            if not isinstance(child, ast.ClassDef):
                yield _function(child, name, lines)
            yield from _functions(child, name, lines)
        else:
            yield from _functions(child, around, lines)


def _function(node: _Definition, name: str, lines: Sequence[bytes]) -> Function:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
    last = (node.end_lineno or node.lineno) - 1
    text = b"".join(lines[first : last + 1])
    line = lines[node.lineno - 1]
    column = len(line[: node.col_offset].decode("utf-8", "replace"))
    word = "async def " if isinstance(node, ast.AsyncFunctionDef) else "def "
    place = Range(
        Position(node.lineno - 1, column),
        Position(node.lineno - 1, column + len(word) + len(node.name)),
    )
    return Function(name, first, last, place, hashlib.sha256(text).hexdigest()[:16])


def around(found: Sequence[Function], line: int) -> Function | None:
    """The innermost function that a line, from 0, stands in."""
    holding = [each for each in found if each.first <= line <= each.last]
    return max(holding, key=lambda each: (each.first, -each.last), default=None)
