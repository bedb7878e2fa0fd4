"""One workspace's chores without an editor: for the command line, and for `understudy start`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from ..checks.engine import Checks
from ..resources import Pressure, look
from ..runner.attempt import Change
from ..runner.budget import Conditions
from ..runner.engine import Engine
from ..runner.execute import Runner
from ..settings import ConfigProblem, Settings
from ..state import state_dir, workspace_dir
from ..store.lease import Lease
from ..trust import Trust
from .chores import Chores, budget_of
from .scan import Scan
from .workspace import Workspace

_LOOK_SECONDS = 15.0


class Service:
    """Belongs to one event loop; ``engine`` is the way to everything."""

    def __init__(self, workspace: Workspace, chores: Chores) -> None:
        self._workspace = workspace
        self.chores = chores

    @property
    def engine(self) -> Engine:
        return self.chores.engine

    @property
    def root(self) -> Path:
        return self._workspace.root

    @property
    def settings(self) -> Settings:
        return self._workspace.settings

    @property
    def config_problems(self) -> tuple[ConfigProblem, ...]:
        return self._workspace.config_problems


class ServiceLock:
    """At most one `understudy start` a workspace; ``state`` is its state folder."""

    def __init__(self, state: Path) -> None:
        self._lease = Lease(state / "service.lock")

    def holder(self) -> dict[str, Any] | None:
        """What it told of itself: ``pid``, ``root``, and whether it is ``ready``; None when there
        is none."""
        return self._lease.holder()

    def take(self, root: Path) -> bool:
        """Until this process ends; False when there is another."""
        return self._lease.take(_about(root, ready=False))

    def ready(self, root: Path) -> None:
        """What happens from now on is seen."""
        self._lease.tell(_about(root, ready=True))


def _about(root: Path, *, ready: bool) -> dict[str, Any]:
    return {"pid": os.getpid(), "root": str(root), "ready": ready}


@asynccontextmanager
async def open_service(
    root: Path,
    kind: str,
    told: Callable[[Change], object] = lambda _: None,
    *,
    runs: bool = True,
    triggers: bool = False,
) -> AsyncIterator[Service]:
    """Open the chores of ``root``; without ``runs`` only to ask, others run what is asked for.
    With ``triggers`` they start by themselves, too, and whatever is queued is run; without, only
    what is submitted here.

    On leaving, everything that was started is gone. Raises OSError (the state folder).
    """
    trusted = bool(Trust(state_dir()).decision(root))
    workspace = Workspace(root, workspace_dir(root), trusted=trusted)
    runner = Runner()
    checks = Checks(runner)
    pressure = Pressure()

    async def watch() -> None:
        nonlocal pressure
        while True:
            with suppress(OSError):
                pressure = await asyncio.to_thread(look, workspace.state)
            await asyncio.sleep(_LOOK_SECONDS)

    def conditions() -> Conditions:
        return Conditions(on_battery=pressure.on_battery, pressure=pressure.shortage)

    async def scan(progress: Callable[[str, float], object]) -> Scan:
        return await workspace.scan(
            checks,
            [root],
            lambda seen: progress(f"{seen.done} of {seen.files} files", seen.done / seen.files),
        )

    working: asyncio.Task[None] | None = None
    await workspace.load(None)
    runner.commands.budget = budget_of(workspace.settings)
    runner.commands.conditions = conditions
    chores = Chores(workspace, runner, scan, told, conditions, kind)
    try:
        await chores.start(runs=runs, triggers=triggers)
        if runs:
            working = asyncio.create_task(watch())
        yield Service(workspace, chores)
    finally:
        if working is not None:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        await chores.close()
        await runner.close()
        await workspace.close()
