"""Commands that are tried from an editor, and what they would change."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from .conftest import Start
from .editor import Editor


def printed(editor: Editor) -> str:
    return "".join(each["text"] for each in editor.said("understudy/sandboxOutput"))


async def test_what_a_command_would_change_is_told_and_nothing_is_changed(
    start: Start, workspace: Path
) -> None:
    editor = await start()
    (workspace / "a.txt").write_text("one\n")
    script = workspace / "change.sh"
    script.write_text("echo '😀 said'; echo two >> a.txt; echo new > new.txt\n")
    answer = await editor.command("runInSandbox", "sh change.sh")
    assert (answer["status"], answer["level"], answer["exitCode"]) == ("clean", "A", 0)
    assert [(each["kind"], each["path"]) for each in answer["changes"]] == [
        ("modified", "a.txt"),
        ("created", "new.txt"),
    ]
    assert printed(editor) == answer["output"] == "😀 said\n"
    (told,) = editor.said("window/showMessage")
    assert told["message"] == "Level A. Clean. It would change 2 files."
    diff = await editor.command("showChanges")
    assert "+two\n" in diff
    assert "+++ b/new.txt\n" in diff
    assert (workspace / "a.txt").read_text() == "one\n"
    assert not (workspace / "new.txt").exists()


async def test_what_is_not_saved_is_told_of(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", "x = 1\n")
    editor.open(workspace / "b.py", "x = 1\n")
    editor.edit(file, "1", "2")
    answer = await editor.command("runInSandbox", "cat a.py")
    assert answer["output"] == "x = 1\n"
    assert "a.py was taken as it is on disk" in answer["said"]
    assert "b.py" not in answer["said"]
    assert await editor.command("showChanges") == "It would change nothing."


async def test_what_cannot_be_tried_is_told(start: Start) -> None:
    editor = await start()
    assert await editor.command("showChanges") is None
    assert await editor.command("runInSandbox") is None
    assert await editor.command("runInSandbox", "echo 'open") is None
    assert await editor.command("runInSandbox", "true", "/nowhere") is None
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert [each.partition(": ")[2] for each in told] == [
        "nothing was tried in the sandbox.",
        "no command was named.",
        "No closing quotation.",
        "one folder has to be named of those that are open (none).",
    ]


async def test_it_is_shown_and_can_be_cancelled(start: Start, workspace: Path) -> None:
    editor = await start()
    os.mkfifo(workspace / "never")
    running = asyncio.ensure_future(editor.command("runInSandbox", "cat never"))
    (created,) = await editor.until(lambda: editor.said("window/workDoneProgress/create"))
    await editor.until(
        lambda: any(each["value"]["kind"] == "begin" for each in editor.said("$/progress"))
    )
    editor.notify("window/workDoneProgress/cancel", {"token": created["token"]})
    assert await running is None
    (told,) = editor.said("window/showMessage")
    assert "it was cancelled" in told["message"]
