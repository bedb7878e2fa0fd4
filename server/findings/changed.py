"""Which lines of a file are new, and what is said of them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..model import Edit, Problem, Range
from ..text import Lines, opcodes

Rows = frozenset[int] | None
"""Those of a file that are new or otherwise; None: all of them."""


def changed_lines(old: str | None, new: str) -> frozenset[int]:
    """The rows of ``new`` that ``old`` has not, or has otherwise (None: there was no file). Line
    ends do not count."""
    now = _lines(new)
    if old is None:
        return frozenset(range(len(now)))
    was = _lines(old)
    rows: set[int] = set()
    first_was = first_now = 0
    for last_was, last_now in (*_anchors(was, now), (len(was), len(now))):
        some = _changed(was[first_was:last_was], now[first_now:last_now])
        rows.update(row + first_now for row in some)
        first_was, first_now = last_was + 1, last_now + 1
    return frozenset(rows)


def _anchors(was: Sequence[str], now: Sequence[str]) -> list[tuple[int, int]]:
    """Rows of lines that both have once, as many as are in the same order: what lies between two of
    them is short, and to compare takes time with the square of the length."""
    often_was, often_now = Counter(was), Counter(now)
    places = {line: row for row, line in enumerate(was) if often_was[line] == often_now[line] == 1}
    pairs = [(places[line], row) for row, line in enumerate(now) if line in places]
    ends: list[int] = []
    tips: list[int] = []
    before: list[int] = []
    for index, (row, _) in enumerate(pairs):
        length = bisect_left(ends, row)
        before.append(tips[length - 1] if length else -1)
        ends[length : length + 1] = [row]
        tips[length : length + 1] = [index]
    found = []
    at = tips[-1] if tips else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _changed(was: Sequence[str], now: Sequence[str]) -> Iterator[int]:
    for kind, _, _, first, last in opcodes(was, now):
        if kind != "equal":
            yield from range(first, last)


def _lines(text: str) -> list[str]:
    lines = Lines(text)
    return [lines.line(row) for row in range(len(lines))]


def on_lines(problems: Iterable[Problem], rows: frozenset[int]) -> tuple[Problem, ...]:
    """The problems in which a tool points at one of these rows."""
    return tuple(
        problem
        for problem in problems
        if any(not rows.isdisjoint(_rows(finding.range)) for finding in problem.findings)
    )


def _rows(place: Range) -> range:
    """A range that ends where a line begins is not on that line."""
    last = place.end.line - (place.end.column == 0 and place.end.line > place.start.line)
    return range(place.start.line, last + 1)


def carry_rows(rows: Rows, edits: Iterable[Edit]) -> Rows:
    """Where changed rows are after edits made one by one, with those that the edits touch: what is
    undone by a later edit still counts as changed."""
    if rows is None:
        return None
    for (start, end), text in edits:
        breaks = len(Lines(text)) - 1
        whole = start.column == 0 == end.column and (not text or text[-1] in "\r\n")
        touched = range(start.line, start.line + breaks + (not whole))
        behind = end.line + (not whole)
        moved = breaks - (end.line - start.line)
        before = {row for row in rows if row < start.line}
        after = {row + moved for row in rows if row >= behind}
        rows = frozenset(before.union(touched, after))
    return rows
