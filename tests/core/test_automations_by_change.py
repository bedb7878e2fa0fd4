"""Automations that changes on disk start: none goes on by what it has done itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from understudy.app.chores.automated import Automated
from understudy.app.chores.triggering import Sources, Triggering
from understudy.app.folder.workspace import Workspace
from understudy.runner.attempt import Change
from understudy.runner.engine import Engine
from understudy.runner.execute import Runner
from understudy.runner.task import Context, Result, Task
from understudy.store.job_rows import Record

from ..automations.world import script
from .test_automations_command_line import World

NOTES = "notes.txt"
NOTE = script(f"with open({NOTES!r}, 'a') as notes:\n    notes.write('saved\\n')", write=[NOTES])
OF_FILE = f"on: [change], paths: [{NOTES}]"
RULES = {
    "for its change": [f"again: {{tasks: [note], {OF_FILE}}}"],
    "after a task": [
        f"seen: {{tasks: [look], {OF_FILE}}}",
        "again: {tasks: [note], after: look}",
    ],
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With an automation that adds a line to a file whenever another one is saved."""
    world = World(tmp_path)
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", world.environment["UNDERSTUDY_STATE_DIR"])
    world.take_in("note", NOTE, "--on-save")
    return world


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
async def test_what_its_own_change_starts_is_not_made(
    world: World, runner: Runner, rules: list[str]
) -> None:
    lines = ["triggers:", "  debounceMs: 100", "  rules:", *(f"    {each}" for each in rules)]
    (world.root / ".understudy/config.yaml").write_text("\n".join(lines))
    workspace = Workspace(world.root, world.state, trusted=True)
    await workspace.load(None)
    automated = Automated(workspace, world.environment)
    await automated.look()
    done: asyncio.Queue[Record] = asyncio.Queue()

    def told(change: Change) -> None:
        if change.kind == "ended":
            triggering.ended(change.job.task)
            if change.job.task == "note":
                done.put_nowait(change.job)

    engine = Engine(world.state, [*automated.tasks, Task("look", _look)], runner, told=told)
    triggering = Triggering(workspace, engine, automated)
    await engine.start()
    running = asyncio.create_task(triggering.run(Sources.ALL))

    async def value() -> Any:
        record = await engine.result((await done.get()).id)
        assert record is not None
        return record.value

    try:
        async with asyncio.timeout(60):
            await triggering.watches.wait()
            await triggering.saved(str(world.root / "src/shop/cart.py"))
            assert "it changed 1 file" in str(await value())
            assert "what started it may be its own doing" in str(await value())
        assert (world.root / NOTES).read_text() == "saved\n"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await engine.close()
        await automated.close()
        await workspace.close()


async def _look(context: Context) -> Result:
    return Result("seen")
