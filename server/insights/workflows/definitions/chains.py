"""Chains of commands in the scripts of ``package.json`` (``lint && types && test``), and what of
them could run at once: checks beside each other, which change no file that another reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
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
    """All that there are, by name; ``changing``: those that change files, or run one that does, as
    far as names tell."""

    texts: Mapping[str, str]
    changing: frozenset[str]


def scripts(texts: Mapping[str, str], runs: Needs) -> Scripts:
    """``runs``: which others each runs, also by itself."""
    run_by: dict[str, list[str]] = {name: [] for name in texts}
    for name, others in runs.items():
        for other in others:
            run_by[other].append(name)
    change = [name for name, text in texts.items() if _change(name) or _change(text)]
    return Scripts(texts, reached(run_by, change))


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
    every = (link for each in pieces for link in _links(each, scripts))
    links = [*islice(every, _LONGEST + 1)]  # a pattern may stand for hundreds
    if len(links) > _LONGEST:
        return ()
    turns: list[Turn] = []
    for are_checks, group in groupby(links, lambda link: link.is_check):
        those = [*group]
        once = tuple({each.argv: each for each in those}.values())  # though they are done twice
        turns += [once] if are_checks else [(each,) for each in those]
    return tuple(turns)


def _links(piece: str, scripts: Scripts) -> Iterator[Link]:
    (words,) = commands(piece)
    called = [name for turn in turns_of(words, scripts.texts) for name in turn]
    if not called or parts(piece) != [words]:
        argv = ("npm", "exec", "-c", piece)  # as npm itself runs it, with what the project installs
        yield Link(piece, argv, _is_check(piece, called, scripts))
    elif len(called) == 1 and words[0] not in ALL:
        yield Link(piece, words, _is_check(piece, called, scripts))
    else:
        for name in called:
            is_check = _is_check(name, [name], scripts)
            yield Link(f"npm run {name}", ("npm", "run", name), is_check)


def _is_check(piece: str, called: Sequence[str], scripts: Scripts) -> bool:
    """It looks at files, and neither it nor a script that it runs changes any, as far as names
    tell."""
    if _change(piece) or not scripts.changing.isdisjoint(called):
        return False
    if not called:
        return _checks(piece)
    return all(_NAMES.search(name) or _checks(scripts.texts[name]) for name in called)


def _change(text: str) -> bool:
    return _CHANGES.search(text) is not None


def _checks(text: str) -> bool:
    """Whether it is one command that checks something."""
    own = commands(text)
    line = " ".join(program(own[0])) if len(own) == 1 else ""
    return bool(line) and (bool(_COMMANDS.match(line)) or is_test(own[0]))
