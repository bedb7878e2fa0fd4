"""Lines, offsets and edits of a text, in the vocabulary's code-point positions."""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from .model import Edit, Position, Range

_MOST_PAIRS = 500_000
"""Of equal lines, one in either text, about so many are compared in a second."""
_LINE_END = re.compile(r"\r\n|\n|\r")


class Lines:
    """An index of the lines of ``text``; a position past an end is drawn back to that end."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> str:
        """The line's text without its line end; empty past the last line."""
        if number >= len(self._starts):
            return ""
        return self.text[self._starts[number] : self._end(number)]

    def _end(self, number: int) -> int:
        """Where the line ends, before its line end."""
        if number + 1 == len(self._starts):
            return len(self.text)
        start, end = self._starts[number : number + 2]
        return end - (2 if self.text.endswith("\r\n", start, end) else 1)

    def offset(self, position: Position) -> int:
        if position.line >= len(self._starts):
            return len(self.text)
        return min(self._starts[position.line] + position.column, self._end(position.line))

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset) - 1
        return Position(line, offset - self._starts[line])

    def slice(self, range_: Range) -> str:
        return self.text[self.offset(range_.start) : self.offset(range_.end)]


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that were all made against ``text``; in one place, the first given comes first.

    Raises ValueError when two of them overlap, or one ends before it starts.
    """
    lines = Lines(text)
    spans = [(lines.offset(e.range.start), lines.offset(e.range.end), e.text) for e in edits]
    pieces: list[str] = []
    reached = 0
    for start, end, new in sorted(spans, key=lambda span: span[:2]):
        if start < reached or end < start:
            raise ValueError("edits overlap")
        pieces += (text[reached:start], new)
        reached = end
    return "".join([*pieces, text[reached:]])


_BOM = b"\xef\xbb\xbf"


def canonical(content: bytes) -> bytes:
    """The bytes that count: without the byte order mark, which editors do not show.

    Beside a coding cookie that names another encoding it does count, and where it stands twice:
    Python refuses the file.
    """
    if not content.startswith(_BOM) or content.startswith(_BOM * 2):
        return content
    try:
        _encoding(content)
    except SyntaxError:
        return content
    return content.removeprefix(_BOM)


def digest(content: bytes) -> str:
    """The content's name in every cache: equal for a saved file and its unsaved twin."""
    return hashlib.blake2b(canonical(content), digest_size=20).hexdigest()


def encode(text: str) -> bytes:
    """The bytes a Python file with this text would have on disk, its coding cookie obeyed."""
    content = text.encode("utf-8", "surrogatepass")
    try:
        return text.encode(_encoding(content))
    except (UnicodeEncodeError, SyntaxError, LookupError):
        return content


def decode(content: bytes) -> str:
    """The text of a Python file.

    Raises ValueError, with a message for people, when the bytes are not what the file's coding
    cookie (or UTF-8, without one) says they are, or the byte order mark gainsays the cookie or
    stands twice.
    """
    content = canonical(content)
    try:
        if content.startswith(_BOM * 2):
            raise SyntaxError
        return content.decode(_encoding(content))
    except (UnicodeDecodeError, SyntaxError, LookupError) as error:
        marks = "byte order mark twice" if content.startswith(_BOM * 2) else "byte order mark"
        why = f"it has UTF-8's {marks}" if content.startswith(_BOM) else error
        raise ValueError(f"the file is not text in the encoding that it names ({why})") from None


def _encoding(content: bytes) -> str:
    if b"coding" not in b"".join(content.split(b"\n", 2)[:2]):
        return "utf-8"
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return encoding


Opcode = tuple[Literal["equal", "replace", "insert", "delete"], int, int, int, int]
"""What ``difflib`` calls one: ``equal`` or otherwise, and from where to where in both texts."""


def opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Opcode]:
    """What makes the one list of lines the other. Where the same lines are in both so often that
    to compare them would take long, all between the equal ends is one that is replaced."""
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    was, now = old[start : len(old) - end], new[start : len(new) - end]
    counts = Counter(was)
    if sum(counts[line] for line in now) > _MOST_PAIRS:
        between: list[Opcode] = [("replace", 0, len(was), 0, len(now))]
    else:
        between = [*SequenceMatcher(None, was, now, autojunk=False).get_opcodes()]
    first: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    last: list[Opcode] = [("equal", len(old) - end, len(old), len(new) - end, len(new))]
    moved = [(kind, a + start, b + start, c + start, d + start) for kind, a, b, c, d in between]
    return [*first, *moved, *(last if end else [])]
