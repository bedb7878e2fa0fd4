"""Reading what ESLint answers: its offsets and columns count UTF-16 units, ours code points."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ...findings.families import SYNTAX_ERROR
from ...model import Category, Edit, Finding, Fix, Position, Range, Severity, Tag
from ...text import Lines
from ..parsing import text_of
from . import NAME

_UNUSED_DIRECTIVE = "unused-directive"
"""Our name for what ESLint says of its own comments, under no rule's name."""
_INVISIBLE = "unicode-bom"
"""Speaks of a byte order mark, which editors do not show and we do not pass on."""
_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")
_LONGEST_TITLE = 80

_SEVERITY = {1: Severity.MEDIUM, 2: Severity.HIGH}
_SECURITY = re.compile(
    r"(security|no-unsanitized|no-secrets|@microsoft/sdl)/.+"
    r"|no-(eval|implied-eval|new-func|script-url)|@typescript-eslint/no-implied-eval|react/(no-danger|jsx-no-target-blank|jsx-no-script-url).*"
)
_PERFORMANCE = re.compile(
    r"complexity|max-(depth|lines|lines-per-function|nested-callbacks|params|statements)"
    r"|no-await-in-loop|sonarjs/(cognitive|cyclomatic)-complexity"
)
_TAGS = {
    Tag.UNNECESSARY: re.compile(
        rf"(.+/)?(no-unused-(vars|expressions|labels|private-class-members)|no-unreachable)"
        rf"|unused-imports/.+|{_UNUSED_DIRECTIVE}"
    ),
    Tag.DEPRECATED: re.compile(r".+/(no-)?deprecat(ed|ion)(-.+)?"),
}


def read_messages(
    rows: Sequence[dict[str, Any]], text: str, urls: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The messages that ``lintText`` gives for ``text``. Raises ``parsing.MALFORMED``."""
    places = _Places(text)
    return tuple(_finding(row, places, urls) for row in rows if row.get("ruleId") != _INVISIBLE)


class _Places:
    """Where ESLint's places in a text are in ours. It also ends lines at U+2028 and U+2029."""

    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._wide = [match.start() for match in _TWO_UNITS.finditer(text)]
        self._wide_units = [place + before for before, place in enumerate(self._wide)]
        """Where the characters begin, in units, that are two of them."""

    def position(self, line: Any, column: Any) -> Position:
        """Of a line and a column from 1; what lies outside is drawn into the text."""
        row = min(max(0, int(line) - 1), len(self._starts) - 1)
        start = self._starts[row]
        units = start + bisect_left(self._wide, start) + max(0, int(column) - 1)
        last = row + 1 == len(self._starts)
        end = len(self._lines.text) if last else self._starts[row + 1]
        return self._lines.position(min(self._offset(units), end))

    def edit(self, row: dict[str, Any]) -> Edit:
        start, end = row["range"]
        return Edit(Range(self._at(start), self._at(end)), text_of(row["text"]))

    def _at(self, units: Any) -> Position:
        return self._lines.position(min(max(0, self._offset(int(units))), len(self._lines.text)))

    def _offset(self, units: int) -> int:
        """A place between the halves of a character is drawn to its start."""
        before = bisect_right(self._wide_units, units - 2)
        inside = self._wide_units[before : before + 1] == [units - 1]
        return units - before - inside


def _finding(row: dict[str, Any], places: _Places, urls: Mapping[str, str]) -> Finding:
    fatal = bool(row.get("fatal"))
    rule = _writable(row.get("ruleId") or (SYNTAX_ERROR if fatal else _UNUSED_DIRECTIVE))
    line, column = row.get("line") or 1, row.get("column") or 1
    start = places.position(line, column)
    end = places.position(row.get("endLine") or line, row.get("endColumn") or column)
    return Finding(
        tool=NAME,
        rule=rule,
        message=_writable(row["message"]),
        range=Range(start, max(start, end)),
        severity=Severity.HIGH if fatal else _SEVERITY[row["severity"]],
        category=category(rule),
        url=_writable(urls.get(rule, "")),
        tags=tuple(tag for tag, rules in _TAGS.items() if rules.fullmatch(rule)),
        fixes=tuple(_fixes(row, places)),
    )


@cache
def category(rule: str) -> Category:
    if _SECURITY.fullmatch(rule):
        return Category.SECURITY
    return Category.PERFORMANCE if _PERFORMANCE.fullmatch(rule) else Category.QUALITY


def _fixes(row: dict[str, Any], places: _Places) -> Iterator[Fix]:
    """ESLint applies its fixes without asking; suggestions are for a person to choose."""
    told = [(row["message"], fix, True)] if (fix := row.get("fix")) else []
    told += [(each["desc"], each["fix"], False) for each in row.get("suggestions") or ()]
    for said, change, safe in told:
        edit = places.edit(change)
        if _writable(edit.text) == edit.text:
            yield Fix(_title(said), (edit,), safe)


def _title(said: object) -> str:
    """A sentence as part of a title."""
    words = " ".join(_writable(said).split()).rstrip(".")
    return words if len(words) <= _LONGEST_TITLE else f"{words[:_LONGEST_TITLE].rstrip()}…"


def _writable(said: object) -> str:
    """A text without halves of characters, which JavaScript has."""
    return text_of(said).encode("utf-8", "replace").decode()
