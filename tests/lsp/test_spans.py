"""From an event to its outcome: what a save led to is found again in one trace."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from understudy.app.insights.profiling import opened
from understudy.state import workspace_dir
from understudy.store.profile import Row

from .conftest import Start
from .editor import Editor

_FILE = "app.py"


async def _kept(root: Path, state: str) -> list[Row]:
    async with opened(workspace_dir(root, Path(state))) as profiles:
        return await profiles.newest()


async def test_what_an_event_led_to_is_one_trace(start: Start, workspace: Path) -> None:
    editor = await start()
    buffer = editor.open(workspace / _FILE, "import os\n")
    await editor.sees(buffer, "Ruff F401")
    await editor.request("textDocument/codeLens", {"textDocument": {"uri": buffer.uri}})
    await editor.idle()
    state = editor.state
    await editor.quit()
    rows = await _kept(workspace, state)
    by_id = {each.id: each for each in rows}
    (ruff,) = [
        each
        for each in rows
        if each.name == "run" and json.loads(each.attributes)["tool"] == "ruff"
    ]
    assert ruff.file == _FILE
    assert ruff.cpu > 0
    assert ruff.memory > 1 << 20
    above = []
    while ruff.parent:
        ruff = by_id[ruff.parent]
        above.append(ruff.name)
    assert above == ["analysis", "event"]
    assert json.loads(ruff.attributes)["tool"] == "Opened"
    of_it = {each.name for each in rows if each.trace == ruff.trace and each.file == _FILE}
    assert {"analysis", "queue", "run", "parse", "lookup", "merge", "publish"} <= of_it
    requests = [each.attributes for each in rows if each.name == "request"]
    assert any("textDocument/codeLens" in each for each in requests)


async def test_switched_off_in_an_editor_nothing_is_kept(start: Start, workspace: Path) -> None:
    editor = await start(settings={"profile": {"enabled": False}})
    buffer = editor.open(workspace / _FILE, "import os\n")
    await editor.sees(buffer, "Ruff F401")
    state = editor.state
    await editor.quit()
    assert await _kept(workspace, state) == []


@pytest.mark.parametrize("leave", [Editor.hang_up, Editor.vanish])
async def test_an_editor_that_waits_for_no_answer_to_its_shutdown_loses_nothing(
    start: Start, workspace: Path, leave: Callable[[Editor], Awaitable[int]]
) -> None:
    editor = await start()
    buffer = editor.open(workspace / _FILE, "import os\n")
    await editor.sees(buffer, "Ruff F401")
    editor.ask("shutdown", None)
    assert await leave(editor) == 0
    assert {"analysis", "publish"} <= {each.name for each in await _kept(workspace, editor.state)}
