"""A typed template of a command.

It keeps what a person picks when choosing *what* to do (the program, subcommands, options) and
names the types of what is picked each time anew: ``git add <file.py>``. Two commands with the same
template have the same words but for the values of their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .judge import BUILTIN, VARIABLE
from .programs import BEFORE, BUILTINS, DEEP, ON_FILES, ON_TEXTS, PICKED, RUNNERS
from .syntax import INPUT, OR, OUTPUT, SPECIAL, is_glob

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(?:=|\Z)|-\d+\Z|--?\Z")
_SHORT_NUMBER = re.compile(r"(-[A-Za-z]?)(\d+)\Z")
_SEPARATORS = frozenset({"|", OR, "|&", "&", "(", ")", ";"})
_SUBCOMMAND = re.compile(r"[a-z][a-z0-9]*(?:[-:_][a-z0-9]+)*\Z")
_KINDS = re.compile(
    r"""
    (?P<secret> .*<secret>.* )
  | (?P<url> [a-z][a-z0-9+.-]*://.+ | [\w.-]+@[\w.-]+:[^\s]+ )
  | (?P<number> [+-]?\d+(?:\.\d+)? )
  | (?P<address> \d+(?:\.\d+){3}(?::\d+)?(?:/\d+)? )
  | (?P<version> v?\d+(?:\.\d+)+(?:[.+-]?[A-Za-z0-9])* | v\d+ )
  | (?P<hash> (?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64} )
  | (?P<text> [^/]*\s.* | .*::.* | )
  | (?: [^:=]*/ )? [^/:=]*[^/:=.] (?P<file> \.[A-Za-z][A-Za-z0-9]{0,9} )
  | (?P<path> \.\.? | [^:=]*/[^:=]* | \.[\w.-]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


class Argument(NamedTuple):
    """What may be another value the next time: of the word of that number, what follows ``prefix``.
    ``kind``: path, glob, number, hash, url, address, version, secret, text, or ``file.`` with the
    suffix. ``option``: the option that it belongs to, without dashes, where there is one."""

    word: int
    prefix: str
    value: str
    kind: str
    option: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it may name a file or a folder."""
        return self.kind.partition(".")[0] in ("path", "file")


def template_of(words: Sequence[str], raw: Sequence[str]) -> tuple[str, tuple[Argument, ...], str]:
    """Of a command; what in it may be another value the next time; and why no script can start it,
    empty where its words say nothing against that. ``raw``: the words as they were typed; empty of
    operators."""
    reader = _Reader()
    for number, (word, typed) in enumerate(zip(words, raw, strict=True)):
        reader.template.append(reader.read(number, word, typed))
    return " ".join(reader.template), tuple(reader.arguments), reader.why_not


class _Reader:
    """Reads a command word by word. ``bare``: the type of a word that looks like nothing; empty
    while it may be a subcommand. ``option``: the one before, whose value may follow. ``is_file``:
    what follows is a file's name."""

    __slots__ = ("arguments", "bare", "is_file", "option", "program", "template", "why_not")

    def __init__(self) -> None:
        self.template: list[str] = []
        self.arguments: list[Argument] = []
        self.program = self.bare = self.option = self.why_not = ""
        self.is_file = False

    def read(self, number: int, word: str, typed: str) -> str:
        """What stands for it in the template."""
        if not typed:
            if word in _SEPARATORS:
                self.program = ""
            self.is_file = word in (INPUT, OUTPUT)
            return word
        if self.is_file:
            self.is_file = False
            return self._argument(Argument(number, "", word, _kind(word, typed, "path")))
        if not self.program:
            return self._begin(number, word, typed)
        if typed[0] == "-" and _OPTION.match(word):
            return self._option(number, word, typed)
        option, self.option = self.option, ""
        picked = option in PICKED.get(self.program, ())
        kind = _kind(word, typed, "text" if picked else self.bare)
        if not kind:
            if word == "run" and self.program in RUNNERS:
                self.program = ""
            elif not option and word not in DEEP:
                self.bare = "text"
            return word
        if not picked:
            self.bare = self.bare or "text"
        return self._argument(Argument(number, "", word, kind, option))

    def _begin(self, number: int, word: str, typed: str) -> str:
        if _ASSIGNMENT.match(typed):
            self.why_not = self.why_not or VARIABLE
            name, _, value = word.partition("=")
            return self._argument(Argument(number, f"{name}=", value, "text", name))
        if word in BEFORE or (self.template and word.startswith("-")):
            return word
        self.program = word.rpartition("/")[2] or word
        if self.program in BUILTINS:
            self.why_not = self.why_not or BUILTIN
        on_files, on_texts = self.program in ON_FILES, self.program in ON_TEXTS
        self.bare = "path" if on_files else "text" if on_texts else ""
        return word

    def _option(self, number: int, word: str, typed: str) -> str:
        self.option = ""
        if short := _SHORT_NUMBER.match(word):
            return self._argument(Argument(number, short[1], short[2], "number", short[1][1:]))
        name, found, value = word.partition("=")
        if found:
            kind = _kind(value, typed, "text")
            return self._argument(Argument(number, f"{name}=", value, kind, name.lstrip("-")))
        self.option = word.lstrip("-")
        if word == "-m" and self.program.startswith("python"):
            self.program = self.option = ""
        return word

    def _argument(self, argument: Argument) -> str:
        self.arguments.append(argument)
        return f"{argument.prefix}<{argument.kind}>"


def _kind(word: str, typed: str, bare: str) -> str:
    """Empty: it may be a subcommand."""
    if not bare and _SUBCOMMAND.match(typed):
        return ""
    special = SPECIAL.search(typed)
    if special and "://" not in word and is_glob(typed):
        return "glob"
    if (match := _KINDS.fullmatch(word)) and (kind := match.lastgroup):
        return f"file{match['file'].lower()}" if kind == "file" else kind
    return "text" if special else bare or "text"
