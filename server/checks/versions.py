"""Which version each program has that is none of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..analyzers.base import Analyzer, Configuration, Standing
from ..model import Priority, State
from ..runner.calls import Job, Outcome, Status
from .jobs import Policy, asking

_Program = tuple[object, ...]


class Versions:
    """A program is asked once, and again when it has changed. ``execute`` is the one door. Belongs
    to the event loop, but for ``known``."""

    def __init__(self, execute: Callable[[Job], Awaitable[Outcome]]) -> None:
        self._execute = execute
        self._told: dict[_Program, Standing] = {}
        self._asked: dict[_Program, asyncio.Task[Standing]] = {}

    def known(self, analyzer: Analyzer, configuration: Configuration) -> str | None:
        """The version of what analyses; None: it was not asked yet."""
        if not configuration.program:
            return configuration.version or analyzer.version()
        told = self._told.get((analyzer.name, *configuration.program))
        return told.version if told else None

    async def of(
        self, analyzer: Analyzer, configuration: Configuration, policy: Policy, priority: Priority
    ) -> str:
        """The version of what analyses; empty where there is none to be had."""
        if (known := self.known(analyzer, configuration)) is not None:
            return known
        return (await self.standing(analyzer, configuration, policy, priority)).version

    async def standing(
        self, analyzer: Analyzer, configuration: Configuration, policy: Policy, priority: Priority
    ) -> Standing:
        """How the program is that a configuration names. Who is cancelled meanwhile leaves the
        answer to others."""
        program = (analyzer.name, *configuration.program)
        if (told := self._told.get(program)) is not None:
            return told
        task = self._asked.get(program)
        if task is None or task.done():
            job = asking(analyzer, configuration, policy, priority)
            task = asyncio.get_running_loop().create_task(self._ask(program, job))
            self._asked[program] = task
        return await asyncio.shield(task)

    async def _ask(self, program: _Program, job: Job) -> Standing:
        """What was refused may be allowed later: that is asked again."""
        outcome = await self._execute(job)
        if outcome.status is Status.REFUSED:
            return Standing("", State.NOT_ANALYSED, outcome.why)
        standing = Standing("", State.FAILED, outcome.why)
        if outcome.status is Status.DONE:
            standing = Standing(*outcome.results[0])
        self._told[program] = standing
        return standing
