"""ESLint's places, in UTF-16 and with lines of its own, read to ours; garbage is refused."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.eslint.output import category, read_messages
from understudy.analyzers.parsing import MALFORMED
from understudy.findings import codec
from understudy.model import Category, Finding, Position, Range, Report, Severity, Tag
from understudy.text import Lines, apply

from .json_values import damaged

ROW: dict[str, Any] = {
    "ruleId": "prefer-const",
    "severity": 2,
    "message": "'x' is never reassigned. Use 'const' instead.",
    "line": 1,
    "column": 5,
    "endLine": 1,
    "endColumn": 6,
    "fix": {"range": [0, 3], "text": "const"},
    "suggestions": [{"desc": "Remove it.", "fix": {"range": [0, 10], "text": ""}}],
}
TEXTS = st.text(st.sampled_from("ab \n\r\t\u2028\u2029é😀𝒳"), max_size=12)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def told(text: str, offset: int) -> tuple[int, int]:
    """The line and the column that ESLint has for a place in a text."""
    starts = [0, *(end.end() for end in re.finditer("\r\n|[\n\r\u2028\u2029]", text))]
    line = max(number for number, start in enumerate(starts) if start <= offset)
    return line + 1, units(text[starts[line] : offset]) + 1


def read(row: dict[str, Any], text: str = "let x = 1;\n") -> Finding:
    (finding,) = read_messages([row], text, {"prefer-const": "https://eslint.org/prefer-const"})
    return finding


def test_a_message() -> None:
    finding = read(ROW)
    assert finding.rule == "prefer-const"
    assert finding.message == ROW["message"]
    assert finding.range == Range(Position(0, 4), Position(0, 5))
    assert finding.severity is Severity.HIGH
    assert finding.url == "https://eslint.org/prefer-const"
    fix, suggestion = finding.fixes
    assert (fix.title, fix.safe) == ("'x' is never reassigned. Use 'const' instead", True)
    assert (suggestion.title, suggestion.safe) == ("Remove it", False)
    assert apply("let x = 1;\n", fix.edits) == "const x = 1;\n"
    assert apply("let x = 1;\n", suggestion.edits) == "\n"


@given(st.data())
def test_places_are_where_eslint_has_them(data: st.DataObject) -> None:
    text = data.draw(TEXTS)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    (line, column), (end_line, end_column) = told(text, start), told(text, end)
    new = data.draw(st.text("x😀", max_size=2))
    row = ROW | {
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
        "fix": {"range": [units(text[:start]), units(text[:end])], "text": new},
        "suggestions": None,
    }
    finding = read(row, text)
    lines = Lines(text)
    assert finding.range == Range(lines.position(start), lines.position(end))
    halves = "\r\n" in text and any(text[at - 1 : at + 1] == "\r\n" for at in (start, end))
    if not halves:  # no editor can put a cursor there
        assert apply(text, finding.fixes[0].edits) == text[:start] + new + text[end:]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"severity": 1}, {"severity": Severity.MEDIUM}),
        ({"ruleId": None, "fatal": True}, {"rule": "invalid-syntax", "severity": Severity.HIGH}),
        ({"ruleId": None}, {"rule": "unused-directive", "tags": (Tag.UNNECESSARY,)}),
        ({"ruleId": "no-unused-vars"}, {"tags": (Tag.UNNECESSARY,)}),
        ({"ruleId": "@typescript-eslint/no-unused-vars"}, {"tags": (Tag.UNNECESSARY,)}),
        ({"ruleId": "@typescript-eslint/no-deprecated"}, {"tags": (Tag.DEPRECATED,)}),
        ({"ruleId": "no-eval"}, {"category": Category.SECURITY, "url": ""}),
        ({"endLine": None, "endColumn": None}, {"range": Range(Position(0, 4), Position(0, 4))}),
        ({"line": None, "column": None}, {"range": Range(Position(0, 0), Position(0, 5))}),
        (
            {"line": 99, "column": 99, "endLine": 99},
            {"range": Range(Position(1, 0), Position(1, 0))},
        ),
        ({"line": -1, "column": -1}, {"range": Range(Position(0, 0), Position(0, 5))}),
        ({"message": "half \ud83d"}, {"message": "half ?"}),
        ({"fix": None, "suggestions": []}, {"fixes": ()}),
    ],
    ids=str,
)
def test_what_a_message_may_leave_out(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    finding = read(ROW | changes)
    assert {name: getattr(finding, name) for name in expected} == expected


def test_a_byte_order_mark_is_not_spoken_of() -> None:
    assert read_messages([ROW | {"ruleId": "unicode-bom"}], "x", {}) == ()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("security/detect-object-injection", Category.SECURITY),
        ("@typescript-eslint/no-implied-eval", Category.SECURITY),
        ("react/no-danger-with-children", Category.SECURITY),
        ("complexity", Category.PERFORMANCE),
        ("max-lines", Category.PERFORMANCE),
        ("sonarjs/cognitive-complexity", Category.PERFORMANCE),
        ("max-len", Category.QUALITY),
        ("semi", Category.QUALITY),
    ],
)
def test_categories(rule: str, expected: Category) -> None:
    assert category(rule) is expected


@given(damaged(ROW))
def test_garbage_is_refused(row: Any) -> None:
    """And what is taken can be kept."""
    with suppress(*MALFORMED):
        report = Report.of("eslint", read_messages([row], "let 😀 = 1;\n", {}))
        assert codec.loads(codec.dumps(report)) == report
        codec.dumps(report).encode()
