"""Known secrets, left out of what a command prints: as they are, and as programs encode them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_INSTEAD = b"<secret>"
_SHORTEST = 6
"""Characters of an encoding that tell of a secret: fewer may stand in any text."""


class Withheld:
    """Bytes come in parts, and go out without any of ``secrets``, wherever a part ends: also in
    base64 (in a line), in an address, and in JSON."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {each for secret in secrets if secret for each in _forms(secret)}
        longest_first = sorted(found, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)) or rb"(?!)")
        self._kept_back = len(longest_first[0]) - 1 if longest_first else 0
        self._rest = b""

    def part(self, new: bytes) -> bytes:
        """What is known to be none. What may be the begin of one is kept for the next part."""
        text = self._rest + new
        out, end = [], 0
        for match in self._pattern.finditer(text):
            out += [text[end : match.start()], _INSTEAD]
            end = match.end()
        at = max(end, len(text) - self._kept_back)
        self._rest = text[at:]
        return b"".join((*out, text[end:at]))

    def end(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw
    addressed = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    escaped = {json.dumps(secret, ensure_ascii=each)[1:-1] for each in (True, False)}
    for each in (*addressed, *escaped, *_base64(raw)):
        if len(each) >= _SHORTEST:
            yield each.encode("utf-8", "surrogatepass")


def _base64(raw: bytes) -> Iterator[str]:
    """What stands for all of it but its ends, wherever in a longer text it begins."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw).decode()
        begin, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield encoded[begin:end]
        yield encoded[begin:end].translate(_FOR_ADDRESSES)


_FOR_ADDRESSES = str.maketrans("+/", "-_")
