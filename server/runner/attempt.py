"""One attempt at one durable job: its coroutine is run within its time, and its end is judged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from .. import spans
from ..findings.redact_output import told_without_secrets
from ..findings.redact_values import taken_out
from ..store.job_rows import CANCELLED, Checkpoint, Ended, Record
from ..store.jobs import Jobs
from . import retry
from .budget import Conditions
from .calls import Outcome, Status
from .execute import Runner
from .handed import Handed, lacking
from .task import Context, Result, Task, Transient

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_TELL_SECONDS = 0.2
"""Progress is written to the database no more often."""
_TEMPORARY = 75


@dataclass(frozen=True, slots=True)
class World:
    """What a scheduler is given of the outside: time, chance, and how things stand."""

    now: Callable[[], float]
    """Seconds since the epoch."""
    chance: Callable[[], float]
    conditions: Callable[[], Conditions]
    trusted: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a job: ``started``, ``progress``, ``output``, ``ended``, ``retrying``,
    ``waiting`` (left by a process that is gone; ``text`` tells for what)."""

    kind: str
    job: Record
    text: str = ""
    fraction: float = 0.0
    output: bytes = b""


class Surroundings(NamedTuple):
    """What every attempt of a scheduler is given. ``every``: steps between checkpoints."""

    jobs: Jobs
    runner: Runner
    world: World
    logs: Path
    every: int
    told: Callable[[Change], object]
    handed: Handed


class Attempt:
    """``task`` None: there is none of the job's name. ``needs`` names those that it needs."""

    def __init__(
        self, record: Record, task: Task | None, needs: Sequence[str], around: Surroundings
    ) -> None:
        self._record = record
        self._task = task
        self._needs = needs
        self._around = around
        self._context: Context | None = None
        self._started = asyncio.get_running_loop().time()
        self._told_at = 0.0
        self._telling: set[asyncio.Task[None]] = set()
        self._secrets: frozenset[str] = frozenset()

    async def run(self) -> Ended:
        """How it ended; only being cancelled raises."""
        self._tell_of_waiting()
        try:
            async with spans.span("task", tool=self._record.task):
                result = await self._run()
        except Exception as error:
            log.exception("task %s broke", self._record.task)
            why = f"{type(error).__name__}: {error}"
            result = Result(outcome=Outcome(Status.FAILED, why=why))
        return self._ended(result)

    def _tell_of_waiting(self) -> None:
        record, began = self._record, spans.mark()
        waited = max(0.0, self._around.world.now() - max(record.queued, record.due))
        spans.add("queue", began - waited if began else 0.0, began, tool=record.task)

    def cancelled(self) -> Ended:
        """How it ended when it was cancelled."""
        return self._with_cost(Ended(CANCELLED, "it was cancelled"))

    async def _run(self) -> Result:
        if (task := self._task) is None:
            why = f"there is no task {self._record.task!r}; `understudy tasks` lists what there is"
            return _failed(Status.MISSING, why)
        if task.needs_trust and not self._around.world.trusted():
            return _failed(Status.REFUSED, "the workspace is not trusted; see `understudy trust`")
        if mark := self._record.withheld:
            if (given := self._around.handed.of(mark)) is None:
                return _failed(Status.REFUSED, lacking(self._record.parameters))
            self._record = replace(self._record, parameters=given)
            self._secrets = taken_out(given)
        context = self._context = await self._new_context(task)
        try:
            return await self._within(task, context)
        except Transient as error:
            return _failed(Status.FAILED, str(error), _TEMPORARY)

    async def _within(self, task: Task, context: Context) -> Result:
        """Run the task's coroutine. While a command of its runs, that has a time-out of its own;
        nor does count what the budget takes from it."""
        work = asyncio.ensure_future(task.run(context))
        left = task.timeout
        try:
            while left > 0:
                step = min(left, _LOOK_SECONDS)
                if (await asyncio.wait((work,), timeout=step))[0]:
                    return work.result()
                halted = context.commands or self._around.runner.governor.halts
                left -= 0.0 if halted else step
            return _failed(Status.TIMED_OUT, f"no end within {task.timeout:g} s")
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait((work,))

    async def _new_context(self, task: Task) -> Context:
        record, around = self._record, self._around
        points = await around.jobs.checkpoints(record.id) if record.attempt > 1 else []
        return Context(
            job=record,
            task=task,
            resumed=points[0] if points else None,
            log=str(around.logs / f"{record.id}-{record.attempt}.log"),
            trusted=around.world.trusted(),
            every=around.every,
            _execute=around.runner.execute,
            _tell=self._tell,
            _save=self._save,
            secrets=self._secrets,
            _output=lambda chunk: around.told(Change("output", record, output=chunk)),
            needed=await around.jobs.values(self._needs) if self._needs else {},
        )

    def _tell(self, message: str, fraction: float) -> None:
        self._around.told(Change("progress", self._record, message, fraction))
        loop = asyncio.get_running_loop()
        if loop.time() - self._told_at >= _TELL_SECONDS:
            self._told_at = loop.time()
            telling = loop.create_task(self._store_progress(message, fraction))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _store_progress(self, message: str, fraction: float) -> None:
        with contextlib.suppress(sqlite3.OperationalError):
            await self._around.jobs.tell(self._record.id, message, fraction)

    async def _save(self, state: Any, message: str, fraction: float) -> None:
        """A disk that does not take it costs the way back to here, not the task."""
        point = Checkpoint(self._around.world.now(), fraction, message, state)
        try:
            await self._around.jobs.checkpoint(self._record.id, point)
        except sqlite3.OperationalError as error:
            log.warning("a checkpoint of job %d is not kept: %s", self._record.id, error)

    def _ended(self, result: Result) -> Ended:
        outcome, record = result.outcome, self._record
        why = told_without_secrets(outcome.why, self._secrets)
        ended = Ended(outcome.status, why, "", outcome.exit_code, result.value)
        if outcome.status is not Status.DONE:
            failure = retry.classify(outcome, result.said)
            ended = ended._replace(failure=failure)
            if (task := self._task) is not None:
                world = self._around.world
                wait = retry.delay(
                    failure, record.attempt, task.retries, task.retry_delay, world.chance()
                )
                ended = ended._replace(retry_at=None if wait is None else world.now() + wait)
        return self._with_cost(ended)

    def _with_cost(self, ended: Ended) -> Ended:
        seconds = asyncio.get_running_loop().time() - self._started
        if self._context is None:
            return ended._replace(seconds=seconds)
        return ended._replace(seconds=seconds, cost=self._context.cost)


def _failed(status: Status, why: str, exit_code: int | None = None) -> Result:
    return Result(outcome=Outcome(status, why=why, exit_code=exit_code))
