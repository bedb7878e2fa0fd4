"""Comments that let findings be: reading them, what they hide, and which are of no use any more.

``# understudy: ignore[B101]`` at a line, or alone above it; ``ignore-file[…]`` for the whole file;
both with ``until 2026-03-01`` and ``-- why``. ``# understudy: until 2026-03-01 -- why`` beside a
comment of a tool's own (``# nosec``, ``# noqa``) says until when that is to stand. Such a comment
that names a rule is obeyed for what other tools say of the same matter, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from heapq import merge
from itertools import groupby, islice, product
from typing import NamedTuple

from ..model import (
    Category,
    Finding,
    Problem,
    Range,
    Report,
    Scope,
    Severity,
    Suppression,
    Tag,
)
from ..settings.ignored import RULE, TERMS, is_day, is_over
from ..text import Lines
from .comments import Comment, comments
from .families import SYNTAX_ERROR, matter
from .others import MARKS, said
from .rule_names import would_be_told

TOOL = "understudy"
EXPIRED = "suppression-expired"
UNUSED = "suppression-unused"
UNCLEAR = "suppression-unclear"

_MEANT = re.compile(r"\bunderstudy:\s*(?=(?:ignore|ignore-file|until)\b)")
_MARKED = re.compile(r"#+|\*+/|//|--!<|--")
"""With what a comment begins, backwards."""
_SAID = re.compile(rf"(?:(?P<scope>ignore(?:-file)?)\s*\[(?P<rules>[^\]]*)\])?{TERMS}", re.DOTALL)
_NEXT = re.compile(r"\s(?:#+|//)\s")
_RULE = re.compile(RULE, re.ASCII)
_HOW = (
    "write `understudy: ignore[RULE] until 2026-03-01 -- why`; the last two parts can be left out"
)
_OWN_OF_TOOLS = re.compile(
    r"#\s*(?:noqa|ruff:|flake8:|nosec|pylint:\s*disable|pragma:\s*allowlist|zizmor:\s*ignore"
    r"|type:\s*ignore|(?:pyright|ty):\s*ignore|mypy:|shellcheck\s+disable|hadolint\s+(?:global\s+)?ignore"
    r"|nosemgrep|kingfisher:ignore)"
    r"[^#]*|(?://|/\*|--|<!--)\s*(?:eslint-disable|pragma:\s*allowlist|nosemgrep|kingfisher:ignore"
    r"|@ts-ignore|@ts-expect)[^/*]*"
)


def read(text: str, path: str) -> tuple[Suppression, ...]:
    """The suppressions in a file, in order. Never raises."""
    if not MARKS.search(text):
        return ()
    found = comments(text, path)
    layout = _Layout(text, found)
    return tuple(each for comment in found for each in _in(comment, layout))


def _in(comment: Comment, layout: _Layout) -> Iterator[Suppression]:
    if meant := _MEANT.search(comment.text):
        yield _suppression(comment, meant, layout)
    for native, matters in said(comment.text):
        start = layout.lines.position(comment.start)
        end = layout.lines.position(comment.start + len(comment.text))
        yield Suppression(Range(start, end), Scope.MATTER, matters, native=native)


class _Layout:
    """Which rows a comment means. Each row is looked at once, whatever the comments."""

    def __init__(self, text: str, found: Sequence[Comment]) -> None:
        self.lines = Lines(text)
        self._on: dict[int, list[Comment]] = {}
        self._native: dict[int, str] = {}
        alone: set[int] = set()
        for comment in found:
            row, column = self.lines.position(comment.start)
            first = row not in self._on  # before any other there is more than white space
            self._on.setdefault(row, []).append(comment)
            if first and self.lines.line(row)[:column].strip(" \t\f{") == "":
                last = self.lines.position(comment.start + len(comment.text)).line
                alone.update(range(row, last + 1))
        self._below = dict(self._code_below(alone))

    def _code_below(self, alone: AbstractSet[int]) -> Iterator[tuple[int, int]]:
        code: int | None = None
        for row in reversed(range(len(self.lines))):
            if row in alone:
                yield row, row if code is None else code
            elif self.lines.line(row).strip():
                code = row

    def meant(self, row: int) -> int:
        """The row that a comment on ``row`` is about: its own, or the next one with code."""
        return self._below.get(row, row)

    def native(self, rows: Iterable[int]) -> str:
        """The first comment on these rows that a tool obeys."""
        return next(filter(None, map(self._native_on, rows)), "")

    def _native_on(self, row: int) -> str:
        if row not in self._native:
            said = (_OWN_OF_TOOLS.search(each.text) for each in self._on.get(row, ()))
            self._native[row] = next((own[0].strip() for own in said if own), "")
        return self._native[row]


def _begins(text: str, at: int) -> int:
    """Where what is meant at a place of a comment begins: with the sign of a comment before it."""
    before = text[:at].rstrip()
    sign = _MARKED.match(before[::-1])
    return len(before) - (sign.end() if sign else 0)


def _suppression(comment: Comment, meant: re.Match[str], layout: _Layout) -> Suppression:
    words = comment.text[meant.end() :].removesuffix("*/").removesuffix("-->")
    words = _NEXT.split(words, maxsplit=1)[0].rstrip()
    start = layout.lines.position(comment.start + _begins(comment.text, meant.start()))
    end = layout.lines.position(comment.start + meant.end() + len(words))
    place, row = Range(start, end), layout.meant(start.line)
    said = _SAID.fullmatch(f" {words}" if words.startswith(("until", "--")) else words)
    if said is None:
        return Suppression(place, Scope.NOTHING, flaw=f"it is not understood: {_HOW}")
    rules = tuple(dict.fromkeys(filter(None, map(str.strip, (said["rules"] or "").split(",")))))
    until, reason = said["until"] or "", " ".join((said["reason"] or "").split())
    if until and not is_day(until):
        flaw = f"`{until}` is no date, such as 2026-03-01"
        return Suppression(place, Scope.NOTHING, flaw=flaw)
    if said["scope"] is None:
        native = layout.native((start.line, row))
        flaw = "" if native else "no comment of a tool's own stands beside it, which it could date"
        scope = Scope.NATIVE if native else Scope.NOTHING
        return Suppression(place, scope, (), row - start.line, until, reason, flaw, native)
    if not rules:
        return Suppression(place, Scope.NOTHING, flaw=f"it names no rule: {_HOW}")
    if wrong := [rule for rule in rules if not _RULE.fullmatch(rule)]:
        return Suppression(place, Scope.NOTHING, flaw=f"`{wrong[0]}` is no rule's code: {_HOW}")
    scope = Scope.FILE if said["scope"] == "ignore-file" else Scope.LINE
    return Suppression(place, scope, rules, row - start.line, until, reason)


# ── what they hide ──────────────────────────────────────────────────────────────────────────────


class Hidden(NamedTuple):
    """``by``: the first that does, where several do."""

    problem: Problem
    by: Suppression


class Judged(NamedTuple):
    """What is shown, what is hidden, and what is to be said of the suppressions themselves."""

    shown: tuple[Problem, ...]
    hidden: tuple[Hidden, ...]
    notes: tuple[Finding, ...]


def judge(
    problems: Sequence[Problem],
    reports: Sequence[Report],
    path: str,
    today: date,
    withheld: AbstractSet[str] = frozenset(),
) -> Judged:
    """A suppression that names a rule hides what other tools say of the same matter, too.

    That one hides nothing is said only of rules whose tool has looked at a text that has it, and
    when no other that may have such a rule was kept from it. ``withheld``: the tools that may not
    run, whatever the file.
    """
    looked = _looked(reports)
    if not looked:
        return Judged(tuple(problems), (), ())
    asked = withheld | {report.tool for report in reports}
    standing = tuple(looked)
    over = [is_over(each.until, today) for each in standing]
    first: dict[_Named, int] = {}
    wider: defaultdict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(standing):
        if each.scope is Scope.MATTER:
            wider[_row(each)].append(place)
        elif not over[place]:
            for named in _named(each):
                first.setdefault(named, place)
    said = _Said(problems)
    hidden: list[Hidden] = []
    shown: list[Problem] = []
    for problem in problems:
        direct = (first[each] for each in _names(problem) if each in first)
        by = min((*direct, *_by_matter(problem, wider, standing)), default=None)
        if by is None:
            shown.append(problem)
        else:
            hidden.append(Hidden(problem, standing[by]))
    notes = [
        note
        for each, is_past in zip(standing, over, strict=True)
        for note in (
            _expired(each, said)
            if is_past
            else _unused(each, said, looked[each], asked - looked[each], path)
        )
    ]
    return Judged(tuple(shown), tuple(hidden), tuple(notes))


def once_hid(problem: Problem, reports: Iterable[Report], today: date) -> Iterator[Suppression]:
    """Those that are about it, and whose last day has passed."""
    names = set(_names(problem))
    return (
        each
        for each in _looked(reports)
        if each.scope is not Scope.MATTER and is_over(each.until, today) and names & {*_named(each)}
    )


# A file may have thousands of comments and of findings: they meet by what they name.
_Named = tuple[int | None, str]
"""A rule, folded, and the row that it is told of; None: anywhere in the file."""


def _row(suppression: Suppression) -> int:
    return suppression.range.start.line + suppression.below


def _named(suppression: Suppression) -> Iterator[_Named]:
    """What it is about."""
    row = None if suppression.scope is Scope.FILE else _row(suppression)
    return ((row, rule) for rule in _folded(suppression.rules))


def _names(problem: Problem) -> Iterator[_Named]:
    """What names it: one of its rules, in the file or where one of its findings begins or ends."""
    return product((None, *_rows(problem)), _folded(problem.rules))


def _rows(problem: Problem) -> set[int]:
    places = [finding.range for finding in problem.findings]
    return {row for place in places for row in (place.start.line, _last_row(place))}


def _by_matter(
    problem: Problem, wider: Mapping[int, Sequence[int]], standing: Sequence[Suppression]
) -> Iterator[int]:
    """Of the comments of the scope MATTER, by row, those of whose matters is all that is said."""
    if not wider:
        return
    about = {matter(finding.tool, finding.rule) for finding in problem.findings}
    for row in _rows(problem):
        yield from (each for each in wider.get(row, ()) if about.issubset(standing[each].rules))


def _folded(rules: Iterable[str]) -> set[str]:
    """No tool has two rules that differ in their case alone."""
    return {rule.lower() for rule in rules}


def _last_row(place: Range) -> int:
    start, end = place
    return end.line - (end.column == 0 and end.line > start.line)


class _Said:
    """What is told in a file, by what it is about."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = problems
        self._places: defaultdict[_Named, list[int]] = defaultdict(list)
        self._rules: defaultdict[_Named, set[str]] = defaultdict(set)
        for place, problem in enumerate(problems):
            folded = _folded(problem.rules)
            for named in _names(problem):
                self._places[named].append(place)
                self._rules[named].update(folded)

    def of(self, suppression: Suppression) -> Iterator[Problem]:
        """In their order, each once; as far as they are asked for."""
        found = merge(*(self._places.get(each, ()) for each in _named(suppression)))
        return (self._problems[place] for place, _ in groupby(found))

    def rules(self, suppression: Suppression) -> set[str]:
        """Of all of those."""
        return set[str]().union(*(self._rules.get(each, ()) for each in _named(suppression)))


def _looked(reports: Iterable[Report]) -> dict[Suppression, set[str]]:
    """All suppressions, each with the tools that gave a verdict on a text that has it."""
    found: dict[Suppression, set[str]] = {}
    for report in reports:
        for each in report.suppressions:
            tools = found.setdefault(each, set())
            if has_looked(report):
                tools.add(report.tool)
    return found


def has_looked(report: Report) -> bool:
    """Whether the tool has said all that it has to say of the file: not of a syntax error alone."""
    return report.state.is_verdict and all(f.rule != SYNTAX_ERROR for f in report.findings)


_MOST_NAMED = 10


def _expired(each: Suppression, said: _Said) -> Iterator[Finding]:
    why = f" ({each.reason})" if each.reason else ""
    if each.scope is Scope.NATIVE:
        told = f"`{each.native}` was to stand until {each.until}{why}: remove it, or date it anew."
        yield _note(EXPIRED, told, each)
        return
    again = [
        f"{', '.join(problem.rules)} in line {problem.lead.range.start.line + 1}"
        for problem in islice(said.of(each), _MOST_NAMED + 1)
    ]
    again[_MOST_NAMED:] = ["and more"] * (len(again) > _MOST_NAMED)
    ended = f"{', '.join(each.rules)} was ignored until {each.until}{why}."
    what = f"Shown again: {'; '.join(again)}." if again else "Nothing is left that it would hide."
    yield _note(EXPIRED, f"{ended} {what}", each, unnecessary=not again)


def _unused(
    each: Suppression,
    said: _Said,
    looked: AbstractSet[str],
    kept: AbstractSet[str],
    path: str,
) -> Iterator[Finding]:
    """``looked``: the tools that looked at a text that has it; ``kept`` are those that should and
    did not."""
    if each.flaw:
        yield _note(UNCLEAR, f"This comment hides nothing, for {each.flaw}.", each)
    if each.scope is Scope.MATTER:  # its own tool knows of what use it is
        return
    used = said.rules(each)
    unused = [rule for rule in each.rules if rule.lower() not in used]
    idle = [rule for rule in unused if would_be_told(rule, path, looked, kept)]
    if idle:
        whole = len(idle) == len(each.rules)
        where = "in this file" if each.scope is Scope.FILE else "here"
        what = "Remove the comment." if whole else f"Leave {', '.join(idle)} out of the comment."
        told = f"Nothing {where} says {', '.join(idle)}. {what}"
        yield _note(UNUSED, told, each, unnecessary=whole)


def _note(rule: str, told: str, at: Suppression, *, unnecessary: bool = False) -> Finding:
    severity = Severity.LOW if rule == UNUSED else Severity.MEDIUM
    tags = (Tag.UNNECESSARY,) if unnecessary else ()
    return Finding(TOOL, rule, told, at.range, severity, Category.QUALITY, tags=tags)
