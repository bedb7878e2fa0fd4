"""What is counted by day: of tools, of notices, of the tests; and that it is there afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from understudy.app.folder.workspace import Workspace
from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.model import Cost, Priority
from understudy.notifications import routing
from understudy.notifications.base import Event, Level
from understudy.notifications.base import Notice as Message
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.job_rows import Cause, JobState, Record
from understudy.store.measured import (
    FILE,
    MEASURED,
    Counts,
    Kept,
    Looked,
    Notice,
    Noticed,
    Recalled,
    Suite,
    class_of,
    kept,
)
from understudy.tasks.test_runs import suite_of

from .support import tree

TODAY = date(2026, 11, 2)


async def written(folder: Path) -> Kept:
    database = Database(folder / FILE, MEASURED)
    try:
        return await kept(database)
    finally:
        await database.close()


def counts(folder: Path, day: date = TODAY) -> Counts:
    return Counts(Database(folder / FILE, MEASURED), lambda: day)


async def test_counts_add_up_over_processes_and_days(tmp_path: Path) -> None:
    for day in (TODAY, TODAY, date(2026, 11, 3)):
        own = counts(tmp_path, day)
        own.recalled("ruff", 3)
        own.looked("ruff", 2, 0.5, Cost(0.25, 100))
        own.looked("ruff", 2, 0.5, Cost(0.25, 70))
        own.looked("ruff", 0, 9.0, Cost(1.0, 50))
        own.noticed(Notice.TOLD)
        own.noticed(Notice.HELD, 0)
        await own.close()
    found = await written(tmp_path)
    assert found.recalled == (Recalled(TODAY, "ruff", 6), Recalled(date(2026, 11, 3), "ruff", 3))
    failed, seen = found.looked[:2]
    assert seen == Looked(TODAY, "ruff", False, class_of(0.25), 8, 2.0, 1.0, 100)
    assert (failed.files, failed.seconds, failed.cpu) == (0, 18.0, 2.0)
    assert found.noticed[0] == Noticed(TODAY, Notice.TOLD, 2)
    assert len(found.noticed) == 2


async def test_what_is_old_goes(tmp_path: Path) -> None:
    days = [TODAY + timedelta(number) for number in range(402)]
    coming = iter(days)
    own = Counts(Database(tmp_path / FILE, MEASURED), lambda: next(coming))
    for _ in days:
        own.recalled("ruff")
    await own.close()
    assert [each.day for each in (await written(tmp_path)).recalled] == days[2:]


async def test_a_clock_that_was_far_ahead_takes_nothing_away(tmp_path: Path) -> None:
    for day in (TODAY, date(2036, 1, 1), date(2036, 1, 2)):
        own = counts(tmp_path, day)
        own.recalled("ruff")
        await own.close()
    assert TODAY in {each.day for each in (await written(tmp_path)).recalled}


async def test_what_the_disk_does_not_take_waits(tmp_path: Path) -> None:
    own = counts(tmp_path)
    holder = sqlite3.connect(tmp_path / FILE)
    own.recalled("ruff")
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()  # nothing can be opened there
    await own.flush()
    own.recalled("ruff", 2)
    own.ran(Suite(1.0, 2.0, True, True, False))
    holder.close()
    (tmp_path / FILE).rmdir()
    await own.close()
    found = await written(tmp_path)
    assert found.recalled == (Recalled(TODAY, "ruff", 3),)
    assert found.suites == (Suite(1.0, 2.0, True, True, False),)


# ── tools ───────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[tuple[Workspace, Checks]]:
    root = folder / "project"
    if not root.exists():
        tree(root, {"app.py": "import os\n", "b.py": "x = 1\n"})
    workspace = Workspace(root, folder, trusted=True, today=lambda: TODAY)
    runner = Runner()
    try:
        yield workspace, Checks(runner)
    finally:
        await runner.close()
        await workspace.close()


async def test_a_scan_counts_what_was_known_and_what_was_looked_at(tmp_path: Path) -> None:
    for _ in range(2):
        async with world(tmp_path) as (workspace, checks):
            await workspace.scan(checks, [workspace.root], lambda _: None)
    found = await written(tmp_path)
    tools = {each.tool: each.files for each in found.recalled}
    assert tools["ruff"] == tools["bandit"] == 2
    looked: dict[str, int] = {}
    for each in found.looked:
        assert not each.ahead
        looked[each.tool] = looked.get(each.tool, 0) + each.files
    assert looked["ruff"] == looked["bandit"] == 2
    assert all(each.seconds > 0 for each in found.looked if each.files)


async def test_what_is_looked_at_ahead_is_counted_apart(tmp_path: Path) -> None:
    policy = Policy(Settings.of({"complexity.enabled": False}), trusted=True)
    async with world(tmp_path) as (workspace, checks):
        subject = subject_of(
            str(workspace.root / "app.py"), workspace.root, "import os\n", "python"
        )

        async def ask(priority: Priority, *, keep: bool) -> None:
            given = subject, policy, workspace.results, priority
            async for _ in checks.check(*given, keep=keep):
                pass

        await ask(Priority.IDLE, keep=False)
        await ask(Priority.IDLE, keep=False)  # which is known, and nobody asked for it
        await ask(Priority.INTERACTIVE, keep=True)
    found = await written(tmp_path)
    assert {each.tool: each.files for each in found.recalled}["bandit"] == 1
    assert {each.ahead for each in found.looked} == {True}


# ── notices, tests ──────────────────────────────────────────────────────────────────────────────


def message(name: str, title: str) -> Message:
    return Message(name, Event.TASK_COMPLETED, Level.INFO, title, "m", {}, 0.0)


async def test_notices_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    from understudy.app.notices.channels import Channels
    from understudy.app.notices.notices import Notices, Queued

    settings = Settings.of({"notifications.console.enabled": True, "notifications.burst": 1})
    queued: list[Queued] = []

    async def submit(what: Queued) -> int:
        queued.append(what)
        return len(queued)

    own = counts(tmp_path)
    channels = Channels(lambda: settings, tmp_path, tmp_path, {})
    notices = Notices(submit, lambda: settings, channels, lambda: routing.NEVER, counts=own)
    for name, title in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "c")):
        notices.take(message(name, title))
    assert not notices.is_idle
    await notices.close()
    await own.close()
    found = {each.what: each.times for each in (await written(tmp_path)).noticed}
    channels_of = found[Notice.TOLD]
    assert found == {
        Notice.TOLD: channels_of,
        Notice.DUPLICATE: channels_of,
        Notice.HELD: 2 * channels_of,
    }
    assert channels_of >= 1


@pytest.mark.parametrize(
    ("parameters", "affected", "whole"),
    [
        ({}, False, True),
        ({"changed": ["a.py"]}, True, False),
        ({"changed": []}, False, True),
        ({"changed": ["a.py"], "failed": True}, False, False),
        ({"files": ["test_a.py"]}, False, False),
        ({"ids": ["a::b"]}, False, False),
    ],
)
def test_what_is_counted_of_a_run_of_the_tests(
    parameters: dict[str, object], *, affected: bool, whole: bool
) -> None:
    job = Record(
        1,
        "test_runner",
        parameters,
        (Cause("manual", "", 0.0),),
        1,
        repeatable=True,
        deadline=None,
        state=JobState.ENDED,
        queued=0.0,
        due=0.0,
        attempt=1,
        started=1.0,
        ended=5.0,
        cancelled=False,
        status="done",
        why="",
        exit_code=0,
        value=None,
        seconds=4.0,
        cost=Cost(),
        message="",
        fraction=0.0,
        merged=None,
    )
    assert suite_of(job) == Suite(5.0, 4.0, True, affected, whole)
