"""Ruff's two forms of answer, LSP and JSON, read to the same findings; garbage is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.parsing import MALFORMED
from understudy.analyzers.ruff import child as ruff_child
from understudy.analyzers.ruff.output import classify, from_json, from_server
from understudy.findings import codec
from understudy.model import Category, Finding, Report, Severity, State, Tag
from understudy.text import Lines, apply, canonical, decode

from .json_values import damaged

LSP_ROW: dict[str, Any] = {
    "code": "F401",
    "codeDescription": {"href": "https://docs.astral.sh/ruff/rules/unused-import"},
    "data": {
        "code": "F401",
        "edits": [
            {
                "newText": "",
                "range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}},
            }
        ],
        "is_preferred": True,
        "title": "Remove unused import: `os`",
    },
    "message": "`os` imported but unused\n\nhelp: Remove unused import: `os`",
    "range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 9}},
    "severity": 2,
    "tags": [1],
}
JSON_ROW: dict[str, Any] = {
    "code": "F401",
    "end_location": {"column": 10, "row": 1},
    "filename": "/srv/shop/app.py",
    "fix": {
        "applicability": "safe",
        "edits": [
            {
                "content": "",
                "end_location": {"column": 1, "row": 2},
                "location": {"column": 1, "row": 1},
            }
        ],
        "message": "Remove unused import: `os`",
    },
    "location": {"column": 8, "row": 1},
    "message": "`os` imported but unused",
    "noqa_row": 1,
    "url": "https://docs.astral.sh/ruff/rules/unused-import",
}


def test_both_forms_give_the_same_finding() -> None:
    finding = from_server(LSP_ROW)
    assert finding == from_json(JSON_ROW)
    assert finding.message == "`os` imported but unused"
    assert finding.tags == (Tag.UNNECESSARY,)
    assert finding.fixes[0].safe
    assert Lines("import os\n").slice(finding.range) == "os"


@pytest.mark.parametrize(
    ("applicability", "safe"), [("safe", True), ("unsafe", False), ("display", False)]
)
def test_only_what_ruff_calls_safe_is_safe(applicability: str, safe: bool) -> None:
    row = JSON_ROW | {"fix": JSON_ROW["fix"] | {"applicability": applicability}}
    assert from_json(row).fixes[0].safe is safe


def test_a_fix_without_words_is_named_after_its_rule() -> None:
    lsp = LSP_ROW | {"data": LSP_ROW["data"] | {"title": "unused-import"}}
    fix = JSON_ROW["fix"] | {"message": None}
    json_row = JSON_ROW | {"fix": fix, "name": "unused-import"}
    assert from_server(lsp) == from_json(json_row)


def test_advice_is_no_part_of_a_message() -> None:
    advice = "\n\ninfo: mode 511\nhelp: Replace it"
    lsp = LSP_ROW | {"message": f"Non-octal mode{advice}"}
    assert from_server(lsp) == from_json(JSON_ROW | {"message": "Non-octal mode"})


def test_a_rule_without_a_code_is_called_by_its_name() -> None:
    json_row = JSON_ROW | {"code": None, "name": "shared-clock-mock"}
    assert from_server(LSP_ROW | {"code": "shared-clock-mock"}) == from_json(json_row)


def test_a_finding_without_a_rule_is_a_syntax_error() -> None:
    for finding in (from_server(LSP_ROW | {"code": None}), from_json(JSON_ROW | {"code": None})):
        assert finding.rule == "invalid-syntax"
        assert finding.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("rule", "category", "severity"),
    [
        ("S602", Category.SECURITY, Severity.HIGH),
        ("S101", Category.SECURITY, Severity.LOW),
        ("S608", Category.SECURITY, Severity.MEDIUM),
        ("C901", Category.PERFORMANCE, Severity.MEDIUM),
        ("F821", Category.QUALITY, Severity.HIGH),
        ("F401", Category.QUALITY, Severity.MEDIUM),
        ("SIM105", Category.QUALITY, Severity.MEDIUM),
        ("SLF001", Category.QUALITY, Severity.LOW),
        ("E501", Category.QUALITY, Severity.LOW),
        ("NEW123", Category.QUALITY, Severity.LOW),
    ],
)
def test_what_a_rule_is_about(rule: str, category: Category, severity: Severity) -> None:
    assert classify(rule) == (category, severity)


def is_sound(finding: Finding) -> bool:
    """It can be stored, shown, and compared with others."""
    again = codec.loads(codec.dumps(Report.of(finding.tool, (finding,))))
    places = [finding.range, *(edit.range for fix in finding.fixes for edit in fix.edits)]
    whole = all(type(n) is int and n >= 0 for place in places for at in place for n in at)
    return again.findings == (finding,) and whole


@pytest.mark.parametrize(
    ("read", "whole"),
    [pytest.param(from_server, LSP_ROW, id="lsp"), pytest.param(from_json, JSON_ROW, id="json")],
)
@given(st.data())
def test_garbage_is_refused_or_makes_a_sound_finding(
    read: Callable[[Any], Finding], whole: dict[str, Any], data: st.DataObject
) -> None:
    with suppress(*MALFORMED):
        assert is_sound(read(data.draw(damaged(whole))))


# ── the real tool, both ways ────────────────────────────────────────────────────────────────────

SMILE = "\U0001f600"
TEXTS = {
    "emoji before": f"x = '{SMILE}é'; import os\n",
    "emoji inside": f"def f():\n    return f'{{undefined}}{SMILE}', '{SMILE}', also_undefined\n",
    "emoji in a fix": f"import os\nprint('{SMILE}' % ())  # {SMILE}\nimport sys\n",
    "CRLF": f"import os\r\nx = '{SMILE}'; y = undefined\r\n",
    "CR": "import os\rx = undefined\r",
    "tabs": f"if True:\n\tx = '{SMILE}'; y = undefined\n\timport os\n",
    "byte order mark": "\ufeffimport os\nx = undefined\n",
    "byte order mark and emoji": f"\ufeffx = '{SMILE}'; y = undefined\n",
    "form feed": "import os\n\f\ndef f():\n    undefined\n",
    "line separator": "import os\nx = '\u2028'; y = undefined\n",
    "no line end": "import os",
    "nothing": "",
    "syntax error": f"x = '{SMILE}' )\nimport os\n",
    "complex": "def f(a):\n"
    + "".join(f"    if a == {n}:\n        return {n}\n" for n in range(12)),
    "security": "import subprocess\nsubprocess.call('x', shell=True)\nassert True\neval('1')\n",
    "deprecated": "from typing import List\nx: List[int] = []\n",
    "noqa": "import os  # noqa: F401\nimport sys  # noqa\nimport re\n",
}


def asked(folder: Path, content: bytes, *, disk: bool) -> Report:
    path = folder / "app.py"
    path.write_bytes(content)
    context = ("", str(folder), ("S", "C901", "UP006", "W", "E"), 10)
    item = (str(path), None if disk else canonical(content), ("", "", ""))
    ((_, stored),) = ruff_child.check(context, (item,))
    return codec.loads(stored)


@pytest.mark.parametrize("case", TEXTS)
def test_memory_and_disk_agree(case: str, tmp_path: Path) -> None:
    content = TEXTS[case].encode()
    memory, disk = (asked(tmp_path, content, disk=on_disk) for on_disk in (False, True))
    assert memory.state.is_verdict
    assert memory.state is disk.state
    assert sorted(memory.findings, key=repr) == sorted(disk.findings, key=repr)


@pytest.mark.parametrize("case", TEXTS)
def test_places_are_in_code_points(case: str, tmp_path: Path) -> None:
    """What a message quotes as unused or undefined stands at its place."""
    content = TEXTS[case].encode()
    lines = Lines(decode(content))
    for finding in asked(tmp_path, content, disk=False).findings:
        if finding.rule in ("F821", "F401"):
            assert f"`{lines.slice(finding.range)}`" in finding.message


@pytest.mark.parametrize("case", TEXTS)
def test_a_safe_fix_takes_its_finding_away(case: str, tmp_path: Path) -> None:
    content = canonical(TEXTS[case].encode())
    before = asked(tmp_path, content, disk=False).findings
    for finding in before:
        for fix in finding.fixes:
            if fix.safe:
                fixed = apply(decode(content), fix.edits).encode()
                after = [each.rule for each in asked(tmp_path, fixed, disk=False).findings]
                had = [each.rule for each in before]
                assert after.count(finding.rule) < had.count(finding.rule)


def test_the_servers_own_encoding_is_utf_32(tmp_path: Path) -> None:
    """A tool that counts otherwise would be off by one at each emoji."""
    report = asked(tmp_path, f"'{SMILE}{SMILE}'; undefined\n".encode(), disk=False)
    (finding,) = (each for each in report.findings if each.rule == "F821")
    assert tuple(finding.range.start) == (0, 6)


def test_many_answers_in_one_call(tmp_path: Path) -> None:
    """Each file gets its own findings, and a file that is not UTF-8 spoils only itself."""
    contents = {
        "a.py": b"import os\n",
        "b.py": b"",
        "c.py": b"x = '\xe9'\n",
        "d.py": b"import re\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    items = tuple((str(tmp_path / name), None, ("", "", "")) for name in contents)
    answers = ruff_child.check(("", str(tmp_path), ("S",), 10), items)
    a, b, c, d = (codec.loads(stored) for _, stored in answers)
    assert [f.message for r in (a, d) for f in r.findings if f.rule == "F401"] == [
        "`os` imported but unused",
        "`re` imported but unused",
    ]
    assert b.state is State.CLEAN
    assert c.state is State.NOT_ANALYSED
    assert "not text in the encoding" in c.why


def test_the_examples_are_what_ruff_answers(tmp_path: Path) -> None:
    """The rows above have the keys of real ones, or the tests on garbage would prove little."""
    report = asked(tmp_path, b"import os\n", disk=True)
    (real,) = (each for each in report.findings if each.rule == "F401")
    assert replace(real, fingerprint="") == from_json(json.loads(json.dumps(JSON_ROW)))
