"""Problem matchers: how findings are read from what a command prints, as an editor's do.

A matcher is a table of regular expressions, one per line of a message; what their named groups
(``file``, ``line``, ``column``, ``endLine``, ``endColumn``, ``severity``, ``code``, ``message``)
say together is one finding. A matcher may be the user's own: its expressions are run with a
time-out, on lines of bounded length.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ...findings.severities import WORDS
from ...model import Category, Finding, Position, Range, Severity

if TYPE_CHECKING:
    import regex

GROUPS = frozenset(
    {"file", "line", "column", "endLine", "endColumn", "severity", "code", "message"}
)

LINE_END = 1 << 20
"""A column past the end of any line; it is drawn back to the end (``text.Lines``)."""

_MOST_PATTERN = 1_000
_MOST_LINE = 2_000
_MOST_OF_A_LINE = 100_000
"""Where each line may hold a finding that must not be lost."""
_MOST_TEXT = 8 << 20
_MOST_FINDINGS = 2_000
_MOST_SECONDS = 2.0
_LINE_SECONDS = 0.1

_COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)|[@-Z\\-_])")
_NUMBER = re.compile(r"[0-9]{1,9}")
_FOREIGN = frozenset({"site-packages", "dist-packages", "node_modules"})

SEVERITIES = WORDS | {
    "fatal": Severity.HIGH,
    "fatal error": Severity.HIGH,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM,
    "information": Severity.LOW,
    "info": Severity.LOW,
    "note": Severity.INFO,
    "help": Severity.INFO,
    "hint": Severity.INFO,
    "style": Severity.INFO,
    "informational": Severity.INFO,
}
"""The words that tools have for severities, in lower case."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """``lines``: an expression for each line of a message, searched in lines that follow one
    another; with ``loop`` the last one may match any number of lines, a finding each. Lines that
    ``between`` matches may stand between them; a further match of the first line replaces it.
    ``severity`` is that of a message which names none."""

    name: str
    lines: tuple[str, ...]
    loop: bool = False
    between: str = ""
    severity: Severity = Severity.MEDIUM
    category: Category = Category.QUALITY


class Matched(NamedTuple):
    """``findings``: (path relative to the root, finding), in the order of the text, each once.
    ``why``: why they may not be all; empty when they are."""

    findings: tuple[tuple[str, Finding], ...]
    why: str = ""


def check(matcher: Matcher, *, names_file: bool = True) -> str:
    """What is wrong with a matcher, for a person; empty when nothing is. ``names_file``: it has to
    say of which file a message is."""
    try:
        expressions, between = _compiled(matcher)
    except ValueError as error:
        return f"problem matcher {matcher.name!r}: {error}"
    names = {name for one in (*expressions, between) if one for name in one.groupindex}
    if unknown := names - GROUPS:
        return f"problem matcher {matcher.name!r}: unknown group {min(unknown)!r}"
    if not names:
        return f"problem matcher {matcher.name!r}: no expression has a named group"
    if names_file and "file" not in names:
        return f"problem matcher {matcher.name!r}: no expression has a group named 'file'"
    return ""


def match(text: str, root: str, matchers: Iterable[Matcher], cwd: str | None = None) -> Matched:
    """What ``matchers`` find in ``text``; relative names are those seen from ``cwd`` (or root).

    What lies outside of ``root``, links followed, and what is installed below it is passed over.
    Raises ValueError for a matcher that ``check`` complains of.
    """
    lines, why = _lines(text)
    places = _Places(root, root if cwd is None else cwd)
    found: dict[tuple[str, Finding], None] = {}
    for matcher in matchers:
        if trouble := check(matcher):
            raise ValueError(trouble)
        try:
            for groups in _messages(matcher, lines, places.inside):
                if (path := places.inside(groups.get("file", ""))) is not None:
                    found[path, _finding(matcher, groups)] = None
                if len(found) >= _MOST_FINDINGS:
                    return Matched(tuple(found), f"only the first {_MOST_FINDINGS:,} are shown")
        except TimeoutError:
            why = _slow(matcher)
    return Matched(tuple(found), why)


Groups = Mapping[str, str]


def messages(text: str, matcher: Matcher) -> tuple[list[Groups], str]:
    """The groups of each message in ``text``, whatever file it names, if any; and why they may not
    be all (empty: they are). Raises ValueError for what is no regular expression."""
    lines, why = _lines(text, _MOST_OF_A_LINE)
    if any(len(line) == _MOST_OF_A_LINE for line in lines):
        why = why or f"a line has more than {_MOST_OF_A_LINE:,} characters"
    found: list[Groups] = []
    try:
        for groups in _messages(matcher, lines, lambda name: name or None):
            if len(found) >= _MOST_FINDINGS:
                return found, f"only the first {_MOST_FINDINGS:,} findings are shown"
            found.append(groups)
    except TimeoutError:
        why = _slow(matcher)
    return found, why


_END = re.compile(r"\r\n|\n|\r")


def _lines(text: str, most: int = _MOST_LINE) -> tuple[list[str], str]:
    """Without colours and what is beyond ``most`` characters, and why they are not all."""
    why = "the output is too long" if len(text) > _MOST_TEXT else ""
    return [line[:most] for line in _END.split(_COLOUR.sub("", text[:_MOST_TEXT]))], why


def _slow(matcher: Matcher) -> str:
    return f"problem matcher {matcher.name!r} takes too long: simplify its expressions"


def _messages(
    matcher: Matcher, lines: Sequence[str], inside: Callable[[str], str | None]
) -> Iterator[Groups]:
    """The groups of each message; ``inside`` tells of a file whether it counts (None: it does not).
    Raises TimeoutError."""
    expressions, between = _compiled(matcher)
    clock = _Clock()
    last = len(expressions) - 1
    kept: list[Groups] = []
    for line in lines:
        groups = clock.search(expressions[len(kept)], line)
        if groups is not None:
            merged = {name: value for part in (*kept, groups) for name, value in part.items()}
            if len(kept) < last:
                kept.append(groups)
                continue
            yield merged
            if not matcher.loop:
                kept = []
            continue
        first = clock.search(expressions[0], line) if kept else None
        if first is not None:
            # Of the frames of a stack, the innermost one that is in the workspace counts.
            ours = inside(first.get("file", "")) or not inside(kept[0].get("file", ""))
            if matcher.loop or ours:
                kept = [first]
        elif not (kept and between and clock.search(between, line) is not None):
            kept = []


class _Clock:
    """Searches within what is left of the time."""

    def __init__(self) -> None:
        self._left = _MOST_SECONDS

    def search(self, expression: regex.Pattern[str], line: str) -> Groups | None:
        from time import monotonic

        started = monotonic()
        try:
            found = expression.search(line, timeout=max(0.001, min(self._left, _LINE_SECONDS)))
        finally:
            self._left -= monotonic() - started
        if self._left <= 0:
            raise TimeoutError
        if found is None:
            return None
        return {name: value for name, value in found.groupdict().items() if value}


class _Places:
    """Where names of files lead to."""

    def __init__(self, root: str, cwd: str) -> None:
        self._root = os.path.realpath(root)
        self._cwd = cwd
        self._known: dict[str, str | None] = {}

    def inside(self, name: str) -> str | None:
        """The path relative to the root; None when it is not the workspace's own."""
        if name not in self._known:
            self._known[name] = self._look(name)
        return self._known[name]

    def _look(self, name: str) -> str | None:
        name = name.strip().removeprefix("file://")
        if not name or "\0" in name or name.startswith("<"):
            return None
        path = os.path.realpath(os.path.join(self._root, self._cwd, name))
        if not path.startswith(self._root.rstrip("/") + "/"):
            return None
        relative = path[len(self._root.rstrip("/")) + 1 :]
        return None if _FOREIGN.intersection(relative.split("/")) else relative


def _finding(matcher: Matcher, groups: Groups) -> Finding:
    code = groups.get("code", "")
    message = groups.get("message", "").strip() or code or f"reported by {matcher.name}"
    return Finding(
        tool=matcher.name,
        rule=code or matcher.name,
        message=message,
        range=_range(groups),
        severity=SEVERITIES.get(groups.get("severity", "").lower(), matcher.severity),
        category=matcher.category,
    )


def _range(groups: Groups) -> Range:
    line = _number(groups.get("line"), 1) - 1
    column = _number(groups.get("column"), 1) - 1
    start = Position(line, column)
    end_line = _number(groups.get("endLine"), line + 1) - 1
    unknown = LINE_END if "column" not in groups else column
    end = Position(end_line, _number(groups.get("endColumn"), unknown + 1) - 1)
    return Range(start, max(start, end))


def _number(text: str | None, default: int) -> int:
    """From 1 on; ``default`` for what is no such number."""
    return max(1, int(text)) if text and _NUMBER.fullmatch(text) else default


@cache
def _compiled(
    matcher: Matcher,
) -> tuple[tuple[regex.Pattern[str], ...], regex.Pattern[str] | None]:
    if not matcher.lines:
        raise ValueError("it has no expression")
    between = _compile(matcher.between) if matcher.between else None
    return tuple(_compile(line) for line in matcher.lines), between


def _compile(expression: str) -> regex.Pattern[str]:
    import regex

    if len(expression) > _MOST_PATTERN:
        raise ValueError(f"an expression is longer than {_MOST_PATTERN:,} characters")
    try:
        return regex.compile(expression)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{expression!r} is no regular expression: {error}") from None
