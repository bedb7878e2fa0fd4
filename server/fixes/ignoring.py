"""Comments that let findings be, for any tool: in the tool's own words where it has some, else in
ours (findings/suppressions.py). A comment is offered only where it is seen to be one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..findings.comments import comments, signs
from ..findings.families import NOT_ANALYSED, SYNTAX_ERROR
from ..findings.suppressions import TOOL
from ..model import Edit, Finding, Position, Range
from ..text import Lines, apply
from . import suppress
from .verify import difference

Edits = tuple[Edit, ...]

_NEVER = (SYNTAX_ERROR, NOT_ANALYSED, "too-large")
"""That a file could not be looked at is not for a comment in it to hide."""
_PYTHON = ("bandit", "ruff")
"""Whose comments have rules of their own: fixes/suppress.py."""


class _Form(NamedTuple):
    """The rules stand between ``opening`` and ``closing``; without ``between`` none are named.
    ``above``: it stands on the row before. ``named``: the rule that is named, whatever the finding
    is called. ``first``: its tool hears it only before all other comments of the row."""

    opening: str
    between: str = ", "
    closing: str = ""
    above: bool = False
    named: str = ""
    first: bool = False

    def rules(self, rules: Sequence[str]) -> Sequence[str]:
        return (self.named,) if self.named else rules

    def words(self, rules: Sequence[str]) -> str:
        named = self.between.join(self.rules(rules)) if self.between else ""
        return f"{self.opening}{named}{self.closing}"


_OURS = _Form("understudy: ignore[", closing="]")
_CYCLOMATIC, _COMPLEX = ("radon", "R701"), "C901"
"""What Radon finds, and how Ruff, by whose comments Radon is silenced, calls it."""
_WITHOUT_CODE = (("mypy", "mypy"), ("mypy", "syntax"))
"""What no comment of mypy's lets be: it has no code, or the file is not understood at all."""
_HERE = {
    "complexipy": _Form("complexipy: ignore", between=""),
    "detect-secrets": _Form("pragma: allowlist secret", between=""),
    "eslint": _Form("eslint-disable-next-line ", above=True),
    "hadolint": _Form("hadolint ignore=", between=",", above=True),
    "kingfisher": _Form("kingfisher:ignore", between=""),
    "mypy": _Form("type: ignore[", closing="]", first=True),
    "pylint": _Form("pylint: disable=", between=","),
    "radon": _Form("noqa: ", named=_COMPLEX),
    "semgrep": _Form("nosemgrep: "),
    "shellcheck": _Form("shellcheck disable=", between=",", above=True),
    "zizmor": _Form("zizmor: ignore[", between=",", closing="]"),
}
_ELSE_HERE = {
    "detect-secrets": _Form("pragma: allowlist nextline secret", between="", above=True),
    "pylint": _Form("pylint: disable-next=", between=",", above=True),
    "semgrep": _Form("nosemgrep: ", above=True),
}
"""Where the first one has no place."""
_IN_FILE = {
    "eslint": _Form("/* eslint-disable ", closing=" */"),
    "hadolint": _Form("hadolint global ignore=", between=","),
    "mypy": _Form('mypy: disable-error-code="', closing='"'),
    "pylint": _HERE["pylint"],
    "ruff": _Form("ruff: noqa: "),
    "shellcheck": _HERE["shellcheck"],
}
_OURS_IN_FILE = _Form("understudy: ignore-file[", closing="]")
_FIRST = re.compile(
    r"(?:#!|[ \t\f]*#.*?coding[:=]|#\s*(?:syntax|escape|check)\s*=|<\?xml\b|---\s*$)",
    re.ASCII | re.IGNORECASE,
)


def ignore_here(text: str, path: str, findings: Sequence[Finding]) -> Edits:
    """One comment for each tool at what it found; empty where one of them can have none."""
    if any(finding.rule in _NEVER or finding.tool == TOOL for finding in findings):
        return ()
    own = [finding for finding in findings if finding.tool in _PYTHON]
    rest = [finding for finding in findings if finding.tool not in _PYTHON]
    edits = suppress.ignore_here(text, own)
    if own and not edits:
        rest = own  # in our words, which hide a matter whoever tells of it
    after = apply(text, edits)
    for tool, row, rules in _wanted(after, path, rest):
        forms = (form for table in (_HERE, _ELSE_HERE) if (form := table.get(tool)))
        tries = (_comment(after, path, form, row, rules) for form in (*forms, _OURS))
        edit = next(filter(None, tries), None)
        if edit is None:
            return ()
        after = apply(after, [edit])
    return difference(text, after) if rest else edits


def _wanted(text: str, path: str, findings: Iterable[Finding]) -> list[tuple[str, int, list[str]]]:
    """Rules by tool (none: no words of its own) and row, but what the text has words for already.
    The last row first, and last on it what stands above: no comment moves another's row."""
    rules: dict[tuple[str, int], list[str]] = {}
    for finding in findings:
        row = finding.range.start.line
        tool = finding.tool if _has_words(finding) else ""
        rules.setdefault((tool, row), []).append(finding.rule)
    wanted = [(tool, row, list(dict.fromkeys(named))) for (tool, row), named in rules.items()]
    lines = Lines(text)
    said = [each for each in comments(text, path) if f"noqa: {_COMPLEX}" in each.text]
    silenced = {lines.position(each.start).line for each in said}
    kept = [each for each in wanted if not (each[0] == "radon" and each[1] in silenced)]
    return sorted(kept, key=lambda each: (-each[1], _HERE.get(each[0], _OURS).above))


def _has_words(finding: Finding) -> bool:
    """Whether its tool has words of its own to let it be."""
    kind = finding.tool, finding.rule
    if finding.tool == "radon":
        return kind == _CYCLOMATIC
    return finding.tool in _HERE and kind not in _WITHOUT_CODE


def _comment(text: str, path: str, form: _Form, row: int, rules: Sequence[str]) -> Edit | None:
    opening, closing = signs(text, path)
    if not opening:
        return None
    lines = Lines(text)
    new = f"{opening} {form.words(rules)}{closing}"
    if form.above:
        if form is _HERE["shellcheck"] and not _follows_code(lines, row):
            return None  # there it would hold for the whole file
        tries = [_joined(lines, path, form, row - 1, rules), _above(lines, row, new)]
    elif joined := _joined(lines, path, form, row, rules):
        tries = [joined]
    else:
        tries = [
            _before(lines, path, row, new) if form.first else None,
            _behind(lines, row, new),
            _above(lines, row, new) if form is _OURS else None,
        ]
    return next((edit for edit in tries if edit and _stands(text, path, edit, form)), None)


def _follows_code(lines: Lines, row: int) -> bool:
    before = (lines.line(each).strip() for each in range(row))
    return any(line and not line.startswith("#") for line in before)


def _behind(lines: Lines, row: int, new: str) -> Edit | None:
    line = lines.line(row)
    if line.rstrip().endswith("\\"):
        return None
    end = Position(row, len(line.rstrip()))
    return Edit(Range(end, Position(row, len(line))), f"{'  ' if line.strip() else ''}{new}")


def _before(lines: Lines, path: str, row: int, new: str) -> Edit | None:
    """Before the first comment that stands on the row."""
    starts = (lines.position(each.start) for each in comments(lines.text, path))
    place = next((start for start in starts if start.line == row), None)
    return Edit(Range(place, place), f"{new}  ") if place else None


def _above(lines: Lines, row: int, new: str) -> Edit | None:
    if row and lines.line(row - 1).rstrip().endswith("\\"):
        return None  # the line is not over
    line, place = lines.line(row), Position(row, 0)
    indent = line[: len(line) - len(line.lstrip())]
    return Edit(Range(place, place), f"{indent}{new}{_line_end(lines.text)}")


def _joined(lines: Lines, path: str, form: _Form, row: int, rules: Sequence[str]) -> Edit | None:
    """More rules in a comment of this form that stands on the row."""
    if not form.between:
        return None
    opening = re.compile(
        rf"{re.escape(form.opening)}[\w@/.:, \t+-]*?(?=\s*(?:{_END[form.closing]}))"
    )
    for comment in comments(lines.text, path):
        if lines.position(comment.start).line != row:
            continue
        if found := opening.search(comment.text):
            end = lines.position(comment.start + found.end())
            known = re.split(r"[,\s]+", found[0].removeprefix(form.opening))
            more = [rule for rule in form.rules(rules) if rule not in known]
            return Edit(Range(end, end), "".join(f"{form.between}{rule}" for rule in more))
    return None


_END = {"": r"$|\#|//|-->", "]": r"\]", " */": r"\*/"}


def _stands(text: str, path: str, edit: Edit, form: _Form) -> bool:
    """Whether one more comment says this after the edit, or one says more."""

    def said(of: str) -> list[str]:
        return sorted(each.text for each in comments(of, path) if form.opening in each.text)

    return said(apply(text, [edit])) != said(text)


def ignore_in_file(text: str, path: str, findings: Sequence[Finding]) -> Edits:
    """Comments at the top of the file, one for each form; empty where it can have none."""
    opening, closing = signs(text, path)
    wanted: dict[_Form, list[str]] = {}
    for finding in findings:
        if finding.tool != TOOL and finding.rule not in _NEVER:
            own = (finding.tool, finding.rule) not in _WITHOUT_CODE
            form = _IN_FILE.get(finding.tool if own else "", _OURS_IN_FILE)
            wanted.setdefault(form, []).append(finding.rule)
    if not opening or not wanted:
        return ()
    lines = Lines(text)
    row = 0
    while row < 2 and _FIRST.match(lines.line(row)):
        row += 1
    if row == len(lines):
        return ()
    end = _line_end(text)
    new = "".join(
        f"{words if words.startswith('/*') else f'{opening} {words}{closing}'}{end}"
        for form, rules in sorted(wanted.items())
        if (words := form.words(list(dict.fromkeys(rules))))
    )
    edit = Edit(Range(Position(row, 0), Position(row, 0)), new)
    return (edit,) if all(_stands(text, path, edit, form) for form in wanted) else ()


def remove_comment(text: str, place: Range) -> Edits:
    """Take away the comment that stands at ``place``, and the line when nothing else is on it."""
    lines = Lines(text)
    end = lines.offset(place.end)
    if closing := re.compile(r"[ \t]*(?:\*/|-->)").match(text, end):
        end = closing.end()
    row = lines.position(end).line
    before, after = lines.line(place.start.line)[: place.start.column], lines.position(end).column
    if not before.strip() and not lines.line(row)[after:].strip():
        return (Edit(Range(Position(place.start.line, 0), Position(row + 1, 0)), ""),)
    first = Position(place.start.line, len(before.rstrip()) if before.strip() else len(before))
    return (Edit(Range(first, lines.position(end)), ""),)


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else os.linesep
