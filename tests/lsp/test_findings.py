"""What a finding looks like in an editor."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path

from ..needs import not_applicable
from .conftest import Start

SOURCE = """\
import hashlib
import os


def find(cursor, name):
    cursor.execute("SELECT * FROM t WHERE name = '%s'" % name)
    return hashlib.md5(name)
"""
UNNECESSARY, DEPRECATED = 1, 2
ERROR, WARNING, INFORMATION, HINT = 1, 2, 3, 4


async def test_one_problem_is_one_diagnostic(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", SOURCE)
    unused, sql, md5 = await editor.sees(
        file, "Bandit, Ruff B608", "Ruff, Bandit S324", "Ruff F401"
    )
    assert "SQL injection" in sql["message"]
    assert sql["codeDescription"]["href"].startswith("https://bandit.readthedocs.io/")
    assert "b608" in sql["codeDescription"]["href"]
    assert "tags" not in sql
    assert (sql["severity"], md5["severity"], unused["severity"]) == (WARNING, ERROR, WARNING)
    assert unused["tags"] == [UNNECESSARY]
    assert unused["codeDescription"]["href"] == "https://docs.astral.sh/ruff/rules/unused-import"
    assert all(each["source"] and each["message"] for each in (sql, md5, unused))


async def test_deprecated_code_is_tagged(start: Start, workspace: Path) -> None:
    (workspace / "pyproject.toml").write_text('[tool.ruff]\nlint.select = ["UP", "S"]\n')
    editor = await start()
    text = (
        "import unittest\n\n\nclass Test(unittest.TestCase):\n"
        "    def test_one(self):\n        self.assertEquals(1, 1)\n"
    )
    (diagnostic,) = await editor.sees(editor.open(workspace / "a.py", text), "Ruff UP005")
    assert diagnostic["tags"] == [DEPRECATED]


async def test_severities_are_the_users(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", SOURCE)
    await editor.sees(file, "Bandit, Ruff B608", "Ruff, Bandit S324", "Ruff F401")

    def severities() -> dict[str, int]:
        return {each["code"]: each["severity"] for each in editor.shown(file)}

    assert severities() == {"B608": WARNING, "S324": ERROR, "F401": WARNING}
    await editor.configure({"severity": {"high": "information", "medium": "hint"}})
    await editor.until(lambda: severities() == {"B608": HINT, "S324": INFORMATION, "F401": HINT})
    await editor.configure({})
    await editor.until(lambda: severities() == {"B608": WARNING, "S324": ERROR, "F401": WARNING})


async def test_ignored_rules_and_tools_that_are_off(start: Start, workspace: Path) -> None:
    editor = await start(settings={"rules": {"ignore": ["F401", "B608", "S608"]}})
    file = editor.open(workspace / "a.py", SOURCE)
    await editor.sees(file, "Ruff, Bandit S324")
    await editor.configure({"bandit": {"enabled": False}})
    await editor.sees(file, "Ruff S608", "Ruff S324", "Ruff F401")
    await editor.configure({"ruff": {"enabled": False}})
    await editor.sees(file, "Bandit B608", "Bandit B324")
    await editor.configure({"ruff": {"enabled": False}, "bandit": {"enabled": False}})
    await editor.sees(file)


async def test_hover_tells_why_it_matters(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", SOURCE)
    await editor.sees(file, "Bandit, Ruff B608", "Ruff, Bandit S324", "Ruff F401")
    told = await editor.hover(file, "SELECT")
    assert told is not None
    for part in (
        "SQL injection",
        "CWE-89",
        f"Bandit {version('bandit')} ",
        f"Ruff {version('ruff')} ",
        "https://docs.astral.sh/ruff/rules",
    ):
        assert part in told
    assert len(told) < 1500
    async with asyncio.timeout(30):  # a tool that takes its time is not waited for
        while "favor parameterized queries" not in (await editor.hover(file, "SELECT") or ""):
            pass
    assert await editor.hover(file, "return") is None
    editor.edit(file, "import os\n", "import os  # a comment\n\n\n")
    told = await editor.hover(file, "SELECT")
    assert told is not None, "the finding has moved with the text"
    assert "CWE-89" in told


async def test_a_syntax_error_is_one_finding(start: Start, workspace: Path) -> None:
    """Bandit's silence about a file that it cannot parse is in the status, never "clean"."""
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\ndef f(:\n    pass\n")
    await editor.until(lambda: "Ruff invalid-syntax" in editor.found(file))
    await editor.until(lambda: editor.tool("bandit").get("state") == "not analysed")
    assert not any("Bandit" in found for found in editor.found(file))
    editor.edit(file, "f(:", "f():")
    editor.save(file)
    await editor.sees(file, "Ruff F401")
    await editor.until(lambda: editor.tool("bandit")["state"] == "clean")


async def test_code_for_a_newer_python_is_told_of(start: Start, workspace: Path) -> None:
    """What the interpreter that Bandit runs on cannot parse is a visible problem."""
    editor = await start()
    if sys.version_info >= (3, 14):
        not_applicable("nothing here was written for a newer Python than this one")
    text = "type Pair[T] = tuple[T, T]\n" if sys.version_info < (3, 12) else "x = t'{1}'\n"
    file = editor.open(workspace / "a.py", text)
    await editor.sees(file, "Bandit, Radon not-analysed")
    (diagnostic,) = editor.shown(file)
    assert "bandit.interpreter" in diagnostic["message"]
    await editor.until(lambda: editor.tool("bandit").get("state") == "not analysed")


async def test_findings_of_the_three_worst_kinds_are_counted(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", SOURCE)
    await editor.sees(file, "Bandit, Ruff B608", "Ruff, Bandit S324", "Ruff F401")
    await editor.until(lambda: editor.status.get("summary") == "1 error, 2 warnings")
    assert editor.status["counts"] == {"critical": 0, "high": 1, "medium": 2, "low": 0, "info": 0}
    editor.close(file)
    await editor.until(lambda: sum(editor.status["counts"].values()) == 0)
