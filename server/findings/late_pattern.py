"""Expressions that are compiled when a text first needs them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

compiled: Callable[[str], re.Pattern[str]] = cache(re.compile)
"""Each expression once. For those in code: their number is the most that are kept."""


class Late(NamedTuple):
    """``needles``: small letters, of which one has to be in a text that ``expression`` fits."""

    needles: tuple[str, ...]
    expression: str

    def sub(self, instead: str | Callable[[re.Match[str]], str], text: str, small: str) -> str:
        """``small``: ``text`` in small letters."""
        for needle in self.needles:
            if needle in small:
                return compiled(self.expression).sub(instead, text)
        return text
