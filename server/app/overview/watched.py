"""One workspace that somebody looks at: each part of it as it is now, and which have changed."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from ...checks.engine import Checks
from ...disk import why
from ...link import VIEWS, Link
from ...runner.execute import Runner
from ...state import state_dir
from ...store.job_rows import JobState
from ...trust import Trust
from ..chores.service import Service, open_service
from ..learning.learned import Learned
from ..scripts.confined import sandboxed
from ..stamps import Stamps
from . import parts
from .findings import NOTHING, Findings, FindingsReader
from .machine import Eye
from .parts import Part
from .seldom import Seldom

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
"""So often, for what nobody pokes us about: settings, trust, what a running task prints."""
_ID_LENGTH = 10
_OF_JOBS = frozenset({Part.TASKS, Part.TRAIL, Part.HEALTH, Part.FINDINGS})
"""What a poke of the engine may be about: the audits' findings are a job's."""


class Watched:
    """Belongs to the event loop. ``id`` names it in addresses; ``parts`` are as of the last look.
    Without anybody who waits for changes nothing is looked at."""

    def __init__(
        self, service: Service, learned: Learned, findings: FindingsReader, seldom: Seldom
    ) -> None:
        self.root = service.root
        self.id = hashlib.sha256(os.fsencode(os.path.realpath(self.root))).hexdigest()[:_ID_LENGTH]
        self.service = service
        self.learned = learned
        self.seldom = seldom
        self.parts: dict[Part, Any] = {}
        self._trust = Trust(state_dir())
        self._workspace = service.chores.workspace
        self._findings = findings
        self._trouble: dict[Part, str] = {}
        self._is_there = True
        self._looking = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._told: set[Part] = set()
        """What we were told of since the last look."""
        state = self._workspace.state
        self._link = Link(state / VIEWS, lambda: self._stir({Part.FINDINGS}))
        jobs = (state / "jobs.db", state / "jobs.db-wal")
        results = (state / "results.db", state / "results.db-wal")
        learning = (
            state / "automations.db",
            state / "automations.db-wal",
            state / "activity.db-wal",
        )
        settled = (self._trust.file, *self._workspace.sources)
        self._stamps = {
            Part.HEALTH: Stamps((*settled, *jobs, state / "engine.lock")),
            Part.TASKS: Stamps((*settled, *jobs)),
            Part.FINDINGS: Stamps((*settled, *jobs, *results)),
            Part.AUTOMATIONS: Stamps((*settled, *learning)),
            Part.TRAIL: Stamps(jobs),
            Part.SETTINGS: Stamps(settled),
        }
        self._looks: Mapping[Part, Callable[[], Awaitable[Any]]] = {
            Part.TASKS: lambda: parts.tasks(service),
            Part.FINDINGS: findings.look,
            Part.AUTOMATIONS: lambda: parts.learning(learned),
            Part.TRAIL: lambda: parts.trail(service),
            Part.SETTINGS: lambda: parts.settings(self.root, trusted=self._workspace.trusted),
            Part.HEALTH: self._health,
        }
        """Health comes last: it tells what went wrong with the others."""

    @property
    def findings(self) -> Findings:
        found = self.parts.get(Part.FINDINGS, NOTHING)
        assert isinstance(found, Findings)
        return found

    async def _health(self) -> parts.Health:
        decided = await asyncio.to_thread(lambda: self.service.decided)
        gone = f"{self.root} is not there: what is shown of it is as it was"
        troubles = [
            *([] if self._is_there else [gone]),
            *(self._trust.problem, self._workspace.trouble, self.learned.problem),
        ]
        return await parts.health(self.service, decided, [*troubles, *self._trouble.values()])

    async def look(self, changed: Callable[[Part], object]) -> None:
        """``changed`` is told of each part that is otherwise than before, as soon as that is known.
        Cheap where nothing was written."""
        async with self._looking:
            told, self._told = self._told, set()
            with suppress(OSError, sqlite3.Error):  # health tells
                await self.service.refresh()
            told |= {part for part, stamps in self._stamps.items() if stamps.changed()}
            if self._is_running:
                told.add(Part.TASKS)
            if (is_there := self.root.is_dir()) != self._is_there:
                self._is_there = is_there
                told.add(Part.HEALTH)
            for part in self._looks:
                if (part in told or part not in self.parts) and await self._is_otherwise(part):
                    changed(part)

    def _poked(self, poke: asyncio.Future[None]) -> None:
        if not poke.cancelled():
            self._stir(_OF_JOBS)

    def _stir(self, parts: AbstractSet[Part]) -> None:
        self._told |= parts
        self._stirred.set()

    @property
    def _is_running(self) -> bool:
        """Whether a task runs, which prints without that being told."""
        known = self.parts.get(Part.TASKS)
        return known is not None and any(
            job["state"] == JobState.RUNNING for job in known.under_way
        )

    async def _is_otherwise(self, part: Part) -> bool:
        before, found, trouble = self.parts.get(part), None, ""
        try:
            found = await {**self._looks, **self.seldom.looks}[part]()
        except Exception as error:  # one part that goes wrong keeps no other from being seen
            if not isinstance(error, OSError | sqlite3.Error | ValueError):
                log.exception("%s of %s is not known", part, self.root)
            trouble = f"{part} cannot be read: {why(error)}"
        if bool(trouble) != (part in self._trouble):
            self._stir({Part.HEALTH})
        if trouble:
            self._trouble[part] = trouble
            self.parts.pop(part, None)
        else:
            self._trouble.pop(part, None)
            self.parts[part] = found
        return before is not found and before != found

    async def follow(self, changed: Callable[[Part], object]) -> None:
        """Look whenever something changes, and tell what, until this is cancelled."""
        with suppress(OSError):  # what nobody can tell us is seen at the next look
            self._link.open()
        seldom = asyncio.create_task(self._follow_seldom(changed))
        try:
            while True:
                self._stirred.clear()
                poked = self.service.engine.next_poke()
                poked.add_done_callback(self._poked)
                try:
                    await self.look(changed)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._stirred.wait()
                finally:
                    poked.cancel()
        finally:
            self._link.close()
            seldom.cancel()
            await asyncio.gather(seldom, return_exceptions=True)

    async def _follow_seldom(self, changed: Callable[[Part], object]) -> None:
        """What takes long to look at keeps nothing else waiting."""
        while True:
            for part in self.seldom.due():
                if await self._is_otherwise(part):
                    changed(part)
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def watched(root: Path, *, trusted: bool | None) -> AsyncIterator[Watched]:
    """``trusted`` as ``Service`` has it. On leaving, everything that was started is gone. Raises
    OSError (the state folder)."""
    runner = Runner()
    try:
        async with open_service(root, "dashboard", runs=False, trusted=trusted) as service:
            workspace, checks = service.chores.workspace, Checks(runner)
            learned = Learned(workspace, checks, sandboxed(workspace, runner))
            seldom = Seldom(service, Eye(state_dir(), [root]))
            findings = FindingsReader(workspace, service.engine, checks)
            try:
                yield Watched(service, learned, findings, seldom)
            finally:
                await seldom.close()
                await learned.close()
    finally:
        await runner.close()
