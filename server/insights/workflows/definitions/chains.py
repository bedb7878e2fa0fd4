"""Chains of commands in the scripts of ``package.json`` (``lint && types && test``), and what of
them could run at once: checks beside each other, which change no file that another reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from ..graph import Needs, reached
from ..shell import Words, commands, is_test, parts, program
from .script_calls import ALL, turns_of

_PLAIN = re.compile(r"[^|;&()`\n]+")
_NAMES = re.compile(
    r"^check|lint|types?(check)?$|type-?check|format[:-]check|^(unit-?)?tests?(:unit)?$"
)
"""Of scripts that check something."""
_COMMANDS = re.compile(
    r"\S*lint\b|biome (check|ci)\b|prettier\b.* (--check|-c)\b|(vue-)?tsc\b.* --noEmit\b"
)
_CHANGES = re.compile(
    r"--fix|--write|prettier.* -w|--update|build|clean|compile|generate|codegen|watch|serve"
    r"|publish|deploy|release|dprint fmt|oxfmt(?!.* --check)"
)
_LONGEST = 12
"""Commands of a chain. Whoever writes more has a reason."""


class Link(NamedTuple):
    """``text``: as it is written there; ``argv``: what runs it, without a shell of ours."""

    text: str
    argv: Words
    is_check: bool


Turn = tuple[Link, ...]
Chain = tuple[Turn, ...]


class Scripts(NamedTuple):
    """All that there are, by name: their texts, and which others each runs, also by itself."""

    texts: Mapping[str, str]
    runs: Needs


def chain(text: str, scripts: Scripts) -> Chain:
    """The commands of a script in their order, with those together that could run at once. Empty
    where it is no plain chain."""
    pieces = [each.strip() for each in text.split("&&")]
    if not all(_PLAIN.fullmatch(each) and len(commands(each)) == 1 for each in pieces):
        return ()
    calls = [turns_of(words, scripts.texts) for words in commands(text)]
    aside = any(len(turn) > 1 for turns in calls for turn in turns)
    unknown = any(name not in scripts.texts for turns in calls for turn in turns for name in turn)
    moves = any(words[0] in ("cd", "pushd", "export") for words in commands(text))
    if aside or unknown or moves or "${{" in text:
        return ()
    links = [link for each in pieces for link in _links(each, scripts)]
    if len(links) > _LONGEST:
        return ()
    turns: list[Turn] = []
    for are_checks, group in groupby(links, lambda link: link.is_check):
        those = [*group]
        once = tuple({each.argv: each for each in those}.values())  # though they are done twice
        turns += [once] if are_checks else [(each,) for each in those]
    return tuple(turns)


def _links(piece: str, scripts: Scripts) -> list[Link]:
    (words,) = commands(piece)
    called = [name for turn in turns_of(words, scripts.texts) for name in turn]
    if not called or parts(piece) != [words]:
        argv = ("npm", "exec", "-c", piece)  # as npm itself runs it, with what the project installs
        return [Link(piece, argv, _is_check(piece, called, scripts))]
    if len(called) == 1 and words[0] not in ALL:
        return [Link(piece, words, _is_check(piece, called, scripts))]
    return [
        Link(f"npm run {name}", ("npm", "run", name), _is_check(name, [name], scripts))
        for name in called
    ]


def _is_check(piece: str, called: Sequence[str], scripts: Scripts) -> bool:
    """It looks at files, and neither it nor a script that it runs changes any, as far as names
    tell."""
    run = reached(scripts.runs, called)
    if any(_CHANGES.search(each) for each in (piece, *run, *(scripts.texts[e] for e in run))):
        return False
    if not called:
        return _checks(piece)
    return all(_NAMES.search(name) or _checks(scripts.texts[name]) for name in called)


def _checks(text: str) -> bool:
    """Whether it is one command that checks something."""
    own = commands(text)
    line = " ".join(program(own[0])) if len(own) == 1 else ""
    return bool(line) and (bool(_COMMANDS.match(line)) or is_test(own[0]))
