"""Comments that ignore, obeyed by the real Bandit and the real Ruff."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.fixes.suppress import ignore_here
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import apply

from .real_tools import bandit, everything, ruff

DATA = Path(__file__).parent / "data" / "ignored.txt"
_, *PARTS = re.split(r"^### (.*)\n", DATA.read_text(), flags=re.MULTILINE)
SAMPLES = sorted((Path(__file__).parents[1] / "samples").rglob("*.py"))
CASES = list(zip(PARTS[::4], PARTS[1::4], PARTS[3::4], strict=True))


def first(rule: str, text: str) -> Finding:
    found = [finding for finding in (*bandit(text), *ruff(text)) if finding.rule == rule]
    return min(found, key=lambda finding: finding.range)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(("rules", "before", "after"), CASES)
def test_what_is_ignored_is_silent_and_all_else_is_not(
    rules: str, before: str, after: str, line_end: str
) -> None:
    before, after = before.replace("\n", line_end), after.replace("\n", line_end)
    ignored = apply(before, ignore_here(before, [first(rule, before) for rule in rules.split()]))
    assert ignored == after
    had, has = everything(before), everything(after)
    assert set(had - has) == set(rules.split())
    assert not has - had


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_everything_in_a_file_can_be_ignored_piece_by_piece(path: Path) -> None:
    text = path.read_text()
    while findings := [*bandit(text), *ruff(text)]:
        finding = min(findings, key=lambda finding: (finding.range, finding.rule))
        ignored = apply(text, ignore_here(text, [finding]))
        had, has = everything(text), everything(ignored)
        assert set(had - has) == {finding.rule}, ignored
        assert not has - had
        text = ignored


SILENT = [
    ("B602", "call(  # nosec\n    a,\n    shell=True)\n", (0, 2)),
    ("S602", "call(shell=True)  # noqa\n", (0, 0)),
    ("EXE001", "#!/usr/bin/env python\n", (0, 0)),
    ("B608", 'f("""a\n""" % b, """\n""")\n', (0, 1)),
    ("B104", 'f(a("0.0.0.0"),\n    b)  # nosec\n', (0, 0)),
    ("invalid-syntax", "x = (\n", (0, 0)),
    ("S608", 'x = """\nselect\n', (1, 1)),
]


@pytest.mark.parametrize(("rule", "text", "rows"), SILENT)
def test_no_comment_where_it_could_not_stand_or_would_undo_another(
    rule: str, text: str, rows: tuple[int, int]
) -> None:
    tool = "bandit" if rule.startswith("B") else "ruff"
    assert ignore_here(text, [finding(tool, rule, (rows[0], 0, rows[1], 3))]) == ()


@pytest.mark.parametrize(
    "text", ["import os\rx = eval('1')\r", "import os\r\nx = eval('1')\r\ry = 2\n"]
)
def test_where_a_line_ends_in_a_return_alone_bandit_sees_no_comment(text: str) -> None:
    both = [first("B307", text), first("S307", text)]
    assert ignore_here(text, both) == ()
    had, has = everything(text), everything(apply(text, ignore_here(text, both[1:])))
    assert set(had - has) == {"S307"}
    assert not has - had


def finding(tool: str, rule: str, place: tuple[int, int, int, int]) -> Finding:
    where = Range(Position(*place[:2]), Position(*place[2:]))
    return Finding(tool, rule, "", where, Severity.LOW, Category.SECURITY)


PIECES = [
    *(
        "x",
        "=",
        "(",
        ")",
        ",",
        "f",
        '"""',
        "'",
        '"',
        "\\",
        "#",
        " ",
        "    ",
        "\n",
        "\r\n",
        "\r",
        "\f",
    ),
    *("# noqa", "# noqa: E501", "# nosec", "# nosec B101,B602", "# type: ignore", "😀", "f'{x}'"),
    *('f"""{x', '}"""', "\\\n", "if x:\n    ", "\0", "\ufeff", "def f():\n\t"),
]


@settings(max_examples=500, deadline=None)
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    tool=st.sampled_from(["bandit", "ruff"]),
    rule=st.sampled_from(["B608", "S608", "E501", "invalid-syntax"]),
    place=st.tuples(*[st.integers(0, 9)] * 4),
)
def test_only_comments_are_ever_written(
    text: str, tool: str, rule: str, place: tuple[int, int, int, int]
) -> None:
    after = apply(text, ignore_here(text, [finding(tool, rule, place)]))
    try:
        before = ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return
    assert ast.dump(ast.parse(after)) == before
