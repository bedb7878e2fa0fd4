"""What files have in common that are each made beside another one: text with places for the parts
of its path. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from ..text import opcodes
from .paths import part_of
from .pattern import Part, Place, Text

_PARTS = (Part.WHOLE, Part.MODULE, Part.NAME, Part.STEM, Part.CLASS)
"""The longest first: what one has taken is not looked at for the next."""
_SHORTEST = 3
_MOST_LINES = 400


class Instance(NamedTuple):
    """``text``: of the file that came; ``path``: of the one beside which it came."""

    text: str
    path: str


def skeleton(instances: Sequence[Instance], parameter: str, suffix: str) -> Text:
    """The lines that all have, in their order, empty ones between them included. Empty where they
    have nothing in common that makes sense by itself: what comes of it is to be valid for the
    ``suffix`` of the file."""
    if not instances or any(each.text.count("\n") > _MOST_LINES for each in instances):
        return ()
    lines = reduce(_common, (_lines(each, parameter) for each in instances))
    while lines and not _is_valid(lines, suffix):
        lines = lines[:-1]
    while lines and not any(isinstance(e, Place) or e.strip() for e in lines[-1]):
        lines = lines[:-1]
    return _merged(lines)


_Line = tuple[str | Place, ...]


def _lines(instance: Instance, parameter: str) -> list[_Line]:
    values: dict[str, Place] = {}
    for part in _PARTS:
        value = part_of(instance.path, part)
        if len(value) >= _SHORTEST:
            values.setdefault(value, Place(parameter, part))
    if not values:
        return [(line,) for line in instance.text.splitlines(keepends=True)]
    ordered = sorted(values, key=len, reverse=True)
    known = re.compile(rf"(?<![^\W_])({'|'.join(map(re.escape, ordered))})(?![^\W_])")
    return [
        tuple(values.get(piece, piece) for piece in known.split(line) if piece)
        for line in instance.text.splitlines(keepends=True)
    ]


def _common(one: Sequence[_Line], other: Sequence[_Line]) -> list[_Line]:
    return [
        line
        for kind, first, last, _, _ in opcodes(one, other)
        if kind == "equal"
        for line in one[first:last]
    ]


def _is_valid(lines: Sequence[_Line], suffix: str) -> bool:
    if suffix != ".py":
        return True
    text = "".join(each if isinstance(each, str) else "name" for line in lines for each in line)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _merged(lines: Sequence[_Line]) -> Text:
    found: list[str | Place] = []
    for each in (each for line in lines for each in line):
        if isinstance(each, str) and found and isinstance(found[-1], str):
            found[-1] += each
        else:
            found.append(each)
    return tuple(found)
