"""What a program says, finding by finding, before it has a place in a file. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...model import Category, Confidence, Finding, Position, Range, Severity
from ...text import Lines
from ..parsing import position_of
from .matchers import LINE_END, SEVERITIES

_LONGEST = 4_000
_CWE = re.compile(r"(?i)\bcwe[-/](\d{1,5})\b|^\s*(\d{1,5})\s*$", re.ASCII)


class Reading(NamedTuple):
    """``form``: sarif, json, jsonl (a finding a line), or the name of a problem matcher or an
    expression. ``fields``: a JSON's mapping, names to dotted paths. ``severities``: from the
    program's words, in lower case, to ours. ``prefix`` stands before the codes that it tells, and
    ``page`` is the address of a rule's documentation, with ``{}`` for its code. Lines and columns
    count from ``first_line`` and ``first_column``, columns in ``unit``: characters, utf16, bytes.
    ``past_end``: the last column is the one behind what was found, else its last. ``cwe`` is the
    weakness that all its findings are of.
    """

    form: str
    fields: tuple[tuple[str, str], ...] = ()
    severities: tuple[tuple[str, str], ...] = ()
    category: Category = Category.QUALITY
    prefix: str = ""
    page: str = ""
    first_line: int = 1
    first_column: int = 1
    past_end: bool = True
    unit: str = "characters"
    cwe: int = 0

    def severity(self, word: object, default: Severity = Severity.MEDIUM) -> Severity:
        """What a word of the program's means."""
        own = dict(self.severities).get(str(word).lower())
        return Severity[own.upper()] if own else SEVERITIES.get(str(word).lower(), default)


class Row(NamedTuple):
    """One finding as it was told: ``path`` as it was printed (empty: none), ``place`` the first and
    the last line and column, from 0, in ``unit``; None where nothing is said."""

    path: str
    rule: str
    message: str
    severity: Severity
    category: Category
    place: tuple[int, int | None, int | None, int | None]
    unit: str = "characters"
    confidence: Confidence = Confidence.HIGH
    url: str = ""
    cwe: int = 0

    def finding(self, tool: str, lines: Lines) -> Finding:
        """In the file with these lines, into which its place is drawn."""
        line, column, end_line, end_column = self.place
        start = self._position(line, column or 0, lines)
        last = end_column if end_column is not None else column
        last_line = line if end_line is None else end_line
        end = self._position(last_line, LINE_END if last is None else last, lines)
        message = clean(self.message) or clean(self.rule) or f"reported by {tool}"
        return Finding(
            tool, clean(self.rule) or tool, message, Range(start, max(start, end)), self.severity,
            self.category, self.confidence, clean(self.url), self.cwe,
        )  # fmt: skip

    def _position(self, line: int, column: int, lines: Lines) -> Position:
        if line >= len(lines):
            return lines.position(len(lines.text))
        text = lines.line(line)
        if self.unit != "characters" and not text.isascii():
            codec, width = ("utf-16-le", 2) if self.unit == "utf16" else ("utf-8", 1)
            encoded = text.encode(codec, "surrogatepass")[: column * width]
            column = len(encoded.decode(codec, "ignore")) if column < LINE_END else column
        return position_of(line, min(column, len(text)))


class Answered(NamedTuple):
    """``trouble``: why the rows are not, or may not be, all that is to be said; empty: they are."""

    rows: tuple[Row, ...]
    trouble: str = ""


def confidence_of(word: object) -> Confidence:
    """What a tool's word means; what is not said is not doubted."""
    return Confidence.__members__.get(str(word).upper(), Confidence.HIGH)


def cwe_in(told: object) -> int:
    """The first CWE that a tool names, by its number or as ``CWE-89: …``, alone or in a list; 0
    where it names none."""
    words = told if isinstance(told, list) else [told]
    found = next(filter(None, (_CWE.search(str(each)) for each in words)), None)
    return int(found[1] or found[2]) if found else 0


def clean(text: str) -> str:
    """Of bounded length, and without halves of characters, which nothing can store."""
    text = text[:_LONGEST].strip()
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
