"""What a command runs of the scripts of ``package.json``, and in which order. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ..shell import Words, commands

_MOST_STARS = 3
"""In a pattern of names: with more of them to match takes long."""
_MOST_FITTING = 100
"""Names that one pattern stands for."""
_BY_NAME = ("yarn", "jlpm", "pnpm", "bun")
"""They run a script that is named alone, too. jlpm is the yarn that comes with JupyterLab."""
_RUNS = {"npm": ("run", "run-script", "rum")} | dict.fromkeys(_BY_NAME, ("run",))
_SHORT = {"npm": ("test", "start", "stop", "restart", "t")}
_ELSEWHERE = frozenset(
    {"-r", "--recursive", "-F", "--filter", "-w", "--workspace", "--workspaces", "-ws"}
    | {"--prefix", "-C", "--dir", "--cwd", "workspace", "workspaces"}
)
"""What is run so is in other packages."""
ALL = ("npm-run-all", "npm-run-all2", "run-s", "run-p")
_AT_ONCE = frozenset({"-p", "--parallel"})
_IN_TURN = frozenset({"-s", "--serial", "--sequential"})

Turn = tuple[str, ...]


def called(words: Words, names: Mapping[str, object]) -> Sequence[str]:
    """The scripts that a command runs; patterns of ``npm-run-all`` stand for what they match."""
    return [name for turn in turns_of(words, names) for name in turn]


def turns_of(words: Words, names: Mapping[str, object]) -> Sequence[Turn]:
    """The same by turns: those of one can run at once."""
    if not words or _ELSEWHERE & {each.partition("=")[0] for each in words}:
        return ()
    program, plain = words[0], [each for each in words[1:] if not each.startswith("-")]
    if program in ALL:
        return _of_many(words, names)
    if program == "concurrently":
        if those := tuple(_concurrent(plain, names)):
            return [those]
        return ()
    return [(name,) for name in _named(program, plain, names)]


def _of_many(words: Words, names: Mapping[str, object]) -> Sequence[Turn]:
    """``npm-run-all a b -p c d``: a, then b, then c and d at once."""
    aside = words[0] == "run-p"
    turns: list[Turn] = []
    together: Turn = ()
    for word in words[1:]:
        if word in _AT_ONCE | _IN_TURN and words[0] not in ("run-p", "run-s"):
            turns, together = [*turns, *([together] if together else [])], ()
            aside = word in _AT_ONCE
        elif not word.startswith("-"):
            found = _matching(word, names)
            if aside:
                together = (*together, *found)
            else:
                turns += [(each,) for each in found]
    return [*turns, *([together] if together else [])]


def _concurrent(plain: Sequence[str], names: Mapping[str, object]) -> Sequence[str]:
    short = [each[4:].partition(" ")[0] for each in plain if each.startswith("npm:")]
    inner = [c for each in plain for own in commands(each) for c in called(own, names)]
    return [name for each in short for name in _matching(each, names)] + inner


def _named(program: str, plain: Sequence[str], names: Mapping[str, object]) -> Sequence[str]:
    if program in _RUNS and len(plain) > 1 and plain[0] in _RUNS[program]:
        return [plain[1]]
    if plain and plain[0] in _SHORT.get(program, ()):
        return ["test" if plain[0] == "t" else plain[0]]
    if plain and program in _BY_NAME and plain[0] in names:
        return [plain[0]]
    return ()


def _matching(pattern: str, names: Mapping[str, object]) -> Sequence[str]:
    """Itself, of a pattern that is not looked through."""
    if "*" not in pattern or pattern.count("*") > _MOST_STARS:
        return (pattern,)
    found = _fitting(pattern, tuple(names))
    return found if len(found) <= _MOST_FITTING else (pattern,)


@lru_cache(maxsize=256)
def _fitting(pattern: str, names: tuple[str, ...]) -> Sequence[str]:
    pieces = (re.escape(each).replace(r"\*", "[^:]*") for each in pattern.split("**"))
    fits = re.compile(".*".join(pieces))
    return tuple(name for name in names if fits.fullmatch(name))
