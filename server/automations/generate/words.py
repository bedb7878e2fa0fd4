"""The words of a command: its program, options, operands and where it reads and writes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..pattern import Part, Place, Run, Step, Text
from .operations import Unfit, literal

_FILLED_IN = re.compile(r"[*?]|\[.+\]|\$[\w({?]|`|^~|\{.*[,.].*\}")


class Command(NamedTuple):
    """``source`` and ``out``: the files of its input and output, from ``cwd``; empty: none."""

    program: str
    words: tuple[Text, ...]
    cwd: Text
    source: Text = ()
    out: Text = ()


def command_of(step: Step) -> Command | None:
    """None for what is no command at all, and where another one is run when it fails. Raises Unfit
    where the program itself varies."""
    if not isinstance(step, Run) or not step.words or step.otherwise:
        return None
    program = literal(step.words[0])
    if not program or any(c.isspace() or c == "\0" for c in program) or program.startswith("-"):
        raise Unfit("Which program is started is not the same each time.")
    cwd = () if literal(step.cwd) in ("", ".") else step.cwd
    return Command(program, step.words[1:], cwd, step.source, step.out)


class Given(NamedTuple):
    options: Mapping[str, tuple[Text, ...]]
    operands: tuple[Text, ...]

    def last(self, *names: str) -> Text | None:
        return next((self.options[n][-1] for n in names if n in self.options), None)


def given(words: Sequence[Text], flags: str, valued: str = "") -> Given | None:
    """The words by what they are. ``flags`` and ``valued``: the options that are known, without
    hyphens; None where there is another one."""
    known, taking = set(flags.split()), set(valued.split())
    options: dict[str, tuple[Text, ...]] = {}
    operands: list[Text] = []
    rest = iter(words)
    found: dict[str, Text]
    for word in rest:
        first = word[0] if word else ""
        if isinstance(first, Place) or not first.startswith("-") or first == "-":
            operands.append(word)
            continue
        if word == ("--",):
            operands.extend(rest)
            break
        name = first.lstrip("-")
        head, equals, value = name.partition("=")
        if len(word) == 1 and name in known:
            found = {name: ()}
        elif len(word) == 1 and name in taking:
            found = {name: next(rest, ())}
        elif equals and first.startswith("--") and head in taking:
            found = {head: (*((value,) if value else ()), *word[1:])}
        elif not first.startswith("--") and name[:1] in taking:
            found = {name[0]: (*((name[1:],) if name[1:] else ()), *word[1:])}
        elif len(word) == 1 and not first.startswith("--") and set(name) <= known:
            found = dict.fromkeys(name, ())
        else:
            return None
        for key, each in found.items():
            options[key] = (*options.get(key, ()), each)
    return Given(options, tuple(operands))


def are_plain(words: Sequence[Text]) -> bool:
    """Whether each is one word, as it stands: a shell puts nothing else for it."""
    places = (each for word in words for each in word if isinstance(each, Place))
    return not doubt(words) and all(each.part is not Part.MATCHES for each in places)


def doubt(words: Sequence[Text]) -> str:
    """Why a program may get other words than a shell gave it; empty where nothing speaks for it."""
    for word in words:
        for each in word:
            if isinstance(each, str) and _FILLED_IN.search(each):
                return f"A shell may have put something else for {each!r}: look at it first."
    return ""
