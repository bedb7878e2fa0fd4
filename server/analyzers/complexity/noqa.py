"""Comments that silence rules as Ruff and Flake8 understand them, for a tool that has none of its
own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ...text import Lines

_NOQA = re.compile(
    r"#\s*(?P<file>(?i:ruff|flake8)\s*:\s*)?(?i:noqa)"
    r"(?:\s*:\s*(?P<rules>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)|(?!\s*:))"
)
_BETWEEN = re.compile(r"[\s,]+")


class Silenced:
    """The rows of a text on which one of ``rules`` is silenced: all, where the file says so."""

    def __init__(self, lines: Lines, rules: Collection[str]) -> None:
        self._lines = lines
        self._rules = frozenset(rules)
        self._all = "noqa" in lines.text.lower() and self._any(
            found for found in _NOQA.finditer(lines.text) if found["file"]
        )

    def __contains__(self, row: int) -> bool:
        comments = _NOQA.finditer(self._lines.line(row))
        return self._all or self._any(found for found in comments if not found["file"])

    def _any(self, comments: Iterable[re.Match[str]]) -> bool:
        named = (found["rules"] for found in comments)
        return any(
            rules is None or not self._rules.isdisjoint(_BETWEEN.split(rules)) for rules in named
        )
