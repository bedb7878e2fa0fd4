"""The tests in a Python file, by its syntax: what a code lens is put on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import NamedTuple

from ...model import Position, Range
from ...text import Lines, decode


class Naming(NamedTuple):
    """Which names make tests: pytest's ``python_files``, ``python_classes``, ``python_functions``.

    A pattern is a prefix or, with a wildcard in it, a glob.
    """

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)


UNITTEST = Naming(("test*.py",), (), ())
"""What the standard library's ``unittest`` finds: ``TestCase`` classes alone."""


@dataclass(frozen=True, slots=True)
class TestItem:
    """A class, suite or function; ``range`` is its name's. ``is_group``: it holds tests."""

    __test__ = False

    name: str
    id: str
    range: Range
    is_group: bool = False


def is_test_file(path: str, naming: Naming) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatch(name, pattern) or fnmatch(path, pattern) for pattern in naming.files)


def items(content: bytes, path: str, naming: Naming = Naming()) -> tuple[TestItem, ...]:  # noqa: B008
    """The tests that ``path`` (relative to the workspace) holds, in order; none when it is no
    Python that can be read."""
    try:
        text = decode(content)
        tree = ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ()
    lines = Lines(text)
    return tuple(
        TestItem(
            node.name,
            "::".join((path, *names)),
            _name_range(node, lines),
            isinstance(node, ast.ClassDef),
        )
        for names, node in _walk(tree.body, naming)
    )


_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = tuple[tuple[str, ...], _Function | ast.ClassDef]


def _walk(body: list[ast.stmt], naming: Naming) -> Iterator[_Named]:
    cases: set[str] = set()
    for node in _statements(body):
        if isinstance(node, _Function):
            if _matches(node.name, naming.functions):
                yield (node.name,), node
        elif isinstance(node, ast.ClassDef):
            yield from _class(node, (), naming, cases)


def _class(
    node: ast.ClassDef, outer: tuple[str, ...], naming: Naming, cases: set[str]
) -> Iterator[_Named]:
    case = any(_last(base) in cases or _last(base).endswith("TestCase") for base in node.bases)
    if case:
        cases.add(node.name)
    members = list(_statements(node.body))
    names = {member.name for member in members if isinstance(member, _Function)}
    if not case and (not _matches(node.name, naming.classes) or names & {"__init__", "__new__"}):
        return
    here = (*outer, node.name)
    patterns = ("test",) if case else naming.functions
    found: list[_Named] = []
    for member in members:
        if isinstance(member, _Function) and _matches(member.name, patterns):
            found.append(((*here, member.name), member))
        elif isinstance(member, ast.ClassDef) and not case:
            found += _class(member, here, naming, cases)
    if found:
        yield here, node
        yield from found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """With those under ``if``, ``try`` and ``with``, which define names all the same."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [line for handler in node.handlers for line in handler.body]
            yield from _statements([*node.body, *handlers, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.With):
            yield from _statements(node.body)
        else:
            yield node


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatch(name, one) if set("*?[") & set(one) else name.startswith(one) for one in patterns
    )


def _last(base: ast.expr) -> str:
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""


def _name_range(node: _Function | ast.ClassDef, lines: Lines) -> Range:
    # ast counts UTF-8 bytes from the `def`, `async def` or `class`, and knows no place for a name.
    line = node.lineno - 1
    text = lines.line(line)
    start = len(text.encode()[: node.col_offset].decode("utf-8", "replace"))
    found = text.find(node.name, start)
    column = start if found < 0 else found
    return Range(Position(line, column), Position(line, column + len(node.name)))
