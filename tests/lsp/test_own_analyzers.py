"""Commands that are declared in the settings, in an editor: on save, on trust, when they hang."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Start
from .processes import survivors
from .tools import program

NUMBERED = r"^(?P<file>.+?):(?P<line>\d+):(?P<message>.*)$"


def declare(workspace: Path, command: list[str], **more: Any) -> Path:
    own = {"command": command, "files": ["*.notes"], "output": NUMBERED, **more}
    config = workspace / ".understudy/config.yaml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"analyzers": {"custom": {"filler": own}}}))
    return config


GREP = ["grep", "-nH", "lorem", "--", "${{ file }}"]
LIKE_GREP = {"okCodes": [0, 1], "foundCodes": []}


async def test_a_save_shows_and_clears(start: Start, workspace: Path) -> None:
    declare(workspace, GREP, **LIKE_GREP)
    editor = await start(trusted=True)
    file = editor.open(workspace / "-a 😀.notes", "one\n😀 lorem\n", language="plaintext")
    (told,) = await editor.sees(file, "filler filler")
    assert told["range"]["start"] == {"line": 1, "character": 0}
    editor.edit(file, "lorem", "ipsum")
    editor.save(file)
    await editor.sees(file)
    await editor.until(lambda: editor.tool("filler").get("state") == "clean")


@pytest.mark.parametrize("given", ["file", "files"])
async def test_fixes_beside_a_tool_that_reads_from_disk(
    start: Start, workspace: Path, given: str
) -> None:
    """A fix is tried on a copy, at which such a tool cannot look: it does not stand in the way."""
    declare(workspace, GREP, files=["*.py"], input=given, **LIKE_GREP)
    editor = await start(settings={"fixes": {"onSave": ["F401"]}}, trusted=True)
    lorem = "x = 1  # lorem\n"
    file = editor.open(workspace / "a.py", f"import os\n\n{lorem}")
    await editor.sees(file, "Ruff F401", "filler filler")
    offered = await editor.actions(file, "os")
    assert "Fix: Remove unused import: `os` (Ruff F401)" in offered
    assert "Ignore filler here" in await editor.actions(file, "lorem")
    (every,) = (await editor.actions(file, "os", ["source.fixAll"])).values()
    assert every["title"] == "Fix all safe findings"
    editor.save(file)
    await editor.until(lambda: file.text == f"\n{lorem}")


@pytest.mark.parametrize("given", ["file", "stdin"])
async def test_code_actions_ask_no_tool_again(
    start: Start, workspace: Path, tmp_path: Path, given: str
) -> None:
    """Also one whose answers are not kept, as are those of a tool that fails."""
    log = tmp_path / "asked"
    fake = program(tmp_path / "fails", f"cat > /dev/null; echo x >> '{log}'; echo no >&2; exit 9")
    declare(workspace, [fake], input=given, files=["*.py"])
    editor = await start(trusted=True)
    file = editor.open(workspace / "a.py", "x = eval\nprint(eval(input()))\n")
    await editor.sees(file, "filler not-analysed", "Bandit, Ruff B307")
    await editor.idle()
    asked = log.read_text()
    for _ in range(2):
        assert "Explain not-analysed in line 1" in await editor.actions(file, "x")
    assert log.read_text() == asked
    editor.edit(file, "eval", "eval  ")
    assert "Explain not-analysed in line 1" in await editor.actions(file, "x")
    assert (log.read_text() == asked) == (given == "file")


async def test_it_runs_from_the_moment_of_trust(start: Start, workspace: Path) -> None:
    config = declare(workspace, GREP, **LIKE_GREP)
    editor = await start(trusted=False)
    file = editor.open(workspace / "a.notes", "lorem\n", language="plaintext")
    await editor.sees(config, "Understudy settings")
    await editor.idle()
    assert editor.found(file) == []
    editor.notify("understudy/trust", {"trusted": True})
    await editor.sees(file, "filler filler")
    editor.notify("understudy/trust", {"trusted": False})
    await editor.sees(file)


async def test_a_new_declaration_holds_at_once(start: Start, workspace: Path) -> None:
    config = declare(workspace, GREP, **LIKE_GREP)
    editor = await start(trusted=True)
    file = editor.open(workspace / "a.notes", "lorem\nipsum\n", language="plaintext")
    await editor.sees(file, "filler filler")
    declare(workspace, ["no-such-program"])
    editor.touch(config)
    await editor.until(lambda: editor.tool("filler").get("state") == "missing")
    assert "no-such-program" in editor.tool("filler")["why"]
    assert editor.status["state"] == "attention"
    declare(workspace, [word.replace("lorem", "ipsum") for word in GREP], **LIKE_GREP)
    editor.touch(config)
    (told,) = await editor.sees(file, "filler filler")
    assert told["range"]["start"]["line"] == 1


async def test_what_hangs_is_ended_with_all_that_it_started(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    fake = program(tmp_path / "hangs", "sleep 600 & exec sleep 600")
    declare(workspace, [fake], timeoutSeconds=0.5)
    editor = await start(trusted=True)
    editor.open(workspace / "a.notes", "x\n", language="plaintext")
    await editor.until(lambda: editor.tool("filler").get("state") == "timed out")
    assert "0.5 s" in editor.tool("filler")["why"]
    assert await survivors(editor.processes("sleep 600"), 10) == []
