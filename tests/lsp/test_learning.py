"""What is done again and again is offered as an automation: created, previewed, run, undone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.database import Database

from ..core.support import PATIENCE, own_environment, understudy, until
from .conftest import Start
from .editor import Editor
from .text import Json

DAY = 86_400.0
TEST = '''"""Tests of {0}."""

from shop.{0} import total


def test_{0}_is_empty() -> None:
    assert total([]) == 0
'''
NAMES = ("cart", "order", "invoice", "voucher", "customer")


async def past(root: Path, state: Path) -> None:
    """A week in which each file got a test."""
    database = Database(workspace_dir(root, state) / "activity.db", ACTIVITY)
    done = []
    for number, name in enumerate(NAMES):
        at = time.time() - (len(NAMES) - number) * DAY
        source, test = f"src/shop/{name}.py", f"tests/test_{name}.py"
        for path, text in ((source, "def total(x):\n    return 0\n"), (test, TEST.format(name))):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        done += [
            Activity(at, Did.CREATED, source, "before"),
            Activity(at + 60, Did.CREATED, test, "before"),
        ]
    await Log(database).add(done, 10_000)
    await database.close()


def ours(actions: dict[str, Any]) -> list[Json]:
    return [each for each in actions.values() if each["kind"] == "refactor.understudy"]


def agreeing(params: Json) -> Json:
    return dict(params["actions"][0])


async def test_a_pattern_becomes_an_automation(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    told, offered = await editor.command("learnNow")
    assert "is offered" in offered
    assert "as you had done it in 3 of 3 cases" in told

    path = workspace / "src/shop/refund.py"
    path.write_text("def total(x):\n    return 0\n")
    buffer = editor.open(path, path.read_text())
    create, preview, later, never = ours(await editor.actions(buffer, "def"))
    title = "create tests/test_{file.stem}.py"
    assert create["title"].startswith(f"Create automation: {title} (seen 5×, saves about ")
    assert [each["title"] for each in (preview, later, never)] == [
        f"Preview: {title}",
        f"Not now: {title}",
        f"Never: {title}",
    ]
    diff = await editor.command("previewAutomation", *preview["command"]["arguments"])
    assert "+from shop.refund import total\n" in diff
    test = workspace / "tests/test_refund.py"
    assert not test.exists()

    assert await editor.command("createAutomation", *create["command"]["arguments"]) is True
    (script,) = (workspace / ".understudy/automations").iterdir()
    assert script.stat().st_mode & 0o777 == 0o755

    run, preview = ours(await editor.actions(buffer, "def"))
    assert (run["title"], preview["title"]) == (f"Run: {title}", f"Preview: {title}")
    editor.replies["window/showMessageRequest"] = agreeing
    assert await editor.command("runAutomation", *run["command"]["arguments"]) is True
    assert test.read_text() == TEST.format("refund")
    assert ours(await editor.actions(buffer, "def")) == []

    assert await editor.command("undoLast") is True
    assert not test.exists()
    assert len(ours(await editor.actions(buffer, "def"))) == 2
    assert "1 of 1 runs succeeded" in await editor.command("showAutomations")
    assert "done 5 times" in await editor.command("showPatterns")


async def test_a_dismissed_one_stays_away(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    path = workspace / "src/shop/refund.py"
    path.write_text("x = 1\n")
    buffer = editor.open(path, path.read_text())
    _, _, later, _ = ours(await editor.actions(buffer, "x"))
    await editor.command("dismissAutomation", *later["command"]["arguments"])
    assert ours(await editor.actions(buffer, "x")) == []
    await editor.command("learnNow")
    assert ours(await editor.actions(buffer, "x")) == []
    assert "offered" in await editor.command("showAutomations")


async def test_never_is_for_good(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    path = workspace / "src/shop/refund.py"
    path.write_text("x = 1\n")
    buffer = editor.open(path, path.read_text())
    *_, never = ours(await editor.actions(buffer, "x"))
    await editor.command("dismissAutomation", *never["command"]["arguments"])
    await editor.command("learnNow")
    assert ours(await editor.actions(buffer, "x")) == []
    assert "retired: you did not want it" in await editor.command("showAutomations")


async def test_what_is_done_in_the_editor_is_written_down(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    path = workspace / "new.py"
    buffer = editor.open(path.as_uri(), "x = 1\n")
    await editor.command("learnNow")
    editor.save(buffer)
    (workspace / "made.py").write_text("")
    editor.notify(
        "workspace/didCreateFiles", {"files": [{"uri": (workspace / "made.py").as_uri()}]}
    )
    await editor.command("learnNow")
    database = Database(workspace_dir(workspace, Path(editor.state)) / "activity.db", ACTIVITY)
    done = {(each.did, each.text) for each in await Log(database).all()}
    await database.close()
    assert done >= {(Did.CREATED, "new.py"), (Did.SAVED, "new.py"), (Did.CREATED, "made.py")}


async def test_on_save_only_where_that_was_switched_on(start: Start, workspace: Path) -> None:
    editor: Editor = await start(settings={"triggers": {"enabled": True}})
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    path = workspace / "src/shop/refund.py"
    path.write_text("def total(x):\n    return 0\n")
    buffer = editor.open(path, path.read_text())
    create, *_ = ours(await editor.actions(buffer, "def"))
    assert await editor.command("createAutomation", *create["command"]["arguments"]) is True
    name = create["command"]["arguments"][1]
    test = workspace / "tests/test_refund.py"

    environment = own_environment(workspace.parent, UNDERSTUDY_STATE_DIR=str(editor.state))
    on = ("automations", "enable", name, "--on-save")
    done = await asyncio.to_thread(understudy, *on, cwd=workspace, environment=environment)
    assert done.returncode == 0, done.stderr
    editor.save(buffer)
    await until(test.exists)
    assert test.read_text() == TEST.format("refund")
    editor.replies["window/showMessageRequest"] = agreeing
    assert await editor.command("undoLast") is True
    assert not test.exists()

    mine = editor.open(test.as_uri(), "mine = 1\n")  # not on disk yet
    editor.save(buffer)

    def jobs() -> str:
        return understudy("tasks", "--json", cwd=workspace, environment=environment).stdout

    async with asyncio.timeout(PATIENCE):
        while "is not saved in an editor" not in await asyncio.to_thread(jobs):
            pass  # each look is a process of its own
    assert not test.exists()
    assert mine.text == "mine = 1\n"
