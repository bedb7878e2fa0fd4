"""Comments that let findings be: reading them, what they hide, and which are of no use any more.

``# understudy: ignore[B101]`` at a line, or alone above it; ``ignore-file[…]`` for the whole file;
both with ``until 2026-03-01`` and ``-- why``. ``# understudy: until 2026-03-01 -- why`` beside a
comment of a tool's own (``# nosec``, ``# noqa``) says until when that is to stand. Such a comment
that names a rule is obeyed for what other tools say of the same matter, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
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
from .families import matter
from .others import MARKS, said

TOOL = "understudy"
EXPIRED = "suppression-expired"
UNUSED = "suppression-unused"
UNCLEAR = "suppression-unclear"

_MEANT = re.compile(r"(?://|/\*+|#+)?\s*\bunderstudy:\s*(?=(?:ignore|ignore-file|until)\b)")
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
    r"[^#]*|(?://|/\*)\s*(?:eslint-disable|pragma:\s*allowlist|nosemgrep|kingfisher:ignore"
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
    """Which rows a comment means."""

    def __init__(self, text: str, found: Sequence[Comment]) -> None:
        self.lines = Lines(text)
        self._on: dict[int, list[Comment]] = {}
        self._alone: set[int] = set()
        for comment in found:
            row, column = self.lines.position(comment.start)
            self._on.setdefault(row, []).append(comment)
            if self.lines.line(row)[:column].strip(" \t\f{") == "":
                last = self.lines.position(comment.start + len(comment.text)).line
                self._alone.update(range(row, last + 1))

    def meant(self, row: int) -> int:
        """The row that a comment on ``row`` is about: its own, or the next one with code."""
        if row not in self._alone:
            return row
        below = row
        while below in self._alone or not self.lines.line(below).strip():
            below += 1
            if below >= len(self.lines):
                return row
        return below

    def native(self, rows: Iterable[int]) -> str:
        """The first comment on these rows that a tool obeys."""
        said = (each.text for row in rows for each in self._on.get(row, ()))
        return next((own[0].strip() for each in said if (own := _OWN_OF_TOOLS.search(each))), "")


def _suppression(comment: Comment, meant: re.Match[str], layout: _Layout) -> Suppression:
    words = comment.text[meant.end() :].removesuffix("*/")
    words = _NEXT.split(words, maxsplit=1)[0].rstrip()
    start = layout.lines.position(comment.start + meant.start())
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
    problem: Problem
    by: Suppression


class Judged(NamedTuple):
    """What is shown, what is hidden, and what is to be said of the suppressions themselves."""

    shown: tuple[Problem, ...]
    hidden: tuple[Hidden, ...]
    notes: tuple[Finding, ...]


def judge(problems: Sequence[Problem], reports: Sequence[Report], path: str, today: date) -> Judged:
    """A suppression that names a rule hides what other tools say of the same matter, too.

    That one hides nothing is said only of rules whose tool has looked at a text that has it.
    """
    standing = tuple(dict.fromkeys(each for report in reports for each in report.suppressions))
    if not standing:
        return Judged(tuple(problems), (), ())
    holding = [each for each in standing if not is_over(each.until, today)]
    hidden: list[Hidden] = []
    shown: list[Problem] = []
    for problem in problems:
        by = [each for each in holding if covers(each, problem)]
        hidden += [Hidden(problem, each) for each in by]
        if not by:
            shown.append(problem)
    notes = [
        note
        for each in standing
        for note in (
            _unused(each, hidden, reports, path) if each in holding else _expired(each, problems)
        )
    ]
    return Judged(tuple(shown), tuple(hidden), tuple(notes))


def covers(suppression: Suppression, problem: Problem) -> bool:
    """Whether it is about this problem: it names one of its rules, in the file or where one of its
    findings begins or ends; in the scope MATTER all that is said is of its matters."""
    if suppression.scope is Scope.MATTER:
        about = {matter(finding.tool, finding.rule) for finding in problem.findings}
        if not about.issubset(suppression.rules):
            return False
    elif not _folded(suppression.rules) & _folded(problem.rules):
        return False
    row = suppression.range.start.line + suppression.below
    return suppression.scope is Scope.FILE or any(
        row in (finding.range.start.line, _last_row(finding.range)) for finding in problem.findings
    )


def _folded(rules: Iterable[str]) -> set[str]:
    """No tool has two rules that differ in their case alone."""
    return {rule.lower() for rule in rules}


def _last_row(place: Range) -> int:
    start, end = place
    return end.line - (end.column == 0 and end.line > start.line)


def _expired(each: Suppression, problems: Iterable[Problem]) -> Iterator[Finding]:
    why = f" ({each.reason})" if each.reason else ""
    if each.scope is Scope.NATIVE:
        told = f"`{each.native}` was to stand until {each.until}{why}: remove it, or date it anew."
        yield _note(EXPIRED, told, each)
        return
    again = [
        f"{', '.join(problem.rules)} in line {problem.lead.range.start.line + 1}"
        for problem in problems
        if covers(each, problem)
    ]
    ended = f"{', '.join(each.rules)} was ignored until {each.until}{why}."
    what = f"Shown again: {'; '.join(again)}." if again else "Nothing is left that it would hide."
    yield _note(EXPIRED, f"{ended} {what}", each, unnecessary=not again)


def _unused(
    each: Suppression, hidden: Iterable[Hidden], reports: Iterable[Report], path: str
) -> Iterator[Finding]:
    if each.flaw:
        yield _note(UNCLEAR, f"This comment hides nothing, for {each.flaw}.", each)
    if each.scope is Scope.MATTER:  # its own tool knows of what use it is
        return
    used = _folded(rule for one in hidden if one.by == each for rule in one.problem.rules)
    looked = {r.tool for r in reports if r.state.is_verdict and each in r.suppressions}
    unused = [rule for rule in each.rules if rule.lower() not in used]
    idle = [rule for rule in unused if {tool_of(rule, path), tool_of(rule.upper(), "")} & looked]
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


_NAMES = (
    (re.compile(r"B[1-7]\d\d"), "bandit"),
    (re.compile(r"[CRWEFI]\d{4}"), "pylint"),
    (re.compile(r"SC\d{4}"), "shellcheck"),
    (re.compile(r"DL\d{4}"), "hadolint"),
    (re.compile(r"[A-Z]+\d{1,4}"), "ruff"),
)
_WORDS = ((".py", "pylint"), (".yml", "zizmor"), (".yaml", "zizmor"))
_SCRIPT = re.compile(r".*\.[cm]?[jt]sx?")


def tool_of(rule: str, path: str) -> str:
    """The tool that has a rule of this name for such a file; empty where that is not certain."""
    for pattern, tool in _NAMES:
        if pattern.fullmatch(rule):
            return tool
    if _SCRIPT.fullmatch(path):
        return "eslint"
    return next((tool for suffix, tool in _WORDS if path.endswith(suffix)), "")
