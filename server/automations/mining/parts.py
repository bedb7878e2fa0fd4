"""How one value is made of another's. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..paths import filled, part_of
from ..pattern import Part, Place, Text

_COMBINATIONS: tuple[tuple[Part, ...], ...] = (
    (Part.WHOLE,),
    (Part.NAME,),
    (Part.STEM,),
    (Part.MODULE,),
    (Part.FOLDER,),
    (Part.FOLDER, Part.NAME),
    (Part.FOLDER, Part.STEM),
)


def link(name: str, sources: Sequence[str], targets: Sequence[str]) -> Text | None:
    """How each target is made of the source beside it, as parts of the parameter ``name`` between
    what is the same in all, as little as possible; None where it is not. A source that never varies
    explains nothing."""
    if len(set(sources)) < 2:
        return None
    pairs = list(zip(sources, targets, strict=True))
    fitting = [
        text
        for parts in _COMBINATIONS
        if (text := _laid_out(name, parts, *pairs[0]))
        and all(filled(text, {name: source}) == target for source, target in pairs)
    ]
    return min(fitting, key=_literal, default=None)


def _literal(text: Text) -> int:
    return sum(len(each) for each in text if isinstance(each, str))


def _laid_out(name: str, parts: Sequence[Part], source: str, target: str) -> Text | None:
    text: list[str | Place] = []
    rest = target
    for part in parts:
        value = part_of(source, part)
        before, found, rest = rest.partition(value) if value else ("", "", "")
        if not found:
            return None
        text += [before, Place(name, part)]
    return tuple(each for each in (*text, rest) if each)
