"""One workspace's chores without an editor: for the command line, and for `understudy start`."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ...checks.engine import Checks
from ...model import Importance, Priority
from ...resources import Pressure, Sampler
from ...runner.attempt import Change
from ...runner.calls import Urgency
from ...runner.engine import Engine
from ...runner.execute import Runner
from ...settings import ConfigProblem, Settings, load, read_layers, user_file
from ...state import state_dir, workspace_dir
from ...store.lease import Lease
from ...trust import Trust
from ..folder.workspace import Workspace
from ..hooks.detached import is_attended
from ..hooks.handover import waiting
from ..results.scan import Scan
from ..stamps import Stamps
from .chores import Chores, limits_of
from .machine import Machine, levels_in, watched
from .relief import Relieving
from .triggering import Sources

log = logging.getLogger(__name__)

SERVICE = "service.lock"
_AGAIN_SECONDS = 1.0


class Service:
    """Belongs to one event loop; ``engine`` is the way to everything. Settings and trust hold as
    they are on disk. ``trusted``: what an editor says of its workspace instead."""

    def __init__(
        self, workspace: Workspace, runner: Runner, *, trusted: bool | None = None
    ) -> None:
        self._workspace = workspace
        self._told_trusted = trusted
        self._runner = runner
        self._trust = Trust(state_dir())
        self._stamps = Stamps((self._trust.file, user_file(os.environ), *workspace.sources))
        self._refreshing = asyncio.Lock()
        self.chores: Chores
        """Set once, before the service is handed out."""

    @property
    def engine(self) -> Engine:
        return self.chores.engine

    async def load(self) -> None:
        """Read the settings, and whether the workspace is trusted."""
        self._workspace.trusted = self._is_trusted()
        await self._workspace.load(None)
        self._runner.limit(*limits_of([self._workspace.settings]))

    def _is_trusted(self) -> bool:
        return bool(self.decided)

    @property
    def decided(self) -> bool | None:
        """Whether the workspace is trusted; None when nobody has decided."""
        told = self._told_trusted
        return self._trust.decision(self.root) if told is None else told

    async def refresh(self) -> None:
        """Take over what has changed of them. Cheap when nothing has."""
        async with self._refreshing:
            if not self._stamps.changed():
                return
            if self._workspace.trusted and not self._is_trusted():
                self._workspace.trusted = False
                await self.chores.distrust()  # as long as it is known what needs trust
            await self.load()
            self.chores.configure()

    async def follow(self) -> None:
        """Refresh again and again."""
        while True:
            await asyncio.sleep(_AGAIN_SECONDS)
            await self.refresh()

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
    """At most one `understudy start` a workspace, or with the name LOCK one that ends when it is
    idle; ``state`` is the workspace's state folder."""

    def __init__(self, state: Path, name: str = SERVICE) -> None:
        self._lease = Lease(state / name)

    def holder(self) -> dict[str, Any] | None:
        """What it told of itself: ``pid``, ``root``, and whether it is ``ready``; None when there
        is none."""
        return self._lease.holder()

    def take(self, root: Path) -> bool:
        """Until this process ends; False when there is another."""
        return self._lease.take(_about(root, ready=False))

    def adopt(self, descriptor: int, root: Path) -> bool:
        """The lock that was taken for this process; False when it was not."""
        if adopted := self._lease.adopt(descriptor):
            self._lease.tell(_about(root, ready=True))
        return adopted

    def give_up(self) -> None:
        self._lease.give_up()

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
    triggers: Sources = Sources.NONE,
    trusted: bool | None = None,
) -> AsyncIterator[Service]:
    """Open the chores of ``root``, as ``Chores.start`` tells; without ``runs`` only to ask, others
    run what is asked for. ``trusted`` as ``Service`` has it.

    On leaving, everything that was started is gone. Raises OSError (the state folder).
    """
    workspace = Workspace(root, workspace_dir(root), trusted=False)
    runner = Runner()
    checks = Checks(runner)
    service = Service(workspace, runner, trusted=trusted)

    def short(pressure: Pressure) -> bool:
        return chores.short(pressure)

    relieving = Relieving(runner, checks, lambda: (chores,), lambda text: log.warning("%s", text))
    machine = Machine(
        Sampler(lambda: watched(workspace.state, [root])),
        lambda: workspace.settings.resources,
        short,
        relieving,
        levels_in(state_dir()),
    )

    async def scan(task: Importance, progress: Callable[[str, float], object]) -> Scan:
        return await workspace.scan(
            checks,
            [root],
            lambda seen: progress(f"{seen.done} of {seen.files} files", seen.done / seen.files),
            Urgency(Priority.BACKGROUND, task),
        )

    working: list[asyncio.Task[None]] = []
    await service.load()
    runner.governor.conditions = machine.conditions
    chores = service.chores = Chores(
        workspace, runner, scan, told, machine.conditions, kind, refresh=service.refresh
    )
    try:
        await chores.start(runs=runs, triggers=triggers)
        if runs:
            working = [asyncio.create_task(each) for each in (machine.run(), service.follow())]
        yield service
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await chores.close()
        await machine.close()
        await runner.close()
        await workspace.close()


async def work_off(
    root: Path,
    lock: ServiceLock,
    stopped: asyncio.Event,
    told: Callable[[Change], object],
) -> None:
    """Do what was handed over and whatever else waits, until nothing is left, somebody else does
    it, or it is ``stopped``. One at a time does so: ``lock`` is given up at the end."""
    left: set[str] = set()
    while lock.take(root):
        try:
            done = await _until_idle(root, stopped, told)
        finally:
            lock.give_up()
        # What was handed over before the lock was free started nobody else.
        before, left = left, set(waiting(workspace_dir(root)))
        if not done or left <= before:
            return


async def _until_idle(root: Path, stopped: asyncio.Event, told: Callable[[Change], object]) -> bool:
    """False when others are to go on with it, or nobody."""
    async with open_service(root, "detached", told, triggers=Sources.HANDED_OVER) as service:
        engine, state = service.engine, workspace_dir(root)
        ending = asyncio.ensure_future(stopped.wait())
        try:
            while not stopped.is_set():
                poked = engine.next_poke()
                attended = not engine.runs_here and is_attended(state)
                if attended or service.chores.triggering.broken:
                    return False
                if await service.chores.is_idle():
                    return True
                await asyncio.wait(
                    (poked, ending), timeout=_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                poked.cancel()
        finally:
            ending.cancel()
    return False


def wants_detached(root: Path) -> bool:
    """Whether the settings let a git hook start a process."""
    own = load(read_layers(root), trusted=False).settings.triggers
    return own.enabled and own.detached
