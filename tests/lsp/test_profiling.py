"""A file or a test is profiled from an editor, and its hot functions are shown above them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .test_tasks import own_interpreter

SCRIPT = """\
# 😀
def hot(n):
    total = 0
    for number in range(n):
        total += number * number
    return total


def cold():
    return 1


hot(4_000_000)
cold()
"""
TESTS = """\
def slow():
    return sum(number * number for number in range(3_000_000))


def test_slow():
    assert slow()


def test_other():
    raise AssertionError
"""


async def hints(editor: Editor, buffer: Buffer) -> list[tuple[int, int, str]]:
    found = await editor.request("textDocument/codeLens", {"textDocument": {"uri": buffer.uri}})
    titles = [
        (*each["range"]["start"].values(), each["command"]["title"])
        for each in found
        if "command" in each
    ]
    return [each for each in titles if "profile of" in each[2]]


def _able() -> Any:
    workspace: Any = CAPABILITIES["workspace"]
    return CAPABILITIES | {"workspace": workspace | {"codeLens": {"refreshSupport": True}}}


async def test_what_a_script_does_is_shown_until_the_function_changes(
    start: Start, workspace: Path
) -> None:
    own_interpreter(workspace)
    (workspace / "slow.py").write_text(SCRIPT)
    editor = await start(capabilities=_able())
    buffer = editor.open(workspace / "slow.py", SCRIPT)
    assert await hints(editor, buffer) == []
    found = await editor.command("profileFile", buffer.uri)
    assert found["command"] == "python slow.py"
    assert found["runs"][0]["exit_code"] == 0
    await editor.until(lambda: editor.said("workspace/codeLens/refresh"))
    ((line, column, title),) = await hints(editor, buffer)
    assert (line, column) == (1, 0)
    share, _, rest = title.partition("%")
    assert int(share) > 50
    assert " · line " in rest
    assert rest.endswith(" · profile of python slow.py")
    editor.edit(buffer, "# 😀\n", "# 😀\n# another line\n")
    ((line, _, moved),) = await hints(editor, buffer)
    assert line == 2
    number = int(title.partition(" · line ")[2].partition(":")[0])
    assert f" · line {number + 1}: " in moved
    editor.edit(buffer, "return 1", "return 2")
    assert len(await hints(editor, buffer)) == 1, "another function has changed"
    editor.edit(buffer, "total += number", "total -= number")
    assert await hints(editor, buffer) == []
    editor.edit(buffer, "total -= number", "total += number")
    assert len(await hints(editor, buffer)) == 1
    assert await editor.command("clearProfile") == 1
    assert await hints(editor, buffer) == []


async def test_the_test_at_the_cursor_is_profiled(start: Start, workspace: Path) -> None:
    own_interpreter(workspace)
    (workspace / "pytest.ini").touch()
    (workspace / "test_it.py").write_text(TESTS)
    editor = await start()
    buffer = editor.open(workspace / "test_it.py", TESTS)
    found = await editor.command("profileFile", buffer.uri, 6)
    assert found["command"] == "pytest test_it.py::test_slow"
    assert found["runs"][0]["exit_code"] == 0
    shown = {line for line, _, _ in await hints(editor, buffer)}
    assert 0 in shown
    whole = await editor.command("profileFile", buffer.uri)
    assert whole["command"] == "pytest test_it.py"
    assert whole["runs"][0]["exit_code"] == 1, "a test fails"
    said = editor.said("window/showMessage")[-1]["message"]
    assert " and ended with 1." in said
    assert " It said: test_it.py::test_other: AssertionError" in said


async def test_why_a_program_failed_is_told_without_its_secrets(
    start: Start, workspace: Path
) -> None:
    own_interpreter(workspace)
    token = "gh" + "p_" + "x9" * 18
    (workspace / "bad.py").write_text(f"print('first')\nraise SystemExit('no way: {token}')\n")
    editor = await start()
    found = await editor.command("profileFile", (workspace / "bad.py").as_uri())
    assert found["runs"][0]["exit_code"] == 1
    said = editor.said("window/showMessage")[-1]
    assert said["type"] == 2
    assert " and ended with 1." in said["message"]
    assert " It said: no way: " in said["message"]
    assert token not in said["message"]


async def test_a_profile_that_was_made_in_a_terminal_is_shown(
    start: Start, workspace: Path
) -> None:
    own_interpreter(workspace)
    (workspace / "slow.py").write_text(SCRIPT)
    editor = await start()
    buffer = editor.open(workspace / "slow.py", SCRIPT)
    assert await hints(editor, buffer) == []
    environment = {**os.environ, "UNDERSTUDY_STATE_DIR": editor.state}
    ours = [sys.executable, "-P", "-m", "understudy"]
    profile = ["profile", "--in", str(workspace), "--", "python", "slow.py"]
    for words in (["trust", str(workspace)], profile):
        run = partial(subprocess.run, [*ours, *words], cwd=workspace, env=environment, check=True)
        await asyncio.to_thread(run, capture_output=True)
    assert len(await hints(editor, buffer)) == 1
    await editor.configure({"profile": {"codeLens": False}})
    assert await hints(editor, buffer) == []


@pytest.mark.parametrize(
    ("name", "trusted", "told"),
    [
        ("slow.py", False, "is not trusted, so nothing of it runs"),
        ("notes.txt", True, "notes.txt is neither Python nor a test of it"),
    ],
)
async def test_what_is_not_run_is_told(
    start: Start, workspace: Path, name: str, trusted: bool, told: str
) -> None:
    own_interpreter(workspace)
    (workspace / name).write_text("open('ran', 'w')\n")
    editor = await start(trusted=trusted)
    assert await editor.command("profileFile", (workspace / name).as_uri()) is None
    said = [each["message"] for each in editor.said("window/showMessage")]
    assert any(told in each for each in said)
    assert not (workspace / "ran").exists()
