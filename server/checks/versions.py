"""Which version each program has that is none of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from ..analyzers.base import Analyzer, Configuration
from ..analyzers.installations import Standing
from ..model import Priority, State
from ..runner.calls import Job, Outcome, Status
from .jobs import Policy, asking

_Program = tuple[object, ...]


class Versions:
    """A program that has answered is asked again when it has changed. ``execute`` is the one door.
    Belongs to the event loop, but for ``known``."""

    def __init__(self, execute: Callable[[Job], Awaitable[Outcome]]) -> None:
        self._execute = execute
        self._told: dict[_Program, Standing] = {}
        self._asked: dict[tuple[Path, _Program], asyncio.Task[Standing]] = {}
        """By the folder for whose files it is asked, too: the trust in that may end."""

    def known(self, analyzer: Analyzer, configuration: Configuration) -> str | None:
        """The version of what analyses; None: it was not asked yet, or did not answer."""
        if not configuration.programs:
            return configuration.version or analyzer.version()
        told = self._told.get((analyzer.name, *configuration.programs))
        return told.version if told else None

    async def of(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        root: Path,
        policy: Policy,
        priority: Priority,
    ) -> str:
        """The version of what analyses; empty where there is none to be had."""
        if (known := self.known(analyzer, configuration)) is not None:
            return known
        return (await self.standing(analyzer, configuration, root, policy, priority)).version

    async def standing(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        root: Path,
        policy: Policy,
        priority: Priority,
    ) -> Standing:
        """How the program is that a configuration names, asked for the folder ``root``. Who is
        cancelled meanwhile leaves the answer to others."""
        program = (analyzer.name, *configuration.programs)
        if (told := self._told.get(program)) is not None:
            return told
        task = self._asked.get((root, program))
        if task is None or task.done():
            job = asking(analyzer, configuration, policy, priority)
            task = asyncio.get_running_loop().create_task(self._ask(program, job))
            self._asked[root, program] = task
        await asyncio.wait((task,))
        if task.cancelled():
            return Standing("", State.NOT_TRUSTED, "the workspace is not trusted any more")
        return task.result()

    async def stop(self, root: Path) -> None:
        """End what is asked for a folder; returns when it has ended."""
        tasks = [task for (asker, _), task in self._asked.items() if asker == root]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _ask(self, program: _Program, job: Job) -> Standing:
        """Only an answer is kept: what was refused, failed or took too long may go well later."""
        outcome = await self._execute(job)
        if outcome.status is Status.DONE:
            standing = self._told[program] = Standing(*outcome.results[0])
            return standing
        state = State.NOT_TRUSTED if outcome.status is Status.REFUSED else State.FAILED
        return Standing("", state, outcome.why)
