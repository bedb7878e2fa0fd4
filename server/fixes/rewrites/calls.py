"""Calls: finding the one that is meant, and reading its arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar

from ...model import Range
from .source import Source, UnsureError

_Part = TypeVar("_Part")


def find_call(source: Source, place: Range, *targets: str) -> ast.Call:
    """The call of one of the targets, which are dotted names."""
    return source.find(place, ast.Call, lambda call: source.names.resolve(call.func) in targets)


def find_part(
    source: Source, place: Range, part: Callable[[ast.Call], _Part | None]
) -> tuple[ast.Call, _Part]:
    """The call in which ``part`` finds something, and what it finds."""
    call = source.find(place, ast.Call, lambda call: part(call) is not None)
    found = part(call)
    if found is None:
        raise UnsureError
    return call, found


def keyword(call: ast.Call, name: str) -> ast.keyword | None:
    return next((found for found in call.keywords if found.arg == name), None)


def argument(call: ast.Call, index: int, name: str) -> ast.expr | None:
    """The argument's value, given by position or by name."""
    if index < len(call.args):
        return call.args[index]
    found = keyword(call, name)
    return found.value if found else None


def flag(call: ast.Call, name: str, value: bool) -> ast.keyword | None:
    """The keyword argument, if it has this very value."""
    found = keyword(call, name)
    return found if found and is_constant(found.value, value) else None


def is_constant(node: ast.expr, value: bool | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def is_plain(call: ast.Call) -> bool:
    """Whether every argument is written out: none is unpacked."""
    starred = any(isinstance(given, ast.Starred) for given in call.args)
    return not starred and all(given.arg is not None for given in call.keywords)
