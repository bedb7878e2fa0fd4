"""The simple commands of a text that a shell might read, and where their words stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from .secret_programs import BEFORE

COMMENT = "#"
QUOTES = "\"'"
_TOKEN = re.compile(
    r"""(?P<word>(?:<secret>|[^\s'"\\`|&;<>()$]++|\\.|'[^']*+(?:'|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)"""
    r"""|\$\((?:[^()]|\([^()]*+\))*+\)|\$\{[^}\s]*+\}|\$|`[^`]*+(?:`|\Z)|&(?=[^\s&;|]))++)"""
    r"""|(?P<operator><<<|\|\|?|&&?|[;\n()<>])""",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
PAIR = re.compile(r"""(["']?[^\s:"'/$]+:)(?!//)(.+)""", re.DOTALL)
"""A name and a colon, and what follows them."""


class Word(NamedTuple):
    """``start``: where its ``text`` stands in the whole."""

    start: int
    text: str

    @property
    def bare(self) -> str:
        """Without the quotes around it."""
        return self.text.lstrip("$").strip(QUOTES) if self.text[-1] in QUOTES else self.text

    @property
    def is_option(self) -> bool:
        return self.text[0] == "-" and len(self.text) > 1

    def part(self, start: int) -> Word:
        """From there on, without a quote that closes."""
        return Word(self.start + start, self.text[start:].rstrip(QUOTES))


NOTHING = Word(-1, "-")


@dataclass
class Command:
    """``after``: the operator that it follows, or ``COMMENT``, which it is then. ``here``: what it
    reads from a here-string. ``is_fed``: it reads a file. ``into``: the file that it writes."""

    after: str = ""
    words: list[Word] = field(default_factory=list)
    here: Word | None = None
    is_fed: bool = False
    into: Word | None = None

    @cached_property
    def texts(self) -> list[str]:
        """Of its words, once it has all of them."""
        return [word.text for word in self.words]

    @property
    def name(self) -> str:
        """Of its program; "" of none."""
        return self._program()[1]

    @property
    def own(self) -> list[Word]:
        """Its program and the words behind it."""
        return self.words[self._program()[0] :]

    @property
    def arguments(self) -> list[Word]:
        """The words behind its program."""
        return self.own[1:]

    def _program(self) -> tuple[int, str]:
        for number, word in enumerate(self.words):
            if word.text not in BEFORE and not _ASSIGNMENT.match(word.text):
                return number, word.text.rsplit("/", 1)[-1].removesuffix(".exe")
        return len(self.words), ""


def commands_of(text: str, start: int = 0) -> Iterator[Command]:
    """They may be empty, as between two operators. ``start``: where the text itself stands."""
    command, is_here, redirected = Command(), False, ""
    for match in _TOKEN.finditer(text):
        operator = match["operator"]
        if operator is None:
            word = Word(start + match.start(), match[0])
            if word.text[0] == "#":
                yield command
                command = Command(COMMENT)
            if is_here:
                command.here = word
            elif redirected == ">":
                command.into = word
            elif not redirected:
                command.words.append(word)
            is_here, redirected = False, ""
        elif operator == "<<<":
            is_here = True
        elif operator in "<>":
            redirected = operator
            command.is_fed |= operator == "<"
        else:
            yield command
            command, is_here, redirected = Command(operator), False, ""
    yield command
