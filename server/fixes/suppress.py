"""Comments that silence a finding where it stands, in the place where its tool looks for them.

Ruff looks at the row on which a finding starts, or on which the string or the continued line that
begins there ends. Bandit obeys the first ``nosec`` among the rows of a node, and the one on the row
that it reports. One comment can thus hide another, which is why they are merged.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from ..findings.comments import python_tokens
from ..model import Edit, Finding, Position, Range
from ..text import Lines

_BANDIT_RULE = re.compile(r"B\d+")
_RUFF_RULE = re.compile(r"[A-Z]+\d+")
_NOSEC = re.compile(r"#\s*nosec:?(?P<rules>(?:[\s,]*\bB\d+\b)*)")
_NOQA = re.compile(
    r"#\s*noqa(?:\s*:(?P<rules>[\s,]*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*))?", re.IGNORECASE
)
_TEST_NAME = re.compile(r"\s*[a-z\d]+_\w+")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_NAMED = re.compile(r"\bB\d+\b|\b[a-z\d]+_\w+")


def ignore_here(text: str, findings: Sequence[Finding]) -> tuple[Edit, ...]:
    """One edit for each row that needs one; what other comments say stays said.

    A finding is left out where no comment can stand, or would take away another one's effect. For
    Bandit's there is none where a line ends in ``\\r`` alone: it then takes other rows for a
    comment's than for the code's.
    """
    if any(finding.tool == "bandit" for finding in findings) and _LONE_RETURN.search(text):
        return ()
    layout = _layout(text)
    noqa: dict[int, list[str]] = {}
    nosec: dict[int, list[str]] = {}
    for finding in findings:
        if finding.tool == "ruff" and _RUFF_RULE.fullmatch(finding.rule):
            noqa.setdefault(layout.end(finding.range.start.line), []).append(finding.rule)
    for finding in findings:
        if finding.tool == "bandit" and _BANDIT_RULE.fullmatch(finding.rule):
            row, rules = _nosec(layout, finding, preferred=noqa)
            nosec.setdefault(row, []).extend(rules)
    edits: list[Edit] = []
    for row in sorted(row for row in {*noqa, *nosec} if row in layout.known):
        line = layout.lines.line(row)
        old = layout.comment(row)
        new = _with_noqa(_with_nosec(old, nosec.get(row, ())), noqa.get(row, ()))
        if new != old and not line.startswith("#!"):
            start = len(line.rstrip()) - len(old)
            gap = "  " if start and not old else ""
            end = start + len(old) if old else len(line)
            edits.append(Edit(Range(Position(row, start), Position(row, end)), gap + new))
    return tuple(edits)


def _nosec(layout: _Layout, finding: Finding, preferred: Collection[int]) -> tuple[int, list[str]]:
    """A row where Bandit looks, and what the comment there must name; no rule if there is none.

    What holds this node may be silenced further down. The new comment will be the first that Bandit
    meets there, so it names that too.
    """
    first, last = finding.range.start.line, finding.range.end.line
    standing = layout.nosec(range(first, min(last, layout.statement_end(first)) + 1))
    free = [row for row in range(first, last + 1) if row not in layout.joined]
    if standing or not free:
        return (standing[0], [finding.rule]) if standing else (first, [])
    row = min(free, key=lambda row: row not in preferred)
    below = layout.nosec(range(row + 1, layout.statement_end(row) + 1))
    hidden = _NAMED.findall(layout.comment(below[0])) if below else []
    return row, [] if below and not hidden else [finding.rule, *hidden]


def _with_nosec(comment: str, rules: Iterable[str]) -> str:
    found = _NOSEC.search(comment)
    if not rules or found is None:
        return _joined(comment, "# nosec ", rules)
    if old := _BANDIT_RULE.findall(found["rules"]):
        # Bandit reads only the last of `B1,B2`: the space matters.
        listed = ", ".join(dict.fromkeys([*old, *rules]))
        return f"{comment[: found.start('rules')]} {listed}{comment[found.end() :]}"
    rest = comment[found.end() :]
    if _TEST_NAME.match(rest):
        return f"{comment[: found.end()]} {', '.join(rules)}, {rest.lstrip()}"
    return comment


def _with_noqa(comment: str, rules: Iterable[str]) -> str:
    found = _NOQA.search(comment)
    if not rules or found is None:
        return _joined(comment, "# noqa: ", rules)
    if found["rules"] is None:
        return comment
    old = {rule.upper() for rule in _RUFF_RULE.findall(found["rules"])}
    new = [rule for rule in dict.fromkeys(rules) if rule not in old]
    return ", ".join([comment[: found.end()], *new]) + comment[found.end() :]


def _joined(comment: str, opening: str, rules: Iterable[str]) -> str:
    new = f"{opening}{', '.join(dict.fromkeys(rules))}" if rules else ""
    return f"{comment} {new}".strip()


_BETWEEN_STATEMENTS = ("NL", "COMMENT", "INDENT", "DEDENT", "ENDMARKER")


class _Layout:
    """Where comments stand in a text, and where they can."""

    def __init__(self, text: str) -> None:
        self.lines = Lines(text)
        self.joined: set[int] = set()
        """Rows that end inside a string or in a line continuation."""
        self.known = range(0)
        """Rows of which all this is certain: those before what the tokenizer refuses."""
        self._comments: dict[int, int] = {}
        self._statements: dict[int, int] = {}
        self._read(python_tokens(self.lines.line(row) for row in range(len(self.lines))))
        for row in self.known:
            if row not in self._comments and self.lines.line(row).endswith("\\"):
                self.joined.add(row)

    def _read(self, tokens: Iterable[tokenize.TokenInfo]) -> None:
        opened: list[int] = []
        first: int | None = None
        for kind, _, (row, column), (end, _), _ in tokens:
            name = tokenize.tok_name[kind]
            if kind == tokenize.COMMENT:
                self._comments[row - 1] = column
            elif kind == tokenize.STRING:
                self.joined.update(range(row - 1, end - 1))
            elif name.endswith("STRING_START"):
                opened.append(row - 1)
            elif name.endswith("STRING_END") and opened:
                self.joined.update(range(opened.pop(), end - 1))
            if first is None and name not in _BETWEEN_STATEMENTS:
                first = row - 1
            if first is not None and kind == tokenize.NEWLINE:
                self._statements.update(dict.fromkeys(range(first, row), row - 1))
                first = None
            self.known = range(end)

    def comment(self, row: int) -> str:
        """The comment on the row, without the space after it; empty if there is none."""
        column = self._comments.get(row)
        return "" if column is None else self.lines.line(row)[column:].rstrip()

    def end(self, row: int) -> int:
        """The row on which what begins on a row, string or continued line, ends."""
        while row in self.joined:
            row += 1
        return row

    def statement_end(self, row: int) -> int:
        """The last row of the simple statement, or of the header, that stands on the row."""
        return self._statements.get(row, row)

    def nosec(self, rows: Iterable[int]) -> list[int]:
        """Those of the rows that have such a comment."""
        return [row for row in rows if _NOSEC.search(self.comment(row))]


@lru_cache(maxsize=2)
def _layout(text: str) -> _Layout:
    return _Layout(text)
