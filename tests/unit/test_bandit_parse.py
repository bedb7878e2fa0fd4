"""Bandit's JSON read to findings: lines, columns, grades; garbage is a failure, never an exception."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.bandit.child import check
from understudy.analyzers.bandit.output import parse
from understudy.findings import codec
from understudy.findings.redact import redacted
from understudy.model import (
    Category,
    Confidence,
    Finding,
    Position,
    Problem,
    Range,
    Report,
    Severity,
    State,
)
from understudy.text import Lines, canonical, decode

from .json_values import ANYTHING, damaged

CODE = b"import yaml\nx = yaml.load(\n    '\xf0\x9f\x98\x80'\n)\n"
ROW: dict[str, Any] = {
    "code": "2 x = yaml.load(\n",
    "col_offset": 4,
    "end_col_offset": 1,
    "filename": "<stdin>",
    "issue_confidence": "HIGH",
    "issue_cwe": {"id": 20, "link": "https://cwe.mitre.org/data/definitions/20.html"},
    "issue_severity": "MEDIUM",
    "issue_text": "Use of unsafe yaml load.",
    "line_number": 2,
    "line_range": [2, 3, 4],
    "more_info": "https://bandit.readthedocs.io/en/1.9.4/plugins/b506_yaml_load.html",
    "test_id": "B506",
    "test_name": "yaml_load",
}
WHOLE: dict[str, Any] = {"errors": [], "generated_at": "", "metrics": {}, "results": [ROW]}


def read(answered: object, content: bytes = CODE) -> Report:
    return parse(json.dumps(answered).encode(), content, "Python")


def finding(**changed: Any) -> Finding:
    """What is made of the row above with some of its parts changed."""
    report = read(WHOLE | {"results": [ROW | changed]})
    (found,) = report.findings
    return found


def place(line: int, column: int, last: int, end: int) -> Range:
    return Range(Position(line, column), Position(last, end))


def test_every_part_arrives() -> None:
    assert finding() == Finding(
        "bandit",
        "B506",
        "Use of unsafe yaml load.",
        place(1, 4, 3, 1),
        Severity.MEDIUM,
        Category.SECURITY,
        Confidence.HIGH,
        "https://bandit.readthedocs.io/en/1.9.4/plugins/b506_yaml_load.html",
        20,
    )


@pytest.mark.parametrize("word", ["LOW", "MEDIUM", "HIGH"])
def test_grades(word: str) -> None:
    found = finding(issue_severity=word, issue_confidence=word)
    assert (found.severity.name, found.confidence.name) == (word, word)


def test_an_undefined_grade_is_low() -> None:
    found = finding(issue_severity="UNDEFINED", issue_confidence="UNDEFINED")
    assert (found.severity, found.confidence) == (Severity.LOW, Confidence.LOW)


def test_no_results_are_clean() -> None:
    assert read(WHOLE | {"results": []}) == Report.of("bandit", ())


@pytest.mark.parametrize(
    "answered",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"errors": [], "results": 7}',
        b'{"errors": [], "results": [7]}',
        b'{"errors": [7], "results": []}',
        b'{"errors": {}, "results": {"a": 1}}',
        b"[" * 100_000,
        json.dumps(WHOLE).encode()[:-20],
    ],
)
def test_garbage_is_a_failure_that_is_seen(answered: bytes) -> None:
    report = parse(answered, CODE, "Python")
    assert report.state is State.FAILED
    assert report.why.startswith("Bandit did not check this file: ")
    assert [each.rule for each in report.findings] == ["not-analysed"]


def is_sound(report: Report) -> bool:
    """It can be stored, and no place lies before the file."""
    places = [each.range for each in report.findings]
    whole = all(type(n) is int and n >= 0 for range_ in places for at in range_ for n in at)
    return whole and codec.loads(codec.dumps(report)) == report


@given(damaged(WHOLE))
def test_a_damaged_answer_is_sound_or_a_failure(answered: object) -> None:
    report = read(answered)
    assert is_sound(report)
    assert report.state in (State.FAILED, State.FINDINGS, State.CLEAN)


@given(st.one_of(st.binary(max_size=30), ANYTHING.map(lambda value: json.dumps(value).encode())))
def test_anything_at_all_is_a_failure(answered: bytes) -> None:
    report = parse(answered, CODE, "Python")
    assert is_sound(report)
    assert report.state is State.FAILED


# ── the real tool: in the worker, and as a process of its own ───────────────────────────────────

SMILE = "\U0001f600"
TEXTS = {
    "emoji before": f"x = '{SMILE}é'; eval('1')\n",
    "emoji inside": f"eval('{SMILE}'); assert 'é'\n",
    "CRLF": f"import os\r\nx = '{SMILE}'; eval('1')\r\n",
    "CR": "import pickle\rx = eval('1')\r",
    "tabs": f"if True:\n\tx = '{SMILE}'; eval('1')\n",
    "byte order mark": f"\ufeffx = '{SMILE}'; eval('1')\n",
    "form feed": "x = 1\n\fassert x; eval('1')\n",
    "line separator": "x = '\u2028'; eval('1')\n",
    "over lines": f"import subprocess\nsubprocess.call(\n    '{SMILE}',\n    shell=True,\n)\n",
    "a function": "def f(password='secret'):\n" + "    x = 1\n" * 20,
    "no line end": "eval('1')",
    "latin-1": "# coding: latin-1\nx = 'é'; eval('1')\n",
}


def asked(text: str, interpreter: str = "") -> Report:
    content = canonical(text.encode("latin-1" if "latin-1" in text else "utf-8"))
    context = (interpreter, "null", "null", "/nowhere", "")
    ((_, stored),) = check(context, (("/nowhere/app.py", content, ()),))
    return codec.loads(stored)


@pytest.mark.parametrize("case", TEXTS)
def test_the_place_of_eval(case: str) -> None:
    """Bandit counts UTF-8 bytes from the start of a line; the range counts characters."""
    text = TEXTS[case].removeprefix("\ufeff")
    found = {each.rule: each for each in asked(TEXTS[case]).findings}
    if "eval" in text:
        start = text.index("eval")
        call = text[start : text.index(")", start) + 1]
        assert Lines(text).slice(found["B307"].range) == call
    for each in found.values():
        assert each.range.start < each.range.end


def test_a_finding_that_spans_a_whole_function_is_shown_at_its_head() -> None:
    (found,) = asked(TEXTS["a function"]).findings
    assert found.rule == "B107"
    assert found.range == place(0, 0, 0, len("def f(password='secret'):"))


def test_half_a_character_in_a_literal() -> None:
    (found,) = asked('password = "\\ud83d"\n').findings
    assert found.rule == "B105"
    assert found.message == "Possible hardcoded password"


def test_a_coding_cookie_is_obeyed() -> None:
    content = "# coding: latin-1\nx = 'é'; eval('1')\n".encode("latin-1")
    (found,) = asked(decode(content)).findings
    assert found.rule == "B307"


@pytest.mark.parametrize(
    ("text", "state", "part"),
    [
        ("x = (\n", State.NOT_ANALYSED, "line 1"),
        ("x = 1\n  y = 2\n", State.NOT_ANALYSED, "line 2"),
        ("x = '\0'\n", State.NOT_ANALYSED, "cannot parse"),
        ("# coding: klingon\n", State.NOT_ANALYSED, "not text in the encoding"),
        ("x = " + "(" * 500 + ")" * 500 + "\n", State.NOT_ANALYSED, "cannot parse"),
        ("x = " + "-" * 50_000 + "1\n", State.FAILED, "nested too deeply"),
    ],
)
def test_what_bandit_cannot_parse_is_said(text: str, state: State, part: str) -> None:
    report = asked(text)
    assert report.state is state
    assert part in report.why
    assert [each.rule for each in report.findings] == ["not-analysed"]


@pytest.mark.parametrize(
    ("text", "advised"),
    [("[*x for x in y]\n", True), ("x = (\n", False), ("x = 1\0\0\n", False), ("def f(:\n", False)],
)
def test_another_python_is_advised_only_where_one_might_help(text: str, advised: bool) -> None:
    report = asked(text)
    assert report.state is State.NOT_ANALYSED
    assert ("bandit.interpreter" in report.why) is advised


def test_the_interpreter_of_the_setting_says_the_same() -> None:
    """One run of a process for all of the cases would hide which one differs; two cases do."""
    for case in ("emoji before", "over lines"):
        assert asked(TEXTS[case], sys.executable) == asked(TEXTS[case])


@pytest.mark.parametrize(
    ("script", "state", "part"),
    [
        ("exit 3", State.FAILED, "status 3"),
        ("echo trouble >&2; exit 1", State.FAILED, "trouble"),
        ("echo garbage", State.FAILED, "not JSON"),
        ("kill -9 $$", State.FAILED, "a signal ended it"),
        ("exec cat /dev/zero", State.FAILED, "more than"),
        ("exec cat /dev/zero >&2", State.FAILED, "more than"),
        (f'exec {sys.executable} -S "$@"', State.MISSING, "has no bandit"),
    ],
)
def test_an_interpreter_that_is_none(script: str, state: State, part: str, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    report = asked("eval('1')\n", str(program))
    assert report.state is state
    assert part in report.why


def test_an_interpreter_that_does_not_exist(tmp_path: Path) -> None:
    report = asked("eval('1')\n", str(tmp_path / "python"))
    assert report.state is State.MISSING
    assert "bandit.interpreter" in report.why


VALUE = "hunter2-Pa55"
TALL = "    2,\n" * 12


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f'S = {{"password": "{VALUE}"}}\n', 'S = {"password": "************"}\n'),
        (
            f'S: dict = {{\n"password":\n"{VALUE}"}}\n',
            'S: dict = {\n"password":\n"************"}\n',
        ),
        (f'S["secret"] = "{VALUE}"\n', 'S["secret"] = "************"\n'),
        ('S["secret"] = "it"; it = 1\n', 'S["secret"] = "**"; it = 1\n'),
        ('{"token": 1234567}\n', '{"token": *******}\n'),
        ('{"token": None}; x = None\n', '{"token": None}; x = None\n'),
        ('password = ""\n', 'password = ""\n'),
        (f'password = """{VALUE}\n{TALL}"""\n', None),
        (f'f(1,\n{TALL}password="{VALUE}")\n', f'f(1,\n{TALL}password="************")\n'),
        (f'f(1,\n{TALL}password="pa"\n"ss")\n', f'f(1,\n{TALL}password="**"\n"**")\n'),
        (f'@f(password="{VALUE}")\ndef g(): 0\n', '@f(password="************")\ndef g(): 0\n'),
        (f'def f(password="{VALUE}"):\n{TALL}', f'def f(password="************"):\n{TALL}'),
        (f"é = {{'é': 1, 'pwd': b'{VALUE}'}}\n", "é = {'é': 1, 'pwd': b'************'}\n"),
        (f"print 1; password = '{VALUE}'\n", None),
    ],
)
@pytest.mark.parametrize("interpreter", ["", sys.executable])
def test_the_values_that_it_quotes_are_not_shown(
    text: str, shown: str | None, interpreter: str
) -> None:
    report = asked(text, interpreter)
    seen = redacted(text, [Problem((each,)) for each in report.findings])
    assert VALUE not in seen or report.state is State.NOT_ANALYSED
    if shown is not None:
        assert [each.rule[:3] for each in report.findings] == ["B10"]
        assert seen == shown


@given(damaged(WHOLE | {"results": [ROW | {"test_id": "B106"}]}))
def test_a_damaged_answer_about_a_secret_is_sound_or_a_failure(answered: object) -> None:
    assert is_sound(read(answered))


def test_a_value_in_what_cannot_be_parsed_here_is_not_shown() -> None:
    """Bandit runs on another Python then."""
    text = f'print 1\nS = {{"password":\n  "{VALUE}"}}\n'
    row = ROW | {"test_id": "B105", "line_range": [2, 3], "col_offset": 5, "end_col_offset": 15,
                 "issue_text": f"Possible hardcoded password: '{VALUE}'"}  # fmt: skip
    (found,) = read(WHOLE | {"results": [row]}, text.encode()).findings
    assert VALUE not in redacted(text, [Problem((found,))])


@pytest.mark.parametrize("interpreter", ["", sys.executable])
def test_two_byte_order_marks_are_no_python(interpreter: str) -> None:
    report = asked("\ufeff\ufeffeval('1')\n", interpreter)
    assert report.state is State.NOT_ANALYSED
    assert [each.rule for each in report.findings] == ["not-analysed"]
