"""Places follow edits: where a range is after the text around it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model import Edit, Finding, Position, Range, Suppression


def carry(findings: Iterable[Finding], edits: Iterable[Edit]) -> tuple[Finding, ...]:
    """The findings of which something is left, where they are after edits made one by one."""
    for edit in edits:
        (start, end), text = edit
        # Most edits are a character within a line: what lies on other lines stays where it is.
        within = start.line == end.line and "\n" not in text and "\r" not in text
        last = end.line if within else None
        findings = [moved for each in findings if (moved := _carried(each, edit, last))]
    return tuple(findings)


def carry_suppressions(
    suppressions: Iterable[Suppression], edits: Iterable[Edit]
) -> tuple[Suppression, ...]:
    """Those of which something is left, where they are after edits made one by one."""
    for edit in edits:
        places = ((each, shift(each.range, edit)) for each in suppressions)
        suppressions = [each._replace(range=place) for each, place in places if place]
    return tuple(suppressions)


def _carried(finding: Finding, edit: Edit, last: int | None) -> Finding | None:
    """``last``: the line behind which nothing moves."""
    if finding.range.end.line < edit.range.start.line:
        return finding
    if last is not None and finding.range.start.line > last:
        return finding
    place = shift(finding.range, edit)
    if place is None or place == finding.range:
        return finding if place else None
    return replace(finding, range=place)


def shift(range_: Range, edit: Edit) -> Range | None:
    """Where ``range_`` is after ``edit``; None when nothing of it is left.

    What is inserted at an edge stays outside; what replaces an edge takes that part away. An edit
    that joins or parts a ``\\r\\n`` moves lines, which positions alone cannot tell: it must not.
    """
    (start, end), (first, last) = edit.range, range_
    if end <= first:
        return Range(_after(first, edit), _after(last, edit))
    if last <= start:
        return range_
    if start <= first and last <= end:
        return None
    if first < start:
        return Range(first, _after(last, edit) if end < last else start)
    return Range(_after(end, edit), _after(last, edit))


def _after(place: Position, edit: Edit) -> Position:
    """Where a place at or behind the end of what was replaced is now."""
    start, end = edit.range
    *breaks, tail = edit.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = place.line - end.line + start.line + len(breaks)
    if place.line != end.line:
        return Position(line, place.column)
    column = place.column - end.column + len(tail)
    return Position(line, column if breaks else start.column + column)
