"""How far a file is above its own past: measuring any of its versions, and comparing two."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...model import TOP, Category, Figure, Finding, Metric, Report, Severity, State
from ...text import Lines, decode
from ..answers import answer_each
from ..base import Answer, Item
from .functions import Function
from .radon import functions_of, line_count, parse

NAME = "growth"
LEAST_LINES = 200
"""A file with fewer may grow as it likes."""
LEAST_COMPLEXITY = 50
LEAST_VERSIONS = 5
"""Of fewer none is usual."""
_MOST_NAMED = 3


class Size(NamedTuple):
    """Of a file: its lines, and the cyclomatic complexity of all its functions together (0: it has
    none, or cannot be parsed)."""

    lines: int
    complexity: int

    @staticmethod
    def of(report: Report) -> Size:
        """What Radon has measured, or ``measure``."""
        lines = sum(f.value for f in report.figures if f.metric is Metric.LINES and not f.name)
        each = (f.value for f in report.figures if f.metric is Metric.CYCLOMATIC)
        return Size(int(lines), int(sum(each)))


class Past(NamedTuple):
    """The version of median size among so many of the last ``days``."""

    size: Size
    versions: int
    days: int


def measure(context: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    """As the ``check`` of an analyzer: reports with figures alone, of the file and its functions,
    which have lines, too. ``context``: whether assertions do not count as complexity."""
    (no_assert,) = context

    def look(_: str, content: bytes) -> Report:
        return Report(NAME, State.CLEAN, figures=_figures(content, no_assert=no_assert))

    return answer_each(NAME, items, look)


def _figures(content: bytes, *, no_assert: bool) -> tuple[Figure, ...]:
    """Of what cannot be parsed only the lines."""
    try:
        length = Figure(Metric.LINES, line_count(Lines(decode(content))))
    except ValueError:
        return ()
    try:
        tree = parse(content)
        blocks = functions_of(tree, no_assert=no_assert)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return (length,)
    ends = {node.lineno: node.end_lineno for node in ast.walk(tree) if isinstance(node, Function)}
    figures = [length]
    for block in blocks:
        last = ends.get(block.lineno) or block.endline
        figures.append(Figure(Metric.LINES, last - block.lineno + 1, block.fullname))
        figures.append(Figure(Metric.CYCLOMATIC, block.complexity, block.fullname))
    return tuple(figures)


def is_far_above(now: Size, then: Size, factor: float) -> bool:
    """Whether a file of some size has grown to more than ``factor`` times what it was."""
    return now.lines >= LEAST_LINES and any(_grown(now, then, factor))


def _grown(now: Size, then: Size, factor: float) -> tuple[bool, bool]:
    """Whether the lines have, and the complexity: from nothing, nothing grows that many times."""
    lines = 0 < then.lines * factor < now.lines
    complexity = now.complexity >= LEAST_COMPLEXITY
    return lines, complexity and 0 < then.complexity * factor < now.complexity


def finding(now: Size, past: Past, factor: float, came: Mapping[str, int]) -> Finding:
    """What is told of a file that ``is_far_above``. ``came``: as ``growth_of`` has it."""
    lines, complexity = _grown(now, past.size, factor)
    since = f"over the last {past.days} days ({past.versions} versions)"
    told = []
    if lines:
        times = _times(now.lines, past.size.lines)
        told.append(f"This file has {now.lines:,} lines, {times} of its median {since}.")
    if complexity:
        times = _times(now.complexity, past.size.complexity)
        whose = "Its functions have" if lines else "The functions of this file have"
        usual = "before" if lines else f"of its median {since}"
        told.append(f"{whose} a complexity of {now.complexity:,} together, {times} {usual}.")
    if came:
        parts = ", ".join(f"`{name}` (+{more:,} lines)" for name, more in came.items())
        told.append(f"What came: {parts}: what belongs together may be a module.")
    return Finding(
        NAME, NAME, " ".join(told), TOP, Severity.LOW, Category.PERFORMANCE,
    )  # fmt: skip


def _times(now: int, then: int) -> str:
    return f"{now / then:.1f} times the {then:,}"


def growth_of(now: Iterable[Figure], then: Iterable[Figure]) -> dict[str, int]:
    """The functions that came, or became longer, by how many lines: the most, the largest first."""
    more = _lengths(now)
    more.subtract(_lengths(then))
    grown = sorted((-count, name) for name, count in more.items() if count > 0)
    return {name: -count for count, name in grown[:_MOST_NAMED]}


def _lengths(figures: Iterable[Figure]) -> Counter[str]:
    lengths: Counter[str] = Counter()
    for each in figures:
        if each.metric is Metric.LINES and each.name:
            lengths[each.name] += int(each.value)
    return lengths
