"""What git notes is written down once, by whichever process, and not what is not to be."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from unittest.mock import patch

import pytest

from understudy.app.folder.workspace import Workspace
from understudy.app.learning.watching import Watching
from understudy.automations.commits import Commits
from understudy.git import Operation
from understudy.settings import project_file
from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, FILE, Activity, Did, Log, Mark
from understudy.store.database import Database

from .repositories import Git
from .support import own_environment, tree, understudy_here

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git.new(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path)


@pytest.fixture
def run(git: Git, environment: dict[str, str]) -> Run:
    """``understudy activity`` there."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        done = understudy_here("activity", *words, cwd=git.root, environment=environment)
        assert done.returncode == 0, done.stderr
        return done

    return run


@asynccontextmanager
async def watching(git: Git, **settings: object) -> AsyncIterator[Watching]:
    """As another process does."""
    workspace = Workspace(
        git.root, workspace_dir(git.root, git.root.parent / "state"), trusted=True
    )
    own = workspace.settings.activity._replace(**settings)
    workspace.settings = workspace.settings._replace(activity=own)
    made = Watching(workspace)
    try:
        yield made
    finally:
        await made.close()
        await workspace.close()


async def looked(git: Git, **settings: object) -> list[str]:
    """What is remembered of commits after the next look, of a process that just began."""
    async with watching(git, **settings) as one:
        await one.look_at_git()
        return await remembered(one)


async def remembered(one: Watching) -> list[str]:
    return [each.text for each in await one.log.all() if each.did is Did.COMMITTED]


def commit(git: Git, message: str, ago: float = 0.0) -> None:
    git.environment["GIT_COMMITTER_DATE"] = f"@{time.time() - ago:.0f} +0000"
    git("commit", "--quiet", "--allow-empty", "--message", message)


HOUR = 3_600.0


@pytest.mark.parametrize(
    ("words", "kept"), [((), []), (("--since", "2h"), ["old"]), (("--since", "9d"), [])]
)
async def test_what_was_forgotten_does_not_come_back(
    git: Git, run: Run, words: tuple[str, ...], kept: list[str]
) -> None:
    commit(git, "old", 5 * HOUR)
    commit(git, "new", HOUR)
    async with watching(git) as editor:
        await editor.look_at_git()
        run("forget", "--yes", *words)
        assert await looked(git) == kept
        commit(git, "later", -2)
        assert await looked(git) == [*kept, "later"]
        await editor.look_at_git()
        assert await remembered(editor) == [*kept, "later"]


async def test_what_was_forgotten_before_it_was_seen_does_not_come(git: Git, run: Run) -> None:
    commit(git, "one", HOUR)
    run("forget", "--yes")
    assert await looked(git) == []


async def test_what_is_done_while_it_is_paused_is_not_written_down_later(
    git: Git, run: Run
) -> None:
    commit(git, "before", HOUR)
    assert await looked(git) == ["before"]
    run("pause")
    commit(git, "seen while it was paused", 60)
    assert await looked(git) == ["before"]
    commit(git, "not seen", 60)
    run("resume")
    assert await looked(git) == ["before"]
    commit(git, "after", -2)
    assert await looked(git) == ["before", "after"]


async def test_to_resume_what_is_not_paused_passes_nothing_over(git: Git, run: Run) -> None:
    commit(git, "before", HOUR)
    run("resume")
    assert await looked(git) == ["before"]


async def test_what_is_done_before_it_is_on_again_is_not_written_down_later(git: Git) -> None:
    """Also where the process that had it off was gone when it was done."""
    commit(git, "off", 70)
    assert await looked(git, enabled=False) == []
    commit(git, "off, and nobody was there", 60)
    assert await looked(git) == []
    commit(git, "on", -2)
    assert await looked(git) == ["on"]


async def test_a_process_that_is_told_that_it_is_off_needs_no_commit_to_note_it(git: Git) -> None:
    commit(git, "on", HOUR)
    async with watching(git) as editor:
        await editor.look_at_git()
        own = editor._workspace.settings
        activity = own.activity._replace(enabled=False)
        editor._workspace.settings = own._replace(activity=activity)
        await editor.look_at_git()
    commit(git, "off, and nobody was there", 60)
    assert await looked(git) == ["on"]


@pytest.mark.parametrize("how", ["written", "taken away"])
async def test_what_nobody_saw_before_the_settings_were_changed_is_passed_over(
    git: Git, how: str
) -> None:
    """It was switched off and on again while no process was there."""
    file = project_file(git.root)
    commit(git, "before", 2 * HOUR)
    assert await looked(git) == ["before"]
    file.parent.mkdir()
    file.write_text("activity: {enabled: false}")
    commit(git, "off", 60)
    if how == "taken away":
        file.unlink()
    else:
        file.write_text("complexity: {enabled: false}")
    commit(git, "on", -2)
    assert await looked(git) == ["before", "on"]


@pytest.mark.parametrize(
    ("said", "kept"), [("activity: {enabled: true}", ["on"]), ("activity: {}", ["first", "on"])]
)
async def test_at_first_it_counts_whether_the_settings_say_it(
    git: Git, said: str, kept: list[str]
) -> None:
    commit(git, "first", 60)
    tree(git.root, {".understudy/config.yaml": said})
    commit(git, "on", -2)
    assert await looked(git) == kept


async def test_what_was_done_while_it_was_paused_is_not_told_of_afterwards(git: Git) -> None:
    """As of a command that began before, or of files that were waited for."""
    async with watching(git) as editor, watching(git) as other:
        await editor.log.pause(True)
        began = time.time()
        await editor.log.pause(True)  # it goes on
        await other.log.pause(False)
        ended = time.time()
        for at, text in ((began, "in it"), (ended + 1, "after"), (began - 9, "before")):
            await other.note([Activity(at, Did.COMMAND, text)])
        assert [each.text for each in await editor.log.all()] == ["before", "after"]


async def test_two_processes_write_each_commit_down_once(git: Git) -> None:
    for number in range(5):
        commit(git, str(number))
    async with watching(git) as one, watching(git) as other:
        both = threading.Barrier(2)
        new = Commits.new

        def at_once(self: Commits, was: Mark) -> tuple[list[Activity], Mark]:
            if was == Mark():
                both.wait(20)
            return new(self, was)

        with patch.object(Commits, "new", at_once):
            await asyncio.gather(one.look_at_git(), other.look_at_git())
        commit(git, "5")
        await asyncio.gather(one.look_at_git(), other.look_at_git())
        assert await remembered(one) == [*"012345"]


def test_two_programs_write_each_commit_down_once(
    git: Git, run: Run, environment: dict[str, str]
) -> None:
    for number in range(5):
        commit(git, str(number))
    command = [sys.executable, "-P", "-m", "understudy", "patterns"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [
        subprocess.Popen(command, cwd=git.root, env=environment, **quiet)  # type: ignore[call-overload]
        for _ in range(2)
    ]
    assert [each.wait(60) for each in processes] == [0, 0]
    kept = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert [each["text"] for each in kept] == [*"01234"]


async def test_a_look_does_not_bring_back_what_is_forgotten_meanwhile(git: Git) -> None:
    commit(git, "one", HOUR)
    async with watching(git) as one, watching(git) as other:
        was = await one.log.looked()
        found, now = Commits(git.root).new(was)
        await other.log.forget()
        assert not await one.log.look(was, now, found, 10)
        assert await other.log.all() == []


async def test_at_first_as_much_is_looked_at_as_the_log_holds(git: Git) -> None:
    for number in range(110):
        commit(git, str(number))
    asked: list[int] = []
    operations = Commits.operations

    def counted(self: Commits, commits: list[str]) -> dict[str, list[Operation]]:
        asked.append(len(commits))
        return operations(self, commits)

    with patch.object(Commits, "operations", counted):
        assert await looked(git, max_tasks=100) == [str(n) for n in range(10, 110)]
    assert asked == [100]


async def test_who_asks_what_git_wrote_does_not_wait_for_the_first_look(git: Git) -> None:
    """Which may take seconds."""
    commit(git, "one")
    asked, told = threading.Event(), threading.Event()
    operations = Commits.operations

    def slow(self: Commits, commits: list[str]) -> dict[str, list[Operation]]:
        asked.set()
        assert told.wait(20)
        return operations(self, commits)

    async with watching(git) as one:
        with patch.object(Commits, "operations", slow):
            look = asyncio.create_task(one.look_at_git())
            await asyncio.to_thread(asked.wait, 20)
            assert not await asyncio.wait_for(one.git_wrote(0.0, inf), 20)
            assert not look.done()
            told.set()
            await look


async def test_a_look_that_fails_is_made_again(git: Git) -> None:
    commit(git, "one")
    async with watching(git) as one:
        full = patch.object(Log, "look", side_effect=sqlite3.OperationalError("full"))
        with full, pytest.raises(sqlite3.OperationalError):
            await one.look_at_git()
        await one.look_at_git()
        assert await remembered(one) == ["one"]


async def test_a_log_of_before_marks_were_kept(git: Git) -> None:
    """What is in it is not told of again."""
    commit(git, "one", HOUR)
    folder = workspace_dir(git.root, git.root.parent / "state")
    former = Database(folder / FILE, ACTIVITY._replace(migrations=ACTIVITY.migrations[:1]))
    found, _ = Commits(git.root).new(Mark())

    def add(c: sqlite3.Connection) -> None:
        c.execute(
            "INSERT INTO activity (at, did, text, session, cwd, old, detail)"
            " VALUES (?, 'committed', 'one', '', '', ?, '')",
            (found[0].at, found[0].old),
        )

    await former.run(add, write=True)
    await former.close()
    commit(git, "two", 60)
    assert await looked(git) == ["one", "two"]
