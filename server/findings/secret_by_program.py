"""Secrets where known programs take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .late_pattern import compiled
from .secret_carried import VALUE
from .secret_programs import PROGRAMS, QUOTE

_SIMPLE = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*+(?:"|\Z)|'[^']*+(?:'|\Z)|\\.|[^;|&\n"'\\])++""", re.DOTALL
)
_WORD = re.compile(r"(?<![\w.@-])[\w.-]+(?=\s)")
_INNER = {"'": "[^']+", '"': r'(?:[^"\\]|\\.)+'}


def without_of_programs(text: str, instead: Callable[[str], str]) -> str:
    """``text`` with ``instead`` of each secret of a simple command that names such a program."""

    def second(match: re.Match[str]) -> str:
        return match[1] + instead(match[2])

    def simple(match: re.Match[str]) -> str:
        command = match[0]
        for name in dict.fromkeys(_names(command)):
            for expression in BY_PROGRAM[name]:
                command = compiled(expression).sub(second, command)
        return command

    return _SIMPLE.sub(simple, text) if names_program(text) else text


def names_program(text: str) -> bool:
    """Whether a known one is named in it."""
    return any(_names(text))


def _names(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        if (name := word.removesuffix(".exe")) in BY_PROGRAM:
            yield name


def _expressions(before: str) -> Iterator[str]:
    """They have what stands before a secret, and the secret."""
    if QUOTE not in before and before.startswith(r"\s-"):
        before = before.replace(r"\s", rf"\s{QUOTE}", 1)
    if QUOTE in before:
        for quote, inner in _INNER.items():
            yield rf"({before.replace(QUOTE, quote)})({inner})"
    yield f"({before.replace(QUOTE, '')})({VALUE})"


def _by_program() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for names, before in PROGRAMS:
        expressions = list(_expressions(before))
        for name in names.split():
            found.setdefault(name, []).extend(expressions)
    return found


BY_PROGRAM = _by_program()
"""Names, and expressions: their first group stands before a secret, which is the second."""
PROGRAM_PARTS = frozenset(
    part for name in (*BY_PROGRAM, "exe") for part in re.findall(r"[^\W_]+", name)
)
"""Runs of letters and digits, of which each such name is made."""
