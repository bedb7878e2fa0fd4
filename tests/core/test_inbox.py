"""What was handed over is taken out of the inbox only when all that it starts is on disk."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from understudy.app.chores.automated import Automated
from understudy.app.chores.triggering import Sources, Triggering
from understudy.app.folder.workspace import Workspace
from understudy.app.hooks.handover import INBOX, hand_over
from understudy.link import LINK, poke
from understudy.runner.engine import Engine
from understudy.runner.execute import Runner
from understudy.runner.slots import Slots
from understudy.runner.task import Context, Result, Task
from understudy.state import private_folder

from .support import until


async def test_a_full_disk_loses_nothing_that_was_handed_over(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = asyncio.Event()

    async def analyse(_: Context) -> Result:
        ran.set()
        return Result()

    state = private_folder(tmp_path / "state")
    workspace = Workspace(tmp_path, state, trusted=True)
    await workspace.load(None)
    engine = Engine(state, [Task("code_analysis", analyse)], runner)
    submit, refused = engine.submit, 0

    async def full(*_: Any, **__: Any) -> int:
        nonlocal refused
        refused += 1
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(engine, "submit", full)
    hand_over(state, {"hook": "post-commit"})
    await engine.start()
    triggering = asyncio.create_task(
        Triggering(workspace, engine, Automated(workspace, {})).run(Sources.HANDED_OVER)
    )
    await until(lambda: refused)
    assert len(list((state / INBOX).iterdir())) == 1
    monkeypatch.setattr(engine, "submit", submit)
    poke(state / LINK)
    await asyncio.wait_for(ran.wait(), 20)
    await until(lambda: not list((state / INBOX).iterdir()))
    triggering.cancel()
    await asyncio.gather(triggering, return_exceptions=True)
    await engine.close()
    await workspace.close()


async def test_how_long_git_waited_for_a_hook_is_noted(runner: Runner, tmp_path: Path) -> None:
    state = private_folder(tmp_path / "state")
    workspace = Workspace(tmp_path, state, trusted=True)
    await workspace.load(None)
    engine = Engine(state, [], runner)
    now = time.time()  # what is older than a month would be forgotten
    for event in (
        {"hook": "pre-commit", "at": now, "seconds": 7.25},
        {"hook": "pre-push", "at": now, "seconds": 0.2},
        {"hook": "pre-push", "at": "now", "seconds": 9.0},
        {"on": "commit", "changes": {}},
    ):
        hand_over(state, event)
    await engine.start()
    triggering = asyncio.create_task(
        Triggering(workspace, engine, Automated(workspace, {})).run(Sources.HANDED_OVER)
    )
    await until(lambda: not list((state / INBOX).iterdir()))
    noted = [each for each in await engine.history.audit() if each.kind == "hook"]
    assert [(each.at, each.task, each.text) for each in noted] == [(now, "pre-commit", "7.2 s")]
    triggering.cancel()
    await asyncio.gather(triggering, return_exceptions=True)
    await engine.close()
    await workspace.close()


def test_the_least_number_of_slots_holds_for_all_workspaces() -> None:
    slots = Slots()
    assert slots.free(5, lambda: None) == 5
    slots.most = 2
    assert [slots.free(most, lambda: None) for most in (5, 1)] == [2, 1]
    slots.take(2)
    woken: list[int] = []
    assert slots.free(5, lambda: woken.append(1)) == 0
    slots.give_back()
    assert woken == [1]
    assert slots.free(5, lambda: None) == 1
