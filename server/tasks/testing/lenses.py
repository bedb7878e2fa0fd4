"""What can be run by a click in a file of tests: the file, its suites and classes, each test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ...model import Position, Range
from ..custom import FILES, IDS, named
from . import javascript, script_items
from .detect import Kind, TestRunner
from .items import TestItem, is_test_file, items

_TOP = Range(Position(0, 0), Position(0, 0))


class Lens(NamedTuple):
    """``files`` and ``ids`` are the parameters of the task that runs it."""

    range: Range
    title: str
    files: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def lenses(runners: Sequence[TestRunner], path: str, content: bytes) -> tuple[Lens, ...]:
    """Those of ``path`` (relative to the workspace); none where no runner takes a choice of tests.
    ``runners`` is a tuple."""
    for runner in runners:
        takes = _takes(runner) if runner.may_have(path) else frozenset()
        if takes and (found := _items(runner, path, content)):
            file = Lens(_TOP, "Run file", files=(path,))
            chosen = found if IDS in takes else ()
            return (file, *(Lens(each.range, _title(each), ids=(each.id,)) for each in chosen))
    return ()


def _takes(runner: TestRunner) -> frozenset[str]:
    if runner.own is not None:
        takes = {IDS, FILES}.intersection(named(runner.own.words))
        return frozenset(takes)
    if runner.kind.is_node:
        return frozenset({IDS} if javascript.framework(runner.script).open else ())
    return frozenset({IDS} if runner.kind.is_python else ())


def _items(runner: TestRunner, path: str, content: bytes) -> tuple[TestItem, ...]:
    if path.endswith(".py") and (runner.kind.is_python or runner.kind is Kind.COMMAND):
        inside = path.removeprefix(f"{runner.folder}/") if runner.folder else path
        named_so = is_test_file(inside, runner.naming)
        return items(content, path, runner.naming) if named_so else ()
    return script_items.items(content, path) if script_items.is_test_script(path) else ()


def _title(item: TestItem) -> str:
    return "Run tests" if item.is_group else "Run test"
