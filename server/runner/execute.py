"""``Runner.execute``: the one door. Every job passes the same stages, given as data.

A stage is ``async (job, go_on) -> Outcome``: it may refuse, change the job, or look at what comes
back from ``go_on(job)``. The last link of the chain is the pool for calls, ``commands`` for
external commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from .. import spans
from ..model import Cost
from .calls import Command, Job, Lane, Outcome, Status
from .commands import Commands
from .governor import Governor
from .pool import Pool
from .slots import Slots
from .supervisor_client import Supervisor

GoOn = Callable[[Job], Awaitable[Outcome]]
Stage = Callable[[Job, GoOn], Awaitable[Outcome]]


async def confidence(job: Job, go_on: GoOn) -> Outcome:
    """What the workspace brings along runs only in a trusted workspace."""
    if job.needs_trust and not job.trusted:
        why = "the workspace is not trusted; `understudy trust` lets it run"
        return Outcome(Status.REFUSED, why=why)
    return await go_on(job)


class Accounts:
    """The stage that books what each task cost."""

    def __init__(self) -> None:
        self._costs: dict[str, Cost] = {}

    async def __call__(self, job: Job, go_on: GoOn) -> Outcome:
        outcome = await go_on(job)
        self._costs[job.task] = self._costs.get(job.task, Cost()) + outcome.cost
        return outcome

    @property
    def costs(self) -> Mapping[str, Cost]:
        return self._costs


async def timed(job: Job, go_on: GoOn) -> Outcome:
    """Tells how long a job waited for its turn, and how long it ran."""
    asked = spans.mark()
    outcome = await go_on(job)
    ended = spans.mark()
    began = max(asked, ended - outcome.seconds)
    spans.add("queue", asked, began, tool=job.task)
    cost = outcome.cost.cpu_seconds, outcome.cost.memory_bytes
    spans.add("run", began, ended, cost=cost, tool=job.task, outcome=outcome.status.value)
    return outcome


def _linked(stage: Stage, go_on: GoOn) -> GoOn:
    return lambda job: stage(job, go_on)


class Runner:
    """Owns all that runs. ``stages`` run outermost first."""

    def __init__(self, stages: Sequence[Stage] | None = None) -> None:
        self._accounts = Accounts()
        self._supervisor = Supervisor()
        self._pool = Pool(self._supervisor)
        self.governor = Governor()
        self.slots = Slots()
        self.commands = Commands(self._supervisor, self.governor)
        chain: GoOn = self._start
        for stage in reversed(
            (confidence, timed, self._accounts, self.governor) if stages is None else stages
        ):
            chain = _linked(stage, chain)
        self._chain = chain
        self._running = 0

    def limit(self, percent: float, memory: int, most: int) -> None:
        """What tasks may use together from now on: ``percent`` of all processors, so many bytes, so
        many at once."""
        self.governor.limit(percent, memory)
        self.slots.most = most

    @property
    def running(self) -> int:
        """How many jobs wait or run."""
        return self._running

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What each task has cost so far."""
        return self._accounts.costs

    @property
    def supervisor_pid(self) -> int:
        return self._supervisor.pid

    def keep(self, name: str, descriptor: int) -> None:
        """Hold a descriptor open as long as anything runs that was started here."""
        self._supervisor.keep(name, descriptor)

    def drop(self, name: str) -> None:
        self._supervisor.drop(name)

    def warm(self, lane: Lane) -> None:
        self._pool.warm(lane)

    def slim(self) -> int:
        """End the workers that have nothing to do, until they are wanted; how many there were."""
        return self._pool.slim()

    def recycle(self, most_memory: int, told: Callable[[str, int], object]) -> None:
        """From now on a worker that holds more bytes after a call is ended; ``told`` hears of its
        lane, and of what it held."""
        self._pool.most_memory, self._pool.recycled = most_memory, told

    async def _start(self, job: Job) -> Outcome:
        if isinstance(job.work, Command):
            return await self.commands.run(job, job.work)
        return await self._pool.run(job, job.work)

    async def execute(self, job: Job) -> Outcome:
        """Run one job. Failure is an outcome; only cancellation raises."""
        self._running += 1
        try:
            return await self._chain(job)
        finally:
            self._running -= 1

    async def close(self) -> None:
        """End everything that was started; returns when it is gone."""
        await asyncio.gather(self._pool.close(), self.commands.close())
        await self._supervisor.close()
