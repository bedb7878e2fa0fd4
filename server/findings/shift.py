"""Places follow edits: where a range is after the text around it has changed."""

from __future__ import annotations

from ..model import Edit, Position, Range


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
