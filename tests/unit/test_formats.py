"""The formats of a scan: what a reader of each of them relies on."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from understudy.cli.excerpt import excerpt
from understudy.cli.formats import FORMATS
from understudy.cli.result import Result
from understudy.cli.text import block
from understudy.model import (
    TOP,
    Category,
    Confidence,
    Figure,
    Finding,
    Metric,
    Position,
    Problem,
    Range,
    Report,
    Severity,
    State,
)
from understudy.text import Lines

ROOT = Path("/srv/shop")
# From the npm package @microsoft/jest-sarif 1.0.0-beta.0 (MIT), lib/schemas, unchanged.
SCHEMA = json.loads((Path(__file__).parent / "data/sarif-2.1.0-rtm.5.json").read_text())


def finding(tool: str, rule: str, severity: Severity, place: Range, message: str) -> Finding:
    return Finding(
        tool,
        rule,
        message,
        place,
        severity,
        Category.SECURITY,
        Confidence.MEDIUM,
        url=f"https://example.com/{rule}",
        cwe=89,
    )


def span(line: int, start: int, end: int, last: int | None = None) -> Range:
    return Range(Position(line, start), Position(line if last is None else last, end))


SQL = Problem(
    (
        finding("bandit", "B608", Severity.MEDIUM, span(3, 4, 9), "SQL: 100% unsafe,\nreally"),
        finding("ruff", "S608", Severity.MEDIUM, span(3, 4, 9), "SQL"),
    )
)
CHMOD = Problem((finding("bandit", "B103", Severity.CRITICAL, span(7, 0, 1, last=9), "chmod"),))
SCAN = Result(
    ROOT,
    {ROOT / "a b/db.py": (SQL, CHMOD), Path("/elsewhere/x.py"): (SQL,)},
    {
        ROOT / "a b/db.py": (
            Report("bandit", State.FINDINGS, SQL.findings[:1] + CHMOD.findings),
            Report("ruff", State.FINDINGS, SQL.findings[1:]),
        ),
        Path("/elsewhere/x.py"): (Report("bandit", State.FINDINGS, SQL.findings),),
        ROOT / "big.py": (Report("ruff", State.TOO_LARGE, why="2 MB"),),
        ROOT / "bad.py": (Report("bandit", State.TIMED_OUT, why="after 30 s"),),
    },
    {"bandit": "1.9.4"},
)
EMPTY = Result(ROOT, {}, {ROOT / "a.py": (Report("ruff", State.CLEAN),)})


def written(name: str, scan: Result) -> str:
    out = io.StringIO()
    FORMATS[name](scan, out)
    return out.getvalue()


def run_of(scan: Result) -> dict[str, Any]:
    document = json.loads(written("sarif", scan))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_json_tells_everything() -> None:
    document = json.loads(written("json", SCAN))
    assert document["summary"] == {
        "files": 4,
        "problems": 3,
        "severity": {"critical": 1, "medium": 2},
        "tool": {"bandit": 3, "ruff": 2},
        "lines": None,
        "rule": {"bandit:B608": 2, "ruff:S608": 2, "bandit:B103": 1},
        "folder": {"a b": 2, "/elsewhere": 1},
    }
    first = document["problems"][0]
    assert first["path"] == "a b/db.py"
    assert (first["start"], first["end"]) == ({"line": 4, "column": 5}, {"line": 4, "column": 10})
    assert [(f["tool"], f["rule"]) for f in first["findings"]] == [
        ("bandit", "B608"),
        ("ruff", "S608"),
    ]
    assert document["problems"][2]["path"] == "/elsewhere/x.py"
    assert [(f["path"], f["state"]) for f in document["withoutVerdict"]] == [
        ("big.py", "too large"),
        ("bad.py", "timed out"),
    ]


def measured(**lines: int) -> Result:
    """Files of which Radon says how long they are, and one of which nobody does."""
    reports = {
        ROOT / f"{name}.py": (
            Report("ruff", State.CLEAN),
            Report("radon", State.CLEAN, figures=(Figure(Metric.LINES, count),)),
        )
        for name, count in lines.items()
    }
    return Result(ROOT, {}, {**reports, **EMPTY.reports})


def test_the_size_of_what_was_scanned_stands_at_the_end() -> None:
    scan = measured(b=1_200, c=34, d=0)
    assert written("text", scan).splitlines()[-1] == (
        "1,234 lines of code in 3 files: 411 on average, 1,200 in the largest, b.py"
    )
    assert json.loads(written("json", scan))["summary"]["lines"] == {
        "files": 3,
        "total": 1_234,
        "average": 411.3,
        "largest": {"path": "b.py", "lines": 1_200},
    }
    assert written("text", EMPTY).splitlines()[-1] == "No findings in 1 file."
    assert "0 lines of code in 1 file: 0 on average" in written("text", measured(z=0))


def test_sarif_of_findings_is_valid_and_points_at_rules() -> None:
    run = run_of(SCAN)
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        rule = result["rule"]
        extension = run["tool"]["extensions"][rule["toolComponent"]["index"]]
        assert extension["rules"][rule["index"]]["id"] == result["ruleId"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    assert uris[0] == {"uri": "a%20b/db.py", "uriBaseId": "PROJECT"}
    assert uris[2] == {"uri": "file:///elsewhere/x.py"}
    assert run["results"][1]["level"] == "error"


def test_sarif_tells_that_a_tool_failed() -> None:
    (invocation,) = run_of(SCAN)["invocations"]
    assert invocation["executionSuccessful"] is False
    levels = [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert levels == [
        ("warning", "Ruff: too large. 2 MB"),
        ("error", "Bandit: timed out. after 30 s"),
    ]


def test_sarif_of_nothing_is_valid_and_successful() -> None:
    run = run_of(EMPTY)
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_github_annotations_are_escaped() -> None:
    lines = written("github", SCAN).splitlines()
    assert lines[0] == (
        "::warning file=a b/db.py,line=4,endLine=4,col=5,endColumn=10,"
        "title=Bandit B608%2C Ruff S608::SQL: 100%25 unsafe,%0Areally"
    )
    assert lines[1] == "::error file=a b/db.py,line=8,endLine=10,title=Bandit B103::chmod"
    assert lines[3] == "::warning file=big.py,title=Ruff%3A too large::2 MB"
    assert written("github", EMPTY) == ""


def test_github_annotations_control_no_terminal() -> None:
    odd = Problem((finding("x", "r\x1b[2J", Severity.LOW, span(0, 0, 1), "a\x07\tb\x9b"),))
    path = ROOT / "a\x1b]0;b.py"
    (line,) = written("github", Result(ROOT, {path: (odd,)}, {path: ()})).splitlines()
    assert line == (
        "::notice file=a�]0;b.py,line=1,endLine=1,col=1,endColumn=2,title=x r�[2J::a�\tb�"
    )


def test_text_shows_the_line_and_who_says_so(tmp_path: Path) -> None:
    source = tmp_path / "db.py"
    source.write_text("x\nx\nx\nout(query)\n", encoding="utf-8")
    scan = Result(tmp_path, {source: (SQL,)}, {source: (Report("bandit", State.FINDINGS),)})
    assert written("text", scan).splitlines() == [
        "db.py:4:5  medium  SQL: 100% unsafe, really  Bandit B608 · Ruff S608",
        "  4 │ out(query)",
        "    │     ^^^^^",
        "",
        "1 problem in 1 file: 1 medium (Bandit 1, Ruff 1)",
    ]


def test_text_ends_with_where_most_of_it_is() -> None:
    assert written("text", SCAN).splitlines()[-2:] == [
        "3 problems in 2 files: 1 critical, 2 medium (Bandit 3, Ruff 2)",
        "Most: bandit:B608 2, bandit:B103 1 · in a b 2, /elsewhere 1",
    ]


ODD = ROOT / "o\udcffd\x1b[31m[red]\n.py"


def test_names_that_are_no_text_are_valid_output() -> None:
    scan = Result(ROOT, {ODD: (SQL,)}, {ODD: (Report("ruff", State.FAILED, why=f"{ODD}?"),)})
    (artifact,) = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for each in run_of(scan)["results"]
        for place in each["locations"]
    }
    assert artifact == "o%FFd%1B%5B31m%5Bred%5D%0A.py"
    for name in ("json", "sarif", "github"):
        assert written(name, scan).encode("utf-8")
    assert json.loads(written("json", scan))["problems"][0]["path"] == "o\ufffdd\x1b[31m[red]\n.py"


def test_names_are_shown_on_one_line_and_not_obeyed() -> None:
    reports = {ODD: (Report("ruff", State.FAILED, why=f"{ODD}?"),), ODD.with_suffix(".x"): ()}
    where, *_, other, failed, _ = written("text", Result(ROOT, {ODD: (SQL,)}, reports)).splitlines()
    assert where.startswith("o\ufffdd\ufffd[31m[red]\ufffd.py:4:5  medium")
    assert other.startswith("o\ufffdd\ufffd[31m[red]\ufffd.x: no tool")
    assert failed.endswith("o\ufffdd\ufffd[31m[red]\ufffd.py?")


EXCLUDED = Report("ruff", State.NOT_ANALYSED, why="excluded")
BAD = tuple(Report(tool, State.NOT_ANALYSED, why="no JSON") for tool in ("bandit", "ruff"))


def test_what_nobody_could_judge_for_one_reason_is_told_once() -> None:
    paths = [ROOT / f"{name}.py" for name in "abc"]
    reports = {**dict.fromkeys(paths, (EXCLUDED,)), ROOT / "bad.ipynb": BAD}
    scan = Result(ROOT, {}, reports)
    assert written("text", scan).splitlines()[:-1] == [
        "Ruff: not analysed (a.py, b.py, c.py): excluded",
        "Bandit, Ruff: not analysed (bad.ipynb): no JSON",
    ]
    assert written("github", scan).splitlines() == [
        "::warning title=Ruff%3A not analysed::a.py, b.py, c.py: excluded",
        "::warning file=bad.ipynb,title=Bandit%2C Ruff%3A not analysed::no JSON",
    ]
    told = run_of(scan)["invocations"][0]["toolExecutionNotifications"]
    assert [len(each["locations"]) for each in told] == [3, 1]


def test_a_file_with_a_problem_counts_where_no_tool_could_judge_it() -> None:
    scan = Result(ROOT, {ROOT / "bad.py": (SQL,)}, {ROOT / "bad.py": BAD})
    assert "1 problem in 1 file: " in written("text", scan)


def test_text_never_calls_a_failure_clean() -> None:
    text = written("text", SCAN)
    assert "Bandit: timed out (bad.py): after 30 s" in text
    assert "Ruff: too large (big.py): 2 MB" in text
    assert written("text", EMPTY) == "No findings in 1 file.\n"


@pytest.mark.parametrize(
    ("line", "place", "marks"),
    [
        ("plain = eval(x)", span(0, 8, 15), " " * 8 + "^" * 7),
        ("s = '🧾'; eval(x)", span(0, 9, 16), " " * 10 + "^" * 7),
        ("\teval(x)", span(0, 1, 8), " " * 4 + "^" * 7),
        ("short", span(0, 90, 95), " " * 5 + "^"),
        ("first line only(", span(0, 6, 3, last=4), " " * 6 + "^" * 10),
        ("\x1b[31mred", span(0, 5, 8), " " * 5 + "^" * 3),
    ],
)
def test_marks_stand_under_the_place(line: str, place: Range, marks: str) -> None:
    shown, under = excerpt(Lines(line), place, "red").plain.splitlines()
    assert under == "    │ " + marks
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("line", "place", "row", "marks"),
    [
        ("a" * 30 + "bb" + "c" * 99, span(0, 30, 32), "…aaaaaaaaabbccccccccccccccccc…", (10, 2)),
        ("a" * 99 + "bb" + "c" * 3, span(0, 99, 101), "…" + "a" * 24 + "bbccc", (25, 2)),
        ("a" + "b" * 99 + "c", span(0, 1, 100), "a" + "b" * 27 + "…c", (1, 28)),
        ("🧾" * 20 + "b", span(0, 20, 21), "…" + "🧾" * 14 + "b", (29, 1)),
        ("a" * 30, span(0, 29, 30), "a" * 30, (29, 1)),
    ],
)
def test_of_a_long_line_what_is_around_the_place(
    line: str, place: Range, row: str, marks: tuple[int, int]
) -> None:
    shown, under = excerpt(Lines(line), place, "red", width=36).plain.splitlines()
    assert shown == f"  1 │ {row}"
    assert under == f"    │ {' ' * marks[0]}{'^' * marks[1]}"


def test_what_is_said_of_a_whole_file_shows_no_line() -> None:
    about = Problem((finding("understudy", "too-large", Severity.INFO, TOP, "2 MB"),))
    told = block(about, "big.py", Lines("x = 1\n" * 9)).plain
    assert told == "big.py:1:1  info  2 MB  Understudy too-large"


@given(st.text(), st.integers(0, 3), st.integers(0, 40), st.integers(0, 3), st.integers(0, 40))
def test_any_place_of_any_text_can_be_shown(text: str, a: int, b: int, c: int, d: int) -> None:
    start, end = sorted((Position(a, b), Position(c, d)))
    shown, under = excerpt(Lines(text), Range(start, end), "red").plain.split("\n")
    assert cell_len(under.rstrip("^")) <= cell_len(shown)
    narrow = excerpt(Lines(text), Range(start, end), "red", width=20).plain.split("\n")
    assert max(map(cell_len, narrow)) <= 26
    assert under.endswith("^")
