"""What stands in shell texts, as far as it can be told without a shell: the commands in them, and
what those install or call. A text in which quotes do not match is split at spaces."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ...findings.redact_text import redacted

LARGEST = 20_000
"""Characters of a text that are looked at."""
_A_LINE = 80
"""Characters of a text that people are told."""

_SIMPLE = re.compile(r"[\w\s./=:@,+%{}$*-]*")
_CONTINUED = re.compile(r"\\\r?\n")
_ENDS = frozenset(";&|()")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_BEFORE = frozenset({"sudo", "time", "exec", "command", "env", "then", "do", "if", "else", "!"})
_RUNNERS = (
    ("uv", "run"),
    ("poetry", "run"),
    ("pipenv", "run"),
    ("hatch", "run"),
    ("pdm", "run"),
    ("npx",),
    ("pnpm", "exec"),
    ("python", "-m"),
    ("python3", "-m"),
)
Words = tuple[str, ...]


@lru_cache(maxsize=8_192)
def parts(text: str) -> Sequence[Words]:
    """The simple commands in it, word by word and in their order, with the variables they set."""
    found: list[Words] = []
    for line in _CONTINUED.sub(" ", text[:LARGEST]).splitlines():
        found += _of_line(line)
    return found


@lru_cache(maxsize=8_192)
def commands(text: str) -> Sequence[Words]:
    """The same from the program on: without variables that are set and programs such as sudo."""
    return [own for each in parts(text) if (own := _own(each))]


def _of_line(line: str) -> Iterator[Words]:
    words: list[str] = []
    for word in _split(line):
        if word and set(word) <= _ENDS:
            if words:
                yield tuple(words)
            words = []
        else:
            words.append(word)
    if words:
        yield tuple(words)


def _split(line: str) -> Sequence[str]:
    if _SIMPLE.fullmatch(line):
        return line.split()
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = "#" if line.lstrip().startswith("#") else ""
    try:
        return list(lexer)
    except ValueError:
        return line.split()


def _own(words: Sequence[str]) -> Words:
    """Without what stands before the command itself."""
    rest = list(words)
    while rest and (rest[0] in _BEFORE or _ASSIGNMENT.fullmatch(rest[0])):
        rest.pop(0)
    return tuple(rest)


def program(words: Words) -> Words:
    """Without what runs it: ``uv run pytest -x`` is ``pytest -x``."""
    for runner in _RUNNERS:
        if words[: len(runner)] == runner and len(words) > len(runner):
            return words[len(runner) :]
    return words


_INSTALLS: tuple[tuple[str, tuple[Words, ...]], ...] = (
    ("pip", (("pip", "install"), ("pip3", "install"), ("pip", "sync"))),
    ("uv", (("uv", "sync"), ("uv", "pip", "install"))),
    ("poetry", (("poetry", "install"),)),
    ("pipenv", (("pipenv", "install"), ("pipenv", "sync"))),
    ("npm", (("npm", "ci"), ("npm", "install"), ("npm", "i"))),
    ("yarn", (("yarn",), ("yarn", "install"))),
    ("pnpm", (("pnpm", "install"), ("pnpm", "i"))),
    (
        "cargo",
        (("cargo", "build"), ("cargo", "test"), ("cargo", "clippy"), ("cargo", "install")),
    ),
    ("apt", (("apt-get", "install"), ("apt", "install"))),
    ("bundle", (("bundle", "install"),)),
)
_MODULE = {("python", "-m"), ("python3", "-m")}


def installs(words: Words) -> str:
    """The manager that it installs with; empty where it installs nothing."""
    bare = words[2:] if words[:2] in _MODULE else words
    plain = tuple(each for each in bare if not each.startswith("-"))
    for manager, forms in _INSTALLS:
        for form in forms:
            if plain[: len(form)] == form and (len(form) > 1 or len(plain) == 1):
                return manager
    return ""


_TESTS: tuple[Words, ...] = (
    ("pytest",),
    ("unittest",),
    ("tox",),
    ("nox",),
    ("npm", "test"),
    ("npm", "t"),
    ("npm", "run", "test"),
    ("yarn", "test"),
    ("pnpm", "test"),
    ("make", "test"),
    ("make", "check"),
    ("make", "tests"),
    ("cargo", "test"),
    ("go", "test"),
    ("jest",),
    ("vitest",),
    ("mvn", "test"),
    ("gradle", "test"),
)


def is_test(words: Words) -> bool:
    """Whether it runs tests, by its name."""
    own = program(words)
    return any(own[: len(form)] == form for form in _TESTS)


def key(text: str) -> str:
    """By which two texts are known to do the same: their commands, one after another, with what
    they set for themselves."""
    return "; ".join(" ".join(words) for words in parts(text))


def excerpt(command: str) -> str:
    """As people are told of it: without its secrets, and no longer than a line."""
    told = redacted(command)
    return told if len(told) <= _A_LINE else f"{told[: _A_LINE - 1]}…"
