"""Reading what tools print, which may be anything."""

from __future__ import annotations

import json
import re
from typing import Any

from ..model import Position

MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a tool's answer raises when the answer is not what it should be."""


def loads_json(text: str | bytes) -> Any:
    """Bytes that are no UTF-8 stand for one replacement character each: they lose no finding.
    Raises ValueError with the beginning of what is not JSON."""
    if isinstance(text, bytes):
        text = text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"its answer is not JSON: {text[:80]!r}") from None


def text_of(value: object) -> str:
    """A text in a tool's answer. Raises TypeError when something else stands there."""
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {value!r:.40}")
    return value


def position_of(line: Any, column: Any) -> Position:
    """A place in a tool's answer, drawn into the file. Raises ``MALFORMED``."""
    return Position(max(0, int(line)), max(0, int(column)))


def column_of(line: str, utf8: int) -> int:
    """The column, in characters, that is so many bytes into a line, drawn into it."""
    return len(line.encode("utf-8", "surrogatepass")[: max(0, utf8)].decode("utf-8", "ignore"))


_LINK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])?")


def paragraph(text: str) -> str:
    """One paragraph of a tool's Markdown, on one line, without its links; empty for what is none.
    What it leads up to does not follow."""
    line = " ".join(_LINK.sub(r"\1", text).split())
    if line.startswith(("#", ":", "```", "..", ">>")):
        return ""
    return f"{line[:-1]}." if line.endswith(":") else line
