"""Runs the durable jobs of one workspace, as long as the lease is ours.

Each turn: end what is to be cancelled, rank what waits, claim as many as there are free slots, run
them. A turn comes when something was queued or ended, when a retry is due, and when a poke says
that another process did something.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..store.history import Execution, History, Sample
from ..store.job_rows import Ended, Record, Waiting
from ..store.jobs import Jobs
from . import priority
from .attempt import Attempt, Change, Surroundings, World
from .budget import slots, why_not_now
from .calls import Status
from .execute import Runner
from .graph import Node, needs_of
from .handed import Handed
from .task import Task

log = logging.getLogger(__name__)

_RERANK_SECONDS = 0.05
"""A ranking is good for so long: what is queued meanwhile waits for the next one."""
_AGAIN_SECONDS = 1.0
_IDLE_SECONDS = 60.0
_SAMPLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """``percent`` is of all processors; ``every``: steps between checkpoints."""

    most: int = 5
    queued: int = 1_000
    percent: float = 50.0
    every: int = 10


class Scheduler:
    def __init__(
        self,
        jobs: Jobs,
        history: History,
        runner: Runner,
        tasks: Mapping[str, Task],
        options: Options,
        world: World,
        logs: Path,
        told: Callable[[Change], object],
        wake: Callable[[], object],
        handed: Handed,
    ) -> None:
        self._jobs = jobs
        self._history = history
        self._tasks = tasks
        self.options = options
        self._world = world
        self._told = told
        self._slots = runner.slots
        self._wake = wake
        self._surroundings = Surroundings(jobs, runner, world, logs, options.every, told, handed)
        self.owner = f"{os.getpid()}-{os.urandom(4).hex()}"
        self.running: dict[int, asyncio.Task[None]] = {}
        self._cancelling: set[int] = set()
        self._ranking: list[int] = []
        self._waiting: dict[int, Waiting] = {}
        self._somebody_needs = False
        self._ranked_at = 0.0
        self._stale = True
        self._later: float | None = None
        self._sampled_at = 0.0
        self.only: set[int] | None = None
        """The jobs that may be run here; None: all."""
        self.held_back = ""
        """Why a job waits although a slot is free."""

    async def turn(self) -> float:
        """Do what is to be done now; seconds until the next turn, unless something happens."""
        for id_ in await self._jobs.to_cancel(self.owner) if self.running else ():
            self._cancel(id_)
        cpus = os.cpu_count() or 1
        most = slots(self.options.most, self.options.percent, cpus)
        pause = _IDLE_SECONDS
        if self._slots.free(most, self._wake):
            pause = await self._rank()
            await self._start(most)
        await self._sample()
        if self._later is not None:
            pause = min(pause, max(0.0, self._later - self._world.now()))
        return min(pause, _AGAIN_SECONDS if self.held_back or self.running else _IDLE_SECONDS)

    def rerank(self) -> None:
        """Something was queued, or has become free to run."""
        self._stale = True

    async def _start(self, most: int) -> None:
        chosen = self._choose(self._slots.free(most, self._wake))
        if not chosen:
            return
        self._slots.take(len(chosen))  # while we wait, others may want them
        claimed: list[Record] = []
        try:
            claimed = await self._jobs.claim(chosen, self.owner, self._world.now())
        finally:
            if unused := len(chosen) - len(claimed):
                self._slots.give_back(unused)
        for record in claimed:
            work = asyncio.get_running_loop().create_task(self._run(record))
            work.add_done_callback(lambda _: self._slots.give_back())
            self.running[record.id] = work

    async def _rank(self) -> float:
        """Bring the ranking up to date where it is not; seconds until it is to be done again."""
        clock, now = asyncio.get_running_loop().time(), self._world.now()
        age = clock - self._ranked_at
        due = self._later is not None and now >= self._later
        if not (self._stale or due or (self._ranking and age > _AGAIN_SECONDS)):
            return _IDLE_SECONDS
        if self._ranking and age < _RERANK_SECONDS:
            return _RERANK_SECONDS - age
        self._stale = False
        self._ranked_at = clock
        rows, self._later = await self._jobs.waiting(now)
        executions = await self._history.of_tasks({row.task for row in rows}, priority.HISTORY)
        histories = {task: _history(known) for task, known in executions.items()}
        self._waiting = {row.id: row for row in rows}
        self._somebody_needs = any(row.needs for row in rows)
        self._ranking = [id_ for id_, _ in reversed(priority.ranked(rows, histories, now))]
        return _IDLE_SECONDS

    def _choose(self, free: int) -> list[int]:
        """The most urgent that may run now; they leave the ranking."""
        conditions = self._world.conditions()
        chosen: list[int] = []
        held: list[int] = []
        self.held_back = ""
        while self._ranking and len(chosen) < free:
            row = self._waiting[id_ := self._ranking.pop()]
            if row.needs or (self.only is not None and id_ not in self.only):
                continue
            if why := why_not_now(row.importance, conditions):
                self.held_back = why
                held.append(id_)
                continue
            chosen.append(id_)
        self._ranking += reversed(held)
        return chosen

    async def _run(self, record: Record) -> None:
        self._told(Change("started", record))
        task = self._tasks.get(record.task)
        has_needs = task is not None and (task.needs or task.inputs)
        needs = needs_of(nodes_of(self._tasks), record.task) if has_needs else ()
        attempt = Attempt(record, task, needs, self._surroundings)
        try:
            ended = await attempt.run()
        except asyncio.CancelledError:
            if record.id not in self._cancelling:
                raise
            ended = attempt.cancelled()
        self._cancelling.add(record.id)  # it is too late for that now
        after, *dependants = await self._record(record, ended) or [record]
        self._cancelling.discard(record.id)
        del self.running[record.id]
        if ended.retry_at or self._somebody_needs:
            self._stale = True
        self._told(Change("retrying" if ended.retry_at else "ended", after, ended.why))
        for dependant in dependants:
            self._told(Change("ended", dependant, dependant.why))

    async def _record(self, record: Record, ended: Ended) -> list[Record]:
        """The outcome is told to nobody before it is on disk; a full disk is waited for."""
        while True:
            try:
                return await self._jobs.finish(record.id, self.owner, ended, self._world.now())
            except sqlite3.OperationalError as error:
                log.warning("what became of job %d waits to be stored: %s", record.id, error)
                await asyncio.sleep(_AGAIN_SECONDS)

    def _cancel(self, id_: int) -> None:
        if (task := self.running.get(id_)) is not None and id_ not in self._cancelling:
            self._cancelling.add(id_)
            task.cancel()

    async def close(self) -> None:
        """End what runs; who takes over, or the next start, decides what becomes of it."""
        for task in tuple(self.running.values()):
            task.cancel()
        await asyncio.gather(*self.running.values(), return_exceptions=True)
        with contextlib.suppress(sqlite3.Error):
            await self._jobs.recover(self._world.now())
        self.running.clear()
        self._cancelling.clear()

    async def _sample(self) -> None:
        now = self._world.now()
        if self.running and not 0 <= now - self._sampled_at < _SAMPLE_SECONDS:
            self._sampled_at = now
            await self._history.sample(Sample(now, len(self._ranking), len(self.running)))


def nodes_of(tasks: Mapping[str, Task]) -> dict[str, Node]:
    return {name: Node(name, t.needs, t.inputs, t.outputs) for name, t in tasks.items()}


def _history(executions: Sequence[Execution]) -> priority.History:
    return priority.History.of(
        [
            priority.Execution(each.status == Status.DONE, each.ended - each.started)
            for each in executions
        ]
    )
