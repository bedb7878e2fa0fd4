"""Where import statements stand: the order that isort and Ruff's I001 ask for."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile
from typing import NamedTuple

from .names import Import
from .source import Source, Span, UnsureError

_STDLIB, _THIRD_PARTY, _FIRST_PARTY, _LOCAL = range(1, 5)


class _Key(NamedTuple):
    """The order of statements; a blank row is between two sections."""

    section: int
    is_from: bool
    module: str


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    key: _Key | None = None
    gone: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


def block(tree: ast.Module) -> list[Import]:
    """The imports that a module begins with, after its docstring."""
    found: list[Import] = []
    for statement in tree.body[_has_docstring(tree) :]:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            break
        found.append(statement)
    return found


def arrange(
    source: Source, gone: Collection[Import], new: Collection[str]
) -> list[tuple[Span, str]]:
    """Take whole statements out of the block, and put new ones where they belong."""
    statements = block(source.tree)
    if not gone and not new:
        return []
    if not statements:
        return [_open(source, new)]
    first, rows = _read(source, statements, gone)
    before = [row.text for row in rows]
    for text in new:
        _insert(rows, text)
    after = _without_gone(rows, at_top=first == 0)
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        _splice(source, first + start, first + end, after[new_start:new_end])
        for kind, start, end, new_start, new_end in changes
        if kind != "equal"
    ]


def _read(
    source: Source, statements: list[Import], gone: Collection[Import]
) -> tuple[int, list[_Row]]:
    """The block's first row and its rows, the blank ones around it included.

    Other distributions and the project's own packages can be told apart by a gap between them only.
    """
    first, end = statements[0].lineno - 1, statements[-1].end_lineno or 0
    while first and not source.lines.line(first - 1).strip():
        first -= 1
    while end < len(source.lines) and not source.lines.line(end).strip():
        end += 1
    rows = [_Row(source.lines.line(number)) for number in range(first, end)]
    previous = 0
    for statement in statements:
        start, stop = statement.lineno - 1 - first, (statement.end_lineno or 0) - first
        key = _key(ast.unparse(statement))
        gap = start > 0 and rows[start - 1].is_blank
        apart = previous == _FIRST_PARTY or (previous == _THIRD_PARTY and gap)
        if key.section == _THIRD_PARTY and apart:
            key = key._replace(section=_FIRST_PARTY)
        previous = key.section
        rows[start:stop] = [
            replace(row, key=key, gone=statement in gone) for row in rows[start:stop]
        ]
    return first, rows


def _key(statement: str) -> _Key:
    word, module = statement.replace(",", " ").split()[:2]
    root = module.partition(".")[0]
    if not root:
        section = _LOCAL
    elif root == "__future__":
        section = 0
    else:
        section = _STDLIB if root in sys.stdlib_module_names else _THIRD_PARTY
    return _Key(section, word == "from", module.lower())


def _insert(rows: list[_Row], statement: str) -> None:
    key = _key(statement)
    added = [_Row(statement, key)]
    same = [at for at, row in enumerate(rows) if row.key and row.key.section == key.section]
    later = [at for at, row in enumerate(rows) if row.key and row.key > key]
    if same and later and later[0] <= same[-1]:
        at = later[0]
        while at and rows[at - 1].text.lstrip().startswith("#"):
            at -= 1
    elif same:
        at = same[-1] + 1
    elif later:
        at = later[0]
        added.append(_Row(""))
    else:
        at = 1 + max(at for at, row in enumerate(rows) if row.key)
        added.insert(0, _Row(""))
    rows[at:at] = added


def _without_gone(rows: list[_Row], *, at_top: bool) -> list[str]:
    """Where a statement went, two gaps become one: the larger, and none at the top of a file."""
    kept: list[_Row] = []
    at = 0
    while at < len(rows):
        if not rows[at].gone:
            kept.append(rows[at])
            at += 1
            continue
        while at < len(rows) and rows[at].gone:
            at += 1
        above, below = _count_blank(reversed(kept)), _count_blank(rows[at:])
        at += below if at_top and not kept else min(above, below)
    return [row.text for row in kept]


def _count_blank(rows: Iterable[_Row]) -> int:
    return sum(1 for _ in takewhile(lambda row: row.is_blank, rows))


def _open(source: Source, new: Collection[str]) -> tuple[Span, str]:
    """Begin a block: below the docstring, else above the first statement and its comment."""
    body = source.tree.body
    docstring = body[0] if _has_docstring(source.tree) else None
    following = body[1:2] if docstring else body[:1]
    if docstring and not source.has_own_rows(docstring):
        raise UnsureError
    gap = 2 if any(isinstance(node, _DEFINITIONS) for node in following) else len(following)
    if docstring:
        row = docstring.end_lineno or 0
        below = [source.lines.line(number) for number in range(row, len(source.lines))]
        gap -= sum(1 for _ in takewhile(lambda line: not line.strip(), below))
        return _splice(source, row, row, ["", *new, *[""] * gap])
    row = _first_row(following[0])
    top = row
    while top and source.lines.line(top - 1).lstrip().startswith("#"):
        top -= 1
    row = top or row
    return _splice(source, row, row, [*new, *[""] * gap])


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _has_docstring(tree: ast.Module) -> bool:
    return ast.get_docstring(tree, clean=False) is not None


def _first_row(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(node.lineno for node in decorators)]) - 1


def _splice(source: Source, start: int, end: int, rows: list[str]) -> tuple[Span, str]:
    """Replace whole rows; the last row of a text may lack its line end."""
    text = source.line_end.join(rows)
    if rows and end < len(source.lines):
        text += source.line_end
    elif rows and start == end:
        text = source.line_end + text
    return (source.offset(start), source.offset(end)), text
