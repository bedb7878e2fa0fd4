"""Every external tool in every state: the right one is told, no finding is lost, none invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from understudy.model import State
from understudy.settings.analyzers import DeclaredAnalyzer

from .programs import declaring, program
from .tool_states import COLUMNS, Cell, Row, amiss, beside, engine

Prepare = Callable[[Path], Mapping[str, object]]

_VERSION = 'case "$1" in --version) echo tool {}; exit;; esac\n'
_LOOK = 'for last; do :; done\ncase "$last" in -*) exit 9;; esac\ntest -f "$last" || exit 9\n'


def _optional(tool: str, body: str, version: str = "99.1", **more: object) -> Prepare:
    """The tool is a script that runs ``body``."""

    def prepare(root: Path) -> Mapping[str, object]:
        path = program(beside(root), _VERSION.format(version) + body)
        own = {"enabled": True, "path": str(path), **more}
        return {f"{tool}.{name}": value for name, value in own.items()}

    return prepare


def _answering(prepare: Callable[[str], Prepare], answer: bytes, status: int = 0) -> Prepare:
    """The tool prints ``answer``, in which NAME stands for the file."""

    def prepared(root: Path) -> Mapping[str, object]:
        (file,) = (path for path in root.rglob("*") if path.is_file())
        told = beside(root).with_name("answer")
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_bytes(answer.replace(b"NAME", _quoted(file)))
        return prepare(f"{_LOOK}cat '{told}'\nexit {status}")(root)

    return prepared


def _quoted(file: Path) -> bytes:
    return json.dumps(str(file), ensure_ascii=False)[1:-1].encode()


def _answers(form: Any) -> bytes:
    return json.dumps(form).encode()


def _sarif(rule: str) -> Any:
    place = {"artifactLocation": {"uri": "NAME"}, "region": {"startLine": 1}}
    result = {
        "ruleId": rule,
        "message": {"text": "WORD"},
        "locations": [{"physicalLocation": place}],
    }
    return {"runs": [{"tool": {"driver": {"name": "tool"}}, "results": [result]}]}


_PLACED = {"file": "NAME", "line": 1, "column": 1, "message": "WORD"}
_SPAN = {"start": {"line": 1, "col": 1}, "end": {"line": 1, "col": 2}}
OPTIONAL: dict[str, tuple[str, str, bytes, str]] = {
    "zizmor": (
        ".github/workflows/*.yml",
        "name: x\n",
        _answers(_sarif("unpinned-uses")),
        "unpinned-uses",
    ),
    "shellcheck": (
        "*.sh",
        "echo $1\n",
        _answers({"comments": [{**_PLACED, "level": "info", "code": 2086}]}),
        "SC2086",
    ),
    "hadolint": (
        "*.Dockerfile",
        "FROM a\n",
        _answers([{**_PLACED, "level": "warning", "code": "DL3006"}]),
        "DL3006",
    ),
    "mypy": (
        "*.py",
        "x = 1\n",
        _answers({**_PLACED, "code": "attr-defined", "severity": "error", "hint": None}),
        "attr-defined",
    ),
    "ty": ("*.py", "x = 1\n", _answers(_sarif("missing-attribute")), "missing-attribute"),
    "semgrep": (
        "*.py",
        "x = 1\n",
        _answers(
            {
                "results": [
                    {
                        "check_id": "no-eval",
                        "path": "NAME",
                        **_SPAN,
                        "extra": {"message": "WORD", "severity": "ERROR", "metadata": {}},
                    }
                ],
                "errors": [],
            }
        ),
        "no-eval",
    ),
    "kingfisher": (
        "*.env",
        "x=1\n",
        _answers(
            {
                "findings": [
                    {
                        "rule": {"id": "betterleaks.github-pat", "description": "WORD"},
                        "finding": {
                            "path": "NAME",
                            "line": 1,
                            "column_start": 2,
                            "column_end": 2,
                            "confidence": "high",
                        },
                    }
                ]
            }
        ),
        "betterleaks.github-pat",
    ),
}
FOUND = {"zizmor": 0, "kingfisher": 200}
"""With what it ends when it has found something, where that is not 1."""


def _program(
    tool: str,
    file: str,
    content: str,
    answer: bytes,
    rule: str,
    make: Callable[[str], Prepare],
    status: int = 1,
) -> Row:
    """The row of a program whose answers are read as ``programs/program.py`` does, and which ends
    with ``status`` when it has found something."""
    found = Cell(_answering(make, answer, status), State.FINDINGS, rules=(rule,))
    louder = Cell(_answering(make, answer, 1), State.FAILED, "ended with status 1", (rule,))
    return Row(
        tool,
        file,
        content,
        {
            "crashes": Cell(make("kill -SEGV $$"), State.FAILED, "Segmentation fault"),
            "prints garbage": Cell(make("echo this is none"), State.FAILED, "this is none|form"),
            "exits non-zero with findings": found if status else louder,
            "exits zero with an error": Cell(
                make("echo cannot open it >&2"), State.FAILED, "cannot open it"
            ),
            "non-UTF-8 output": found._replace(
                prepare=_answering(make, answer.replace(b"WORD", b"W\xff\xfeRD"), status)
            ),
            "a hard name": found,
        },
    )


def _row(tool: str) -> Row:
    """An optional program's."""
    absent = "/nowhere/tool"
    row = _program(tool, *OPTIONAL[tool], partial(_optional, tool), FOUND.get(tool, 1))
    more = {
        "not installed": Cell(
            lambda root: {**_optional(tool, "")(root), f"{tool}.path": absent},
            State.MISSING,
            f"{absent} was not found.*install it.*{tool}.path",
        ),
        "wrong version": Cell(
            _optional(tool, "", "0.0.1"), State.WRONG_VERSION, "has version 0.0.1, but"
        ),
        "hangs": Cell(
            _optional(tool, "exec sleep 1000", timeoutSeconds=0.4), State.TIMED_OUT, "0.4"
        ),
    }
    return row._replace(cells={**row.cells, **more})


def _declared(body: str, **more: Any) -> Prepare:
    """The command ``fake``, which prints a finding a line."""

    def prepare(root: Path) -> Mapping[str, object]:
        return {"analyzers.custom": _custom(program(beside(root), body), **more)}

    return prepare


def _custom(command: Path, **more: Any) -> Mapping[str, DeclaredAnalyzer]:
    return declaring(command, **more).analyzers.custom


def _declared_row() -> Row:
    row = _program("fake", "*.txt", "x\n", b"NAME:1:1: error: WORD\n", "fake", _declared)
    more: dict[str, Cell | str] = {
        "not installed": Cell(
            lambda root: {"analyzers.custom": _custom(root / "none")},
            State.MISSING,
            "none was not found.*analyzers.custom.fake.command",
        ),
        "wrong version": "which versions will do, whoever declares a command does not say",
        "hangs": Cell(_declared("exec sleep 1000", timeout_seconds=0.4), State.TIMED_OUT, "0.4"),
        "prints garbage": Cell(_declared("printf '\\001\\002'"), State.FAILED, "is not text"),
    }
    return row._replace(cells={**row.cells, **more})


ROWS = {**{tool: _row(tool) for tool in OPTIONAL}, "declared": _declared_row()}


@pytest.mark.parametrize("tool", ROWS)
async def test_every_state(tool: str, tmp_path: Path, nothing_is_left: None) -> None:
    assert set(ROWS[tool].cells) == set(COLUMNS)
    async with engine(tmp_path / "state") as asked:
        assert await amiss(asked, ROWS[tool], tmp_path) == {}
