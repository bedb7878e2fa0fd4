"""What a program prints, made harmless for a terminal in which something else is shown later."""

from __future__ import annotations

import codecs
import re
from enum import Enum, auto

_PLAIN = re.compile(
    r"[^\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+"
)
"""Text, new lines, tabs, backspaces and returns; not what steers, or turns the writing round."""
_LONGEST = 64
"""Characters of what stands between the beginning and the end of a colour."""
_COLOURS = re.compile(rf"[0-9;:]{{0,{_LONGEST}}}")
RESET = "\x1b[0m"
"""Takes back all that colours did."""


class _In(Enum):
    """What the next character is a part of: a sequence has an ``ESCAPE``, or begins as a
    ``CONTROL`` (CSI) or a ``STRING`` (OSC, DCS and the like)."""

    TEXT = auto()
    ESCAPE = auto()
    CONTROL = auto()
    STRING = auto()


_BEGINS = {
    "\x1b": _In.ESCAPE,
    "\x9b": _In.CONTROL,
    **dict.fromkeys("\x90\x98\x9d\x9e\x9f", _In.STRING),
}
_AFTER_ESCAPE = {"[": _In.CONTROL, **dict.fromkeys("]PX^_", _In.STRING)}


class Harmless:
    """Lets through text and colours, and nothing that steers a terminal. What it is given may be
    cut anywhere, also within a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._in = _In.TEXT
        self._parameters = ""

    def __call__(self, chunk: bytes, *, final: bool = False) -> str:
        """What of it may be shown. ``final``: nothing more comes."""
        text = self._decoder.decode(chunk, final)
        out: list[str] = []
        at = 0
        while at < len(text):
            if self._in is _In.TEXT and (plain := _PLAIN.match(text, at)):
                out.append(plain[0])
                at = plain.end()
                continue
            shown, is_used = self._step(text[at])
            out.append(shown)
            at += is_used
        return "".join(out)

    def _step(self, character: str) -> tuple[str, bool]:
        """What is shown for it, and whether it was a part of the sequence; else it is text that
        broke that off."""
        state, self._in = self._in, _BEGINS.get(character, _In.TEXT)
        if self._in is not _In.TEXT or state is _In.TEXT:
            self._parameters = ""
            return "", True
        if state is _In.ESCAPE:
            self._in = _AFTER_ESCAPE.get(character, _In.TEXT)
            if " " <= character <= "/":
                self._in = _In.ESCAPE
            return "", " " <= character <= "~"
        if state is _In.STRING:
            if character not in "\x07\x18\x1a\x9c\n":
                self._in = _In.STRING
            return "", character != "\n"  # an end that never comes takes a line with it
        if " " <= character <= "?":
            self._in = _In.CONTROL
            self._parameters = (self._parameters + character)[: _LONGEST + 1]
            return "", True
        is_colour = character == "m" and _COLOURS.fullmatch(self._parameters)
        return f"\x1b[{self._parameters}m" if is_colour else "", "@" <= character <= "~"
