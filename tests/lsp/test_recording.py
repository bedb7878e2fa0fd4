"""What the developer does in an editor is written down, and what programs do is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.core.repositories import Git
from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.database import Database

from .conftest import Start
from .connection import PATIENCE
from .editor import Editor
from .test_tasks import jobs
from .test_triggers import ON, config, rules, watches


@pytest.fixture
def git(workspace: Path, tmp_path: Path) -> Git:
    git = Git(workspace, tmp_path / "home-of-git")
    git("init", "--quiet", "--initial-branch=main")
    git.commit({"a.py": ""})
    return git


FILE_OPERATIONS = (Did.CREATED, Did.MOVED, Did.DELETED)


async def recorded(editor: Editor, root: Path) -> list[Activity]:
    """As it is on disk."""
    database = Database(workspace_dir(root, Path(editor.state)) / "activity.db", ACTIVITY)
    try:
        return await Log(database).all()
    finally:
        await database.close()


async def done(editor: Editor, root: Path) -> list[Activity]:
    """Everything so far."""
    await editor.command("learnNow")
    return await recorded(editor, root)


async def comes(editor: Editor, root: Path, wanted: Callable[[Activity], bool]) -> Activity:
    """Without that anybody asks for it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if found := [each for each in await recorded(editor, root) if wanted(each)]:
                return found[-1]
            await editor.command("showStatus")


def touched(editor: Editor, root: Path, **names: list[str]) -> None:
    """As who watches the disk tells of it."""
    kinds = {"created": 1, "changed": 2, "deleted": 3}
    changes = [
        {"uri": (root / name).as_uri(), "type": kinds[kind]}
        for kind, some in names.items()
        for name in some
    ]
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


def did(activities: list[Activity], *kinds: Did) -> list[tuple[Did, str, str]]:
    return [(each.did, each.text, each.old) for each in activities if each.did in kinds]


async def test_tasks_and_scans_that_were_asked_for(start: Start, workspace: Path) -> None:
    (workspace / ".understudy").mkdir()
    (workspace / ".understudy/config.yaml").write_text(
        "tasks: {custom: {hello: {command: [sh, -c, 'exit 3']}}}\n"
    )
    editor: Editor = await start()
    await editor.command("scanWorkspace")
    await editor.command("runTask", "hello")
    failed = await comes(editor, workspace, lambda each: each.text == "hello")
    assert (failed.did, failed.ok) == (Did.TASK, False)
    assert failed.seconds is not None
    (scan,) = [each for each in await recorded(editor, workspace) if each.text == "scan"]
    assert (scan.did, scan.ok) == (Did.TASK, True)


async def test_what_starts_by_itself_is_nothing_that_was_done(
    start: Start, workspace: Path
) -> None:
    rules(workspace, saved={"on": ["save"]})
    editor: Editor = await start(settings=ON)
    await watches(editor)
    file = editor.open(workspace / "a.py", "x = 1\n")
    editor.save(file)
    await editor.until(lambda: [job for job in jobs(editor) if job["state"] == "ended"])
    assert did(await done(editor, workspace), Did.TASK) == []


async def test_quick_fixes_and_commands(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    file = editor.open(workspace / "a.py", "import os\nimport sys\n")
    await editor.sees(file, "Ruff F401", "Ruff F401")
    actions = await editor.actions(file, "os")
    (title,) = [each for each in actions if each.startswith("Fix: Remove unused import: `os`")]
    await editor.choose(actions[title])
    assert file.text == "import sys\n"
    await editor.command("fixRule", file.uri, "F401")
    await editor.command("showStatus")
    activities = await done(editor, workspace)
    assert did(activities, Did.FIXED) == [(Did.FIXED, "F401", "a.py")]
    assert did(activities, Did.EDITOR) == [(Did.EDITOR, "understudy.fixRule", "")]


async def test_files_that_come_move_and_go(start: Start, workspace: Path) -> None:
    (workspace / ".gitignore").write_text("*.log\nout/\n")
    editor: Editor = await start()
    make(workspace, "made.py", "x.log", "out/a.py", "new.py", "node_modules/b.py", "deep/c.py")
    created = ["made.py", "x.log", "out/a.py", "node_modules/b.py", "deep", "deep/c.py"]
    uris = [{"uri": (workspace / each).as_uri()} for each in created]
    editor.notify("workspace/didCreateFiles", {"files": uris})
    touched(editor, workspace, created=created)
    move = {"oldUri": (workspace / "old.py").as_uri(), "newUri": (workspace / "new.py").as_uri()}
    editor.notify("workspace/didRenameFiles", {"files": [move]})
    touched(editor, workspace, created=["new.py"], deleted=["old.py"])
    touched(editor, workspace, deleted=["gone.py", "gone.log", "out/gone.py"])
    touched(editor, workspace, created=["written.tmp"])
    touched(editor, workspace, deleted=["written.tmp"])
    assert did(await done(editor, workspace), *FILE_OPERATIONS) == [
        (Did.CREATED, "made.py", ""),
        (Did.CREATED, "deep/c.py", ""),
        (Did.MOVED, "new.py", "old.py"),
        (Did.DELETED, "gone.py", ""),
    ]


async def test_what_comes_by_itself_after_a_while(start: Start, workspace: Path) -> None:
    """Nobody asks for it, and nothing else happens."""
    editor: Editor = await start()
    make(workspace, "made.py")
    touched(editor, workspace, created=["made.py"])
    await comes(editor, workspace, lambda each: each.text == "made.py")


@pytest.mark.parametrize(("count", "is_by_hand"), [(20, True), (21, False)])
async def test_a_burst_is_not_by_hand(
    start: Start, workspace: Path, count: int, is_by_hand: bool
) -> None:
    editor: Editor = await start()
    names = [f"m{number}.py" for number in range(count)]
    make(workspace, *names)
    for name in names:
        touched(editor, workspace, created=[name])
    assert len(did(await done(editor, workspace), Did.CREATED)) == (count if is_by_hand else 0)


async def test_what_git_writes_is_not_by_hand(start: Start, workspace: Path, git: Git) -> None:
    git("switch", "--quiet", "--create", "other")
    git.commit({"b.py": ""})
    editor: Editor = await start()
    git("switch", "--quiet", "main")
    touched(editor, workspace, deleted=["b.py"])
    activities = await done(editor, workspace)
    assert did(activities, *FILE_OPERATIONS) == []
    assert did(activities, Did.SWITCHED)[-1] == (Did.SWITCHED, "main", "other")


async def test_a_commit_is_seen_at_once(start: Start, workspace: Path, git: Git) -> None:
    editor: Editor = await start()
    first = await comes(editor, workspace, lambda each: each.did is Did.COMMITTED)
    assert first.old == git("rev-parse", "HEAD")
    git.commit({"b.py": ""})
    head = git("rev-parse", "HEAD")
    await comes(editor, workspace, lambda each: each.old == head)


TOLD = {"command": "make test", "exitCode": 2, "seconds": 1.5, "terminal": "t1"}


@pytest.mark.parametrize(
    ("wanted", "told", "kept"),
    [
        (True, {"cwd": "."}, ["make test"]),
        (False, {"cwd": "."}, []),
        (True, {"cwd": ".."}, []),
        (True, {"cwd": "sub/../.."}, []),
        (True, {"cwd": ".", "command": " make secret"}, []),
        (True, {"cwd": ".", "command": ""}, []),
        (True, {"cwd": ".", "command": 7}, []),
        (
            True,
            {"cwd": ".", "command": "login --password=hunter2x9"},
            ["login --password=<secret>"],
        ),
    ],
)
async def test_terminals_are_heard_where_their_user_wants_it(
    start: Start, workspace: Path, wanted: bool, told: dict[str, Any], kept: list[str]
) -> None:
    editor: Editor = await start(settings={"activity": {"terminal": wanted}})
    where = f"{workspace}/{told['cwd']}"
    editor.notify("understudy/terminal", TOLD | told | {"cwd": where})
    commands = [each for each in await done(editor, workspace) if each.did is Did.COMMAND]
    assert [each.text for each in commands] == kept
    assert all((each.ok, each.seconds, each.cwd) == (False, 1.5, "") for each in commands)


async def test_no_terminal_is_heard_before_somebody_wants_it(start: Start, workspace: Path) -> None:
    editor: Editor = await start(settings={})
    editor.notify("understudy/terminal", TOLD | {"cwd": str(workspace)})
    assert await done(editor, workspace) == []


async def test_sessions_of_terminals(start: Start, workspace: Path) -> None:
    editor: Editor = await start(settings={"activity": {"terminal": True}})
    for terminal, cwd in (("1", "sub"), ("2", ""), ("1", "sub/deep")):
        told = TOLD | {"terminal": terminal, "cwd": str(workspace / cwd)}
        editor.notify("understudy/terminal", told)
    commands = [each for each in await done(editor, workspace) if each.did is Did.COMMAND]
    assert [each.cwd for each in commands] == ["sub", "", "sub/deep"]
    one, two, again = (each.session for each in commands)
    assert one == again != two


async def test_nothing_while_it_is_paused(start: Start, workspace: Path) -> None:
    editor: Editor = await start(settings={"activity": {"terminal": True}})
    file = editor.open(workspace / "a.py", "x = 1\n")
    assert await editor.command("pauseActivity") is True
    editor.save(file)
    editor.notify("understudy/terminal", TOLD | {"cwd": str(workspace)})
    await editor.command("scanWorkspace")
    assert await done(editor, workspace) == []
    assert await editor.command("pauseActivity") is False
    editor.save(file)
    assert did(await done(editor, workspace), Did.SAVED) == [(Did.SAVED, "a.py", "")]


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_project_that_is_not_trusted_has_no_terminal_heard(
    start: Start, workspace: Path, trusted: bool
) -> None:
    config(workspace, activity={"terminal": True})
    editor: Editor = await start(trusted=trusted)
    editor.notify("understudy/terminal", TOLD | {"cwd": str(workspace)})
    assert len(did(await done(editor, workspace), Did.COMMAND)) == trusted
