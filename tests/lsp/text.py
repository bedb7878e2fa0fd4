"""Places in a text as LSP counts them, written anew here: the server's own arithmetic is tested."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

_LINE_END = re.compile(r"\r\n|\n|\r")
_UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def units(text: str, encoding: str) -> int:
    codec, width = _UNIT[encoding]
    return len(text.encode(codec)) // width


def position(text: str, index: int, encoding: str) -> Json:
    ends = [end.end() for end in _LINE_END.finditer(text) if end.end() <= index]
    start = ends[-1] if ends else 0
    return {"line": len(ends), "character": units(text[start:index], encoding)}


def place(text: str, part: str, encoding: str) -> Json:
    """The range of the first ``part`` in ``text``."""
    start = text.index(part)
    return {
        "start": position(text, start, encoding),
        "end": position(text, start + len(part), encoding),
    }


def index(text: str, at: Json, encoding: str) -> int:
    """Raises ValueError for a position that is not in the text: an editor may refuse it."""
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    if at["line"] == len(starts) and at["character"] == 0:
        return len(text)
    start = starts[at["line"]]
    line = _LINE_END.split(text[start:], maxsplit=1)[0]
    for column in range(len(line) + 1):
        if units(line[:column], encoding) == at["character"]:
            return start + column
    raise ValueError(f"{at} is no position in {line!r} ({encoding})")


def slice_(text: str, range_: Json, encoding: str) -> str:
    return text[index(text, range_["start"], encoding) : index(text, range_["end"], encoding)]


def apply(text: str, edits: Iterable[Json], encoding: str) -> str:
    """Apply the text edits of one document. Raises ValueError when they overlap."""
    spans = sorted(
        (
            index(text, edit["range"]["start"], encoding),
            index(text, edit["range"]["end"], encoding),
            edit["newText"],
        )
        for edit in edits
    )
    pieces: list[str] = []
    reached = 0
    for start, end, new in spans:
        if start < reached:
            raise ValueError("the edits overlap")
        pieces += (text[reached:start], new)
        reached = end
    return "".join([*pieces, text[reached:]])
