"""What is learned in one folder, without an editor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from ...automations import life
from ...checks.engine import Checks
from ...runner.execute import Runner
from ...sandbox.levels import Machine
from ...sandbox.probe import probe
from ...sandbox.trial import Status, Trial
from ...state import state_dir, workspace_dir
from ...store.automations import Automation, Execution, Purpose
from ...trust import Trust
from ..folder.workspace import Workspace
from ..sandboxing import Sandbox
from ..scripts.confined import sandboxed
from ..scripts.runs import Prepared
from .learned import Learned
from .looking import look

__all__ = ["Automation", "Opened", "Prepared", "Purpose", "open_learned"]


class Opened:
    """One folder, and the sandbox there. Everything raises OSError, sqlite3.Error."""

    def __init__(self, learned: Learned, sandbox: Sandbox) -> None:
        self.learned = learned
        self._sandbox = sandbox

    @property
    def machine(self) -> Machine:
        return self._sandbox.machine

    def active(self, name: str) -> Automation:
        """One that was accepted. Raises ValueError, for people."""
        found = self.learned.find(name)
        if why_not := life.refusal(found, Purpose.RUN):
            raise ValueError(why_not)
        return found

    async def newest(self, automation: Automation) -> Execution | None:
        """Its newest run, where its changes were not made and can be."""
        runs = await self.learned.store.executions(automation.id, 1)
        able = (e for e in runs if e.trial and e.status == Status.CLEAN and not e.applied)
        return next(able, None)

    async def look(self) -> None:
        """Find what repeats, as things are now."""
        await self.learned.watching.look_at_git()
        await look(self.learned)

    async def run(
        self, prepared: Prepared, listen: Callable[[bytes], object] | None = None
    ) -> Trial:
        """Its user has agreed to the level. ``listen`` is given what it prints, as it comes."""
        argv, policy, least = prepared.argv, prepared.policy, self.machine.level
        return await self._sandbox.run(argv, policy, least=least, listen=listen)

    async def test(
        self, automation: Automation, given: Mapping[str, str]
    ) -> tuple[Automation, str]:
        """Where its pattern was done, or for what is ``given``, as ``Learned.attempt``."""
        await self.look()
        return await self.learned.attempt(automation, [given] if given else ())

    async def accept(self, automation: Automation, given: Mapping[str, str]) -> Automation:
        """As ``Learned.accept``, by what repeats as things are now."""
        if not await self.learned.stands(automation):
            await self.look()
        return await self.learned.accept(automation, [given] if given else ())


@asynccontextmanager
async def open_learned(root: Path, *, trusted: bool | None = None) -> AsyncIterator[Opened]:
    """With the settings that hold there. ``trusted``: what an editor says of its workspace; None:
    what is decided on disk holds. On leaving, everything that was started is gone. Raises OSError
    (the state folder), sqlite3.Error."""
    if trusted is None:
        trusted = bool(Trust(state_dir()).decision(root))
    workspace = Workspace(root, workspace_dir(root), trusted=trusted)
    runner = Runner()
    learned = Learned(workspace, Checks(runner), sandboxed(workspace, runner))
    try:
        await workspace.load(None)
        await learned.load()
        await learned.take_note()
        await learned.heed_undone()
        yield Opened(learned, Sandbox(root, runner, await probe(runner, state_dir())))
    finally:
        await learned.close()
        await runner.close()
        await workspace.close()
