"""Patterns as ``.gitignore`` has them. Whatever the pattern and the name, matching is quick: the
rules of an untrusted workspace are matched against its files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import AnyStr

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_LONGEST = 1 << 12
"""Characters: no path is longer."""

_STAR = "[^/]*"
_FOLDERS = "(?:/.+)?"
_LEADING = "^(?:.+/)?"
_ONE = "[^/]"


def gitignore(lines: Iterable[str]) -> GitIgnoreSpec:
    """What the lines say. Raises ValueError when one of them is no pattern."""
    return GitIgnoreSpec.from_lines(lines, _Pattern, backend="simple")  # the others know no "(?>"


class _Pattern(GitIgnoreSpecPattern):
    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: AnyStr) -> tuple[AnyStr | None, bool | None]:
        if len(pattern) > _LONGEST:
            return None, None
        regex, include = super().pattern_to_regex(pattern)
        if isinstance(regex, str):
            regex = _bounded(regex)
        return regex, include


def _bounded(regex: str) -> str:
    """pathspec's expression, where only the last ``**``, and in a segment the last ``*``, is tried
    at more than one place.

    What stands between two of them has one length: where the first place fails, so do the others.
    """
    first, *inner = (_stars(part) for part in regex.split(_FOLDERS))
    if not inner:
        return first
    if first.startswith(_LEADING):
        first = f"^(?>(?:[^/]+/)*?{first.removeprefix(_LEADING)}(?=/))"
    *inner, last = inner
    return "".join((first, *(f"(?>(?:/[^/]+)*?{part}(?=/))" for part in inner), _FOLDERS, last))


def _stars(part: str) -> str:
    first, *rest = part.split(_STAR)
    return first + "".join(
        f"(?>{_STAR}?{piece})" if others and "/" not in piece.replace(_ONE, "") else _STAR + piece
        for others, piece in zip(range(len(rest) - 1, -1, -1), rest, strict=True)
    )
