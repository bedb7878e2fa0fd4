"""Markdown about what others have named. Pure."""

from __future__ import annotations

import re

from ...journal.change import printable

_CODE = re.compile(r"(`[^`]*`)")
_MEANS = re.compile(r"([\\<\[\]|&])")


def line(text: str) -> str:
    """One line, in which no name becomes a link, HTML, another cell of a table or another line.
    What stands in backticks stays code, in which nothing means anything anyway."""
    parts = _CODE.split(printable(text))
    return "".join(
        part if number % 2 else _MEANS.sub(r"\\\1", part) for number, part in enumerate(parts)
    )
