"""Whoever ends the server while a command is tried, and however: nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from understudy.state import workspace_dir

from .conftest import Start
from .connection import ENDING_SECONDS, Refused
from .editor import Editor
from .processes import survivors

pytestmark = pytest.mark.usefixtures("known_machine")

_RUNS = "sh -c 'echo > new; echo said; exec cat never'"
_LOOKED_AT = "sh -c 'mkdir many; cd many; seq 20000 | xargs touch; echo said'"
"""What it wrote takes a second to be kept and told."""


async def terminate(editor: Editor) -> None:
    assert await editor.terminate() == -signal.SIGTERM


def mounts(below: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in lines if str(below) in line]


def kept(editor: Editor, workspace: Path) -> dict[str, bool]:
    """What is left of trials on the disk, and whether that is all of it."""
    folder = workspace_dir(workspace, editor.state) / "trials"
    names = sorted(name for name in os.listdir(folder) if name.isdecimal())
    return {name: (folder / name / "trial.json").exists() for name in names}


@pytest.mark.parametrize("line", [_RUNS, _LOOKED_AT], ids=["runs", "looked at"])
@pytest.mark.parametrize(
    "end", [Editor.quit, Editor.exit, Editor.hang_up, Editor.vanish, terminate, Editor.kill]
)
async def test_nothing_is_left_of_what_is_tried(
    start: Start,
    environment: dict[str, str],
    workspace: Path,
    tmp_path: Path,
    line: str,
    end: Callable[[Editor], Awaitable[object]],
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment["TMPDIR"] = str(temporary)
    editor: Editor = await start()
    os.mkfifo(workspace / "never")
    await editor.command("runInSandbox", "true")
    before = os.listdir(temporary)
    _, answer = editor.ask(
        "workspace/executeCommand", {"command": "understudy.runInSandbox", "arguments": [line]}
    )
    await editor.until(lambda: editor.said("understudy/sandboxOutput"))
    running = editor.processes()
    await end(editor)
    assert await survivors(running, ENDING_SECONDS) == []
    assert await editor.left_behind() == []
    assert (mounts(tmp_path), os.listdir(temporary)) == ([], before)
    assert sorted(os.listdir(workspace)) == ["never", "pyproject.toml"]
    if end is Editor.kill:  # the next run takes it away
        editor = await start()
        await editor.command("runInSandbox", "true")
    assert all(kept(editor, workspace).values())
    with contextlib.suppress(ConnectionError, Refused):
        assert (await answer)["status"] in ("refused", "clean")
    if line is _RUNS:
        assert [*kept(editor, workspace)] == (["1", "3"] if end is Editor.kill else ["1"])
