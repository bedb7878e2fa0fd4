"""Code lenses over tests: where they are, what they run, and when there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .test_tasks import ended, own_interpreter
from .text import Json

PYTHON = """\
import unittest


def test_one():
    assert "😀" == 1


class TestTwo:
    def test_in(self):
        assert True
"""
SCRIPT = """\
const test = require('node:test');
test.describe('outer', () => {
  test('in 😀', () => {});
});
"""


async def lenses(editor: Editor, buffer: Buffer) -> list[tuple[int, str, Json]]:
    """Line, title and what is run, as they are when they come into sight."""
    found = await editor.request("textDocument/codeLens", {"textDocument": {"uri": buffer.uri}})
    assert all("command" not in each for each in found)
    resolved = [await editor.request("codeLens/resolve", each) for each in found]
    assert all(each["command"]["command"] == "understudy.runTests" for each in resolved)
    return [
        (
            each["range"]["start"]["line"],
            each["command"]["title"],
            each["command"]["arguments"][0],
        )
        for each in resolved
    ]


def ids(*tests: str) -> Json:
    return {"ids": list(tests)}


async def test_lenses_follow_the_text_and_run_what_they_are_on(
    start: Start, workspace: Path
) -> None:
    own_interpreter(workspace)
    (workspace / "pytest.ini").touch()
    editor = await start()
    buffer = editor.open(workspace / "tests" / "test_it.py", PYTHON)
    name = "tests/test_it.py"
    expected = [
        (0, "Run file", {"files": [name]}),
        (3, "Run test", ids(f"{name}::test_one")),
        (7, "Run tests", ids(f"{name}::TestTwo")),
        (8, "Run test", ids(f"{name}::TestTwo::test_in")),
    ]
    assert await lenses(editor, buffer) == expected
    for wanted, summary in ((expected[1], "1 failed"), (expected[3], "1 passed")):
        job = await editor.command("runTests", wanted[2], str(workspace))
        assert (await ended(editor, job))["summary"] == summary
    editor.edit(buffer, "import unittest\n", "import unittest\n\n\ndef test_new(): pass\n")
    line, _, given = (await lenses(editor, buffer))[1]
    assert (line, given) == (3, ids(f"{name}::test_new"))
    editor.edit(buffer, "def test_new(", "def test_new(:")
    assert await lenses(editor, buffer) == []


async def test_lenses_in_javascript(start: Start, workspace: Path) -> None:
    package = json.dumps({"scripts": {"test": "node --test"}})
    (workspace / "package.json").write_text(package)
    editor = await start()
    buffer = editor.open(workspace / "test" / "a.test.js", SCRIPT, language="javascript")
    name = "test/a.test.js"
    assert await lenses(editor, buffer) == [
        (0, "Run file", {"files": [name]}),
        (1, "Run tests", ids(f"{name}::outer > ")),
        (2, "Run test", ids(f"{name}::outer > in 😀")),
    ]
    place = (await editor.request("textDocument/codeLens", {"textDocument": {"uri": buffer.uri}}))[
        2
    ]
    assert place["range"]["end"] == {"line": 2, "character": 14}, "in UTF-16 units"


async def test_there_are_none_where_nothing_may_or_can_be_run(
    start: Start, workspace: Path
) -> None:
    (workspace / "pytest.ini").touch()
    workspace_: Any = CAPABILITIES["workspace"]
    able = CAPABILITIES | {"workspace": workspace_ | {"codeLens": {"refreshSupport": True}}}
    editor = await start(trusted=False, capabilities=able)
    buffer = editor.open(workspace / "test_it.py", PYTHON)
    other = editor.open(workspace / "app.py", PYTHON)
    assert await lenses(editor, buffer) == []
    editor.notify("understudy/trust", {"trusted": True})
    await editor.until(lambda: editor.said("workspace/codeLens/refresh"))
    assert await lenses(editor, buffer)
    assert await lenses(editor, other) == [], "it is no file of tests"
    asked = len(editor.said("workspace/codeLens/refresh"))
    await editor.configure({"tasks": {"testRunner": {"codeLens": False}}})
    await editor.until(lambda: len(editor.said("workspace/codeLens/refresh")) > asked)
    assert await lenses(editor, buffer) == []
    await editor.configure({"tasks": {"testRunner": {"command": ["make", "test"]}}})
    assert await lenses(editor, buffer) == [], "all would be run"
    command = ["pytest", "${{ files }}"]
    await editor.configure({"tasks": {"testRunner": {"command": command}}})
    assert [title for _, title, _ in await lenses(editor, buffer)] == ["Run file"]


FIGURES = """\
class A:
    @property
    def m(self): return "😀"; x = 1
    async def größe(self, x):
        return [y for y in x if y or not y]
"""


async def test_figures_are_shown_where_they_are_wanted(start: Start, workspace: Path) -> None:
    able = CAPABILITIES | {"workspace": CAPABILITIES["workspace"]}
    editor = await start(trusted=False, capabilities=able)
    buffer = editor.open(workspace / "app.py", FIGURES)
    asked = {"textDocument": {"uri": buffer.uri}}
    assert await editor.request("textDocument/codeLens", asked) == []
    await editor.configure({"complexity": {"codeLens": True}})

    async def shown() -> list[tuple[int, int, str]]:
        found = await editor.request("textDocument/codeLens", asked)
        assert all(each["command"]["command"] == "" for each in found), "nothing is run"
        return [(*each["range"]["start"].values(), each["command"]["title"]) for each in found]

    assert await shown() == [
        (2, 8, "complexity: cyclomatic 1, cognitive 0"),
        (3, 14, "complexity: cyclomatic 4, cognitive 3"),
    ]
    editor.edit(buffer, "class A:\n", "if A:\n")
    assert [line for line, *_ in await shown()] == [2, 3]
    editor.edit(buffer, "if A:\n", "if A(:\n")
    assert await shown() == []
