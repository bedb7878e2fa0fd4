"""Automations that the clock starts: carried out in the sandbox, applied only with its user's word."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from understudy.app.chores.automated import Automated
from understudy.app.chores.triggering import Sources, Triggering
from understudy.app.folder.workspace import Workspace
from understudy.runner.engine import Engine
from understudy.runner.execute import Runner
from understudy.store.job_rows import Record
from understudy.triggers.timer import Clock

from .test_automations_command_line import SCRIPT, World

CONFIG = """
triggers:
  rules:
    nightly: {tasks: [make-test], cron: "0 3 * * *", timezone: UTC}
"""


class Night(Clock):
    """A minute before three, which passes at once; then the night stands still."""

    def __init__(self) -> None:
        self.awake = 0.0
        self.over = asyncio.Event()
        self.start = datetime(2026, 11, 2, 2, 59, tzinfo=UTC).timestamp()

    def wall(self) -> float:
        return self.start + self.awake

    def monotonic(self) -> float:
        return self.awake

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        if self.awake >= 60.0:
            self.over.set()
            await event.wait()
        self.awake += seconds


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With an automation that takes no parameters, and is active."""
    world = World(tmp_path)
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", world.environment["UNDERSTUDY_STATE_DIR"])
    world.take_in("make-test", SCRIPT)
    (world.root / ".understudy/config.yaml").write_text(CONFIG)
    return world


async def night(world: World, runner: Runner, *, trusted: bool) -> Record | None:
    """What became of the job that the clock started; None where it started none."""
    workspace = Workspace(world.root, world.state, trusted=trusted)
    await workspace.load(None)
    automated = Automated(workspace, world.environment)
    await automated.look()
    engine = Engine(world.state, list(automated.tasks), runner)
    await engine.start()
    clock = Night()
    triggering = asyncio.create_task(
        Triggering(workspace, engine, automated, clock).run(Sources.ALL)
    )
    try:
        async with asyncio.timeout(60):
            await clock.over.wait()
            started = await engine.jobs.recent()
            return await engine.result(started[0].id) if started else None
    finally:
        triggering.cancel()
        await asyncio.gather(triggering, return_exceptions=True)
        await engine.close()
        await automated.close()
        await workspace.close()


async def test_what_the_clock_starts_only_leaves_a_preview(world: World, runner: Runner) -> None:
    job = await night(world, runner, trusted=True)
    assert job is not None
    assert job.status == "done", job.why
    assert [cause.trigger for cause in job.causes] == ["schedule"]
    made = world.root / "tests/made.py"
    assert not made.exists()
    assert "automation: make-test" not in world("journal").stdout
    (run,) = json.loads(world.automations("show", "make-test", "--json"))["executions"]
    assert (run["status"], run["applied"]) == ("clean", False)
    world.automations("apply", "make-test", "--yes")
    assert made.read_text() == "x = 1\n"


async def test_where_that_was_switched_on_it_is_applied_and_can_be_undone(
    world: World, runner: Runner
) -> None:
    world.automations("enable", "make-test", "--on-save")
    job = await night(world, runner, trusted=True)
    assert job is not None
    assert job.status == "done", job.why
    made = world.root / "tests/made.py"
    assert made.read_text() == "x = 1\n"
    assert "automation: make-test" in world("journal").stdout
    world("undo", "--yes")
    assert not made.exists()


async def test_without_trust_the_clock_has_nothing_run(world: World, runner: Runner) -> None:
    job = await night(world, runner, trusted=False)
    assert job is not None
    assert job.status == "failed"
    assert "is not trusted, so nothing is run in it" in job.why
    assert json.loads(world.automations("show", "make-test", "--json"))["executions"] == []
