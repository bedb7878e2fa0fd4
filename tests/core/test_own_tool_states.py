"""Every tool with an analyzer of its own that runs as a process, in every state: Ruff, Bandit under
another interpreter, Pylint, ESLint."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from understudy.analyzers.ruff.child import executable
from understudy.model import State

from .eslint_support import NODE, stand_in
from .programs import program
from .tool_states import COLUMNS, Cell, Row, amiss, beside, engine

Prepare = Callable[[Path], Mapping[str, object]]
NOWHERE = "/nowhere/tool"


def _script(setting: str, body: str, **more: object) -> Prepare:
    """The tool is a script that runs ``body``; ``root`` there is the workspace."""

    def prepare(root: Path) -> Mapping[str, object]:
        path = program(beside(root), body.replace("ROOT", str(root)))
        own = {setting: str(path), **more}
        tool, _, _ = setting.partition(".")
        return {f"{tool}.enabled": True, **own}

    return prepare


def _real(tool: str, setting: str, value: str) -> Prepare:
    return lambda root: {f"{tool}.enabled": True, setting: value}


# ── Ruff ────────────────────────────────────────────────────────────────────────────────────────

RUFF = executable("")
_ROW = {
    "code": "F401",
    "message": "WORD",
    "filename": "ROOT/a.py",
    "location": {"row": 1, "column": 8},
    "end_location": {"row": 1, "column": 10},
}
_LOUD = f"""case "$1" in server) exec '{RUFF}' "$@";; esac
'{RUFF}' "$@"; exit 1"""
_NO_TEXT = f"""\
'{RUFF}' "$@" | '{sys.executable}' -c 'import os
while piece := os.read(0, 65536): os.write(1, piece.replace(b"`", bytes([255])))'"""


def _ruff(body: str) -> Prepare:
    version = 'case "$1" in --version) echo ruff 99.1; exit;; esac\n'
    return _script("ruff.path", version + body)


RUFF_ROW = Row(
    "ruff",
    "*.py",
    "import os\n",
    {
        "not installed": Cell(
            _real("ruff", "ruff.path", NOWHERE), State.MISSING, f"ruff.path names {NOWHERE}"
        ),
        "wrong version": Cell(
            _script("ruff.path", "echo ruff 0.0.1"),
            State.WRONG_VERSION,
            "has version 0.0.1, but .* or newer is needed.*ruff.path",
        ),
        "crashes": Cell(_ruff("kill -SEGV $$"), State.FAILED, "no usable answer: it ended"),
        "hangs": Cell(_ruff("exec sleep 1000"), State.TIMED_OUT, "1 s", within=1.0),
        "prints garbage": Cell(_ruff("echo this is none"), State.FAILED, "not LSP: 'this is none"),
        "exits non-zero with findings": Cell(_ruff(_LOUD), State.FINDINGS, rules=("F401",)),
        "exits zero with an error": Cell(
            _ruff("echo cannot open it >&2"), State.FAILED, "it ended without an answer"
        ),
        "non-UTF-8 output": Cell(_ruff(_NO_TEXT), State.FINDINGS, rules=("F401",)),
        "a hard name": Cell(_ruff(f"exec '{RUFF}' \"$@\""), State.FINDINGS, rules=("F401",)),
    },
)

# ── tools that are run by an interpreter ────────────────────────────────────────────────────────


def _before(code: str) -> str:
    """The interpreter is ours, and runs ``code`` first."""
    quoted = code.replace("'", "'\\''")
    return (
        f'while [ "$1" != -c ]; do shift; done; program=$2; shift 2\n'
        f"exec '{sys.executable}' -P -c '{quoted}\nexec(sys.argv.pop(1))' \"$program\" \"$@\""
    )


_OLD_BANDIT = "import sys, importlib.metadata as m; m.version = lambda name: '1.6.2'"


def _bandit(body: str, **more: object) -> Prepare:
    return _script("bandit.interpreter", body, **more)


_BANDIT_SAYS = {
    "errors": [],
    "results": [
        {
            "test_id": "B307",
            "issue_text": "WORD",
            "issue_severity": "LOW",
            "issue_confidence": "LOW",
            "issue_cwe": {"id": 78},
            "line_range": [1],
            "line_number": 1,
            "col_offset": 0,
            "end_col_offset": 4,
        }
    ],
}


def _saying(answer: object, errors: str = "", status: int = 1) -> str:
    """Print an answer in which WORD is no text."""
    told = json.dumps(answer, indent=4).replace("WORD", "W\\377RD").replace("%", "%%")
    quoted = told.replace("\\n", "\\\\n").replace("'", "'\\''")
    return f"printf '{quoted}'\nprintf '{errors}\\n' >&2\nexit {status}"


BANDIT_ROW = Row(
    "bandit",
    "*.py",
    "eval(x)\n",
    {
        "not installed": Cell(
            _bandit(f"exec '{sys.executable}' -S \"$@\""), State.MISSING, "has no bandit"
        ),
        "wrong version": Cell(
            _bandit(_before(_OLD_BANDIT)),
            State.WRONG_VERSION,
            "Bandit of .* is older than 1.7.10: .*bandit.interpreter",
        ),
        "crashes": Cell(_bandit("kill -SEGV $$"), State.FAILED, "Segmentation fault"),
        "hangs": Cell(
            _bandit("exec sleep 1000", **{"bandit.timeoutSeconds": 0.4}), State.TIMED_OUT, "0.4"
        ),
        "prints garbage": Cell(_bandit("echo this is none"), State.FAILED, "not JSON: 'this is"),
        "exits non-zero with findings": Cell(
            _bandit(f"exec '{sys.executable}' \"$@\""), State.FINDINGS, rules=("B307",)
        ),
        "exits zero with an error": Cell(
            _bandit("echo cannot open it >&2"), State.FAILED, "cannot open it"
        ),
        "non-UTF-8 output": Cell(_bandit(_saying(_BANDIT_SAYS)), State.FINDINGS, rules=("B307",)),
        "a hard name": Cell(
            _real("bandit", "bandit.interpreter", sys.executable),
            State.FINDINGS,
            rules=("B307",),
        ),
    },
)


def _pylint(body: str, **more: object) -> Prepare:
    return _script("pylint.interpreter", body, **more)


_OLD_PYLINT = """\
import sys
from pylint.utils import LinterStats
LinterStats.__init__ = lambda self: None"""
_PYLINT_SAYS = {
    "messages": [
        {
            "type": "warning",
            "symbol": "eval-used",
            "message": "WORD",
            "messageId": "W0123",
            "confidence": "UNDEFINED",
            "line": 1,
            "column": 0,
            "endLine": 1,
            "endColumn": 4,
            "absolutePath": "ROOT/a.py",
        }
    ],
    "statistics": {},
}

PYLINT_ROW = Row(
    "pylint",
    "*.py",
    '"""A file."""\neval("1")\n',
    {
        "not installed": Cell(
            _pylint(f"exec '{sys.executable}' -S \"$@\""), State.MISSING, "pip install pylint"
        ),
        "wrong version": Cell(_pylint(_before(_OLD_PYLINT)), State.WRONG_VERSION, "older than 4.0"),
        "crashes": Cell(_pylint("kill -SEGV $$"), State.FAILED, "Segmentation fault"),
        "hangs": Cell(
            _pylint("exec sleep 1000", **{"pylint.timeoutSeconds": 0.4}), State.TIMED_OUT, "0.4"
        ),
        "prints garbage": Cell(_pylint("echo this is none"), State.FAILED, "this is none"),
        "exits non-zero with findings": Cell(
            _pylint(f"exec '{sys.executable}' \"$@\""), State.FINDINGS, rules=("W0123",)
        ),
        "exits zero with an error": Cell(
            _pylint("echo cannot open it >&2"), State.FAILED, "cannot open it"
        ),
        "non-UTF-8 output": Cell(
            _pylint(_saying(_PYLINT_SAYS, "understudy: skipped 0", 4)),
            State.FINDINGS,
            rules=("W0123",),
        ),
        "a hard name": Cell(
            _real("pylint", "pylint.interpreter", sys.executable),
            State.FINDINGS,
            rules=("C0103", "W2402", "W0123"),
        ),
    },
)

# ── ESLint ──────────────────────────────────────────────────────────────────────────────────────

_MESSAGE = '{ ruleId: "semi", severity: 2, message: "WORD", line: 1, column: 1 }'


def _eslint(lint: str, *, version: str = "10.0.0", timeout: float = 60.0) -> Prepare:
    """The project's ESLint is a class with ``lint`` for the body of ``lintText``."""

    def prepare(root: Path) -> Mapping[str, object]:
        stand_in(root, lint, version)
        return {"eslint.enabled": True, "eslint.node": NODE, "eslint.timeoutSeconds": timeout}

    return prepare


def _no_eslint(root: Path) -> Mapping[str, object]:
    (root / "eslint.config.js").write_text("module.exports = [];\n")
    return {"eslint.enabled": True, "eslint.node": NODE}


def _found(before: str = "", message: str = _MESSAGE) -> Cell:
    lint = f"{before}; return [{{ messages: [{message}] }}];"
    return Cell(_eslint(lint), State.FINDINGS, rules=("semi",))


ESLINT_ROW = Row(
    "eslint",
    "*.js",
    "x\n",
    {
        "not installed": Cell(_no_eslint, State.MISSING, "npm install"),
        "wrong version": Cell(
            _eslint("", version="8.40.0"), State.WRONG_VERSION, "8.40.0.*8.57 or newer"
        ),
        "crashes": Cell(
            _eslint('process.kill(process.pid, "SIGSEGV"); await new Promise(() => {});'),
            State.FAILED,
            "Segmentation fault",
        ),
        "hangs": Cell(_eslint("for (;;);", timeout=1.0), State.TIMED_OUT, "1 s"),
        "prints garbage": Cell(_eslint("return [7];"), State.FAILED, "."),
        "exits non-zero with findings": _found("process.exitCode = 1"),
        "exits zero with an error": Cell(
            _eslint('console.error("cannot open it"); process.exit(0);'),
            State.FAILED,
            "cannot open it",
        ),
        "non-UTF-8 output": _found(
            "process.stdout.write(Buffer.from([255]))", _MESSAGE.replace("WORD", "W\\ud800RD")
        ),
        "a hard name": _found(),
    },
)

ROWS = {row.tool: row for row in (RUFF_ROW, BANDIT_ROW, PYLINT_ROW, ESLINT_ROW)}


@pytest.mark.parametrize("tool", ROWS)
async def test_every_state(tool: str, tmp_path: Path, nothing_is_left: None) -> None:
    assert set(ROWS[tool].cells) == set(COLUMNS)
    async with engine(tmp_path / "state") as asked:
        assert await amiss(asked, ROWS[tool], tmp_path) == {}
