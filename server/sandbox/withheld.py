"""Secrets that are left out of what a command prints. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_INSTEAD = b"<secret>"


class Withheld:
    """Bytes come in parts, and go out without any of ``secrets``, wherever a part ends."""

    def __init__(self, secrets: Iterable[str]) -> None:
        longest_first = sorted({each.encode() for each in secrets if each}, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)) or rb"(?!)")
        self._kept_back = len(longest_first[0]) - 1 if longest_first else 0
        self._rest = b""

    def part(self, new: bytes) -> bytes:
        """What is known to be none. What may be the begin of one is kept for the next part."""
        found = self._pattern.sub(_INSTEAD, self._rest + new)
        at = max(0, len(found) - self._kept_back)
        self._rest = found[at:]
        return found[:at]

    def end(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest
