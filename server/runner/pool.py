"""Warm workers, grouped in lanes, under one supervisor process.

A lane runs at most ``Lane.workers`` calls at a time; what waits is ordered by priority, then by
age. Waiting jobs that ask the same function in the same context are joined into one call. When a
joined call fails, each of its jobs is run again alone, so that one bad file spoils only itself.
Cancelling a job that runs alone ends its worker; the next job takes another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..model import Cost
from .calls import Call, Job, Lane, Outcome, Status
from .supervisor_client import Supervisor
from .worker_client import Worker

log = logging.getLogger(__name__)

_CLOSED = Outcome(Status.FAILED, why="Understudy is ending")


@dataclass(eq=False)
class _Waiting:
    job: Job
    call: Call
    age: int
    done: asyncio.Future[Outcome]
    alone: bool = False


@dataclass
class _LaneState:
    lane: Lane
    waiting: list[_Waiting] = field(default_factory=list)
    idle: list[tuple[Worker, asyncio.TimerHandle | None]] = field(default_factory=list)
    busy: int = 0


class Pool:
    """Runs jobs in lanes. All methods belong to the event loop."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._lanes: dict[str, _LaneState] = {}
        self._ages = itertools.count()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False
        self.most_memory: int | None = None
        """A worker that holds more bytes after a call is ended."""
        self.recycled: Callable[[str, int], object] = lambda _lane, _memory: None
        """Told of such a worker's lane, and what it held."""

    def warm(self, lane: Lane) -> None:
        """Fork the lane's workers now, so that the first job finds one."""
        state = self._state(lane)
        while state.busy + len(state.idle) < lane.workers:
            self._rest(state, self._new_worker(lane))

    def slim(self) -> int:
        """End the workers that have nothing to do; the next call forks one. How many there were."""
        resting = [(state, each) for state in self._lanes.values() for each, _ in state.idle]
        for state, worker in resting:
            self._retire(state, worker)
        return len(resting)

    async def run(self, job: Job, call: Call) -> Outcome:
        """The outcome of a job whose work is ``call``. When it is cancelled, nobody waits for its
        process to end."""
        if self._closed:
            return _CLOSED
        state = self._state(call.lane)
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(job, call, next(self._ages), done)
        state.waiting.append(waiting)
        self._dispatch(state)
        try:
            return await done
        finally:
            if waiting in state.waiting:
                state.waiting.remove(waiting)

    async def close(self) -> None:
        self._closed = True
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for state in self._lanes.values():
            _give_up(state.waiting)
            for worker, timer in state.idle:
                if timer:
                    timer.cancel()
                await worker.end()

    def _state(self, lane: Lane) -> _LaneState:
        return self._lanes.setdefault(lane.name, _LaneState(lane))

    def _new_worker(self, lane: Lane) -> Worker:
        return Worker(self._supervisor, lane)

    def _dispatch(self, state: _LaneState) -> None:
        while not self._closed and state.waiting and state.busy < state.lane.workers:
            batch = self._take(state)
            state.busy += 1
            task = asyncio.get_running_loop().create_task(self._serve(state, batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _take(self, state: _LaneState) -> list[_Waiting]:
        """The most urgent waiting job and, up to the lane's batch, others like it."""
        state.waiting.sort(key=lambda waiting: (-waiting.job.urgency.priority, waiting.age))
        first = state.waiting[0]
        # Free workers share what waits, rather than one taking it all.
        share = -(-len(state.waiting) // (state.lane.workers - state.busy))
        limit = 1 if first.alone else min(state.lane.batch, share)
        kind = (first.call.function, first.call.context)
        batch: list[_Waiting] = []
        size = 0
        for waiting in state.waiting:
            call = waiting.call
            if batch and (
                (call.function, call.context) != kind
                or waiting.alone
                or size + len(call.items) > limit
            ):
                continue
            batch.append(waiting)
            size += len(call.items)
            if size >= limit:
                break
        state.waiting = [waiting for waiting in state.waiting if waiting not in batch]
        return batch

    async def _serve(self, state: _LaneState, batch: list[_Waiting]) -> None:
        worker: Worker | None = None
        healthy = False
        try:
            worker = self._idle_worker(state) or self._new_worker(state.lane)
            outcome, healthy = await self._call(worker, batch)
            healthy = healthy and not self._is_grown(state.lane, outcome.cost.memory_bytes)
            self._deliver(state, batch, outcome)
        except asyncio.CancelledError:
            _give_up(batch)
            raise
        except Exception as error:
            log.exception("a call could not be made")
            self._deliver(state, batch, Outcome(Status.FAILED, why=str(error)))
        finally:
            state.busy -= 1
            if worker is not None and healthy and not self._closed:
                self._rest(state, worker)
            elif worker is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await worker.end()
            self._dispatch(state)

    def _is_grown(self, lane: Lane, memory: int) -> bool:
        if self.most_memory is None or memory <= self.most_memory:
            return False
        self.recycled(lane.name, memory)
        return True

    async def _call(self, worker: Worker, batch: list[_Waiting]) -> tuple[Outcome, bool]:
        """The call's outcome, and whether the worker can be used again."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        items = tuple(item for waiting in batch for item in waiting.call.items)
        timeout = max(waiting.job.timeout for waiting in batch)
        answer = loop.create_task(worker.call(batch[0].call, items))
        unwanted = loop.create_task(_all_cancelled([waiting.done for waiting in batch]))
        try:
            await asyncio.wait(
                (answer, unwanted), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            seconds = loop.time() - started
            if not answer.done():
                why = f"no answer within {timeout:g} s"
                return Outcome(Status.TIMED_OUT, why=why, seconds=seconds), False
            try:
                kind, value, cost = answer.result()
            except (OSError, EOFError) as error:
                why = await worker.death(error)
                return Outcome(Status.FAILED, why=why, seconds=seconds), False
            if kind == "done" and isinstance(value, (list, tuple)) and len(value) == len(items):
                return Outcome(Status.DONE, tuple(value), cost=cost, seconds=seconds), True
            why = str(value) if kind == "failed" else "it answered with the wrong number of results"
            return Outcome(Status.FAILED, why=why, cost=cost, seconds=seconds), True
        finally:
            for task in (answer, unwanted):
                task.cancel()
            await asyncio.gather(answer, unwanted, return_exceptions=True)

    def _deliver(self, state: _LaneState, batch: list[_Waiting], outcome: Outcome) -> None:
        if outcome.status is not Status.DONE and len(batch) > 1:
            for waiting in batch:
                if not waiting.done.done():
                    waiting.alone = True
                    state.waiting.append(waiting)
            return
        start = 0
        items = sum(len(waiting.call.items) for waiting in batch) or 1
        for waiting in batch:
            count = len(waiting.call.items)
            if not waiting.done.done():
                part = outcome.results[start : start + count]
                cost = Cost(outcome.cost.cpu_seconds / len(batch), outcome.cost.memory_bytes)
                seconds = outcome.seconds if len(batch) == 1 else outcome.seconds * count / items
                waiting.done.set_result(Outcome(outcome.status, part, outcome.why, cost, seconds))
            start += count

    def _idle_worker(self, state: _LaneState) -> Worker | None:
        while state.idle:
            worker, timer = state.idle.pop()
            if timer:
                timer.cancel()
            if worker.is_listening:
                return worker
        return None

    def _rest(self, state: _LaneState, worker: Worker) -> None:
        timer: asyncio.TimerHandle | None = None
        if state.lane.idle_seconds:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(state.lane.idle_seconds, self._retire, state, worker)
        state.idle.append((worker, timer))

    def _retire(self, state: _LaneState, worker: Worker) -> None:
        for idle, timer in state.idle:
            if idle is worker and timer is not None:
                timer.cancel()
        state.idle = [(idle, timer) for idle, timer in state.idle if idle is not worker]
        task = asyncio.get_running_loop().create_task(worker.end())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _give_up(batch: list[_Waiting]) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_result(_CLOSED)


async def _all_cancelled(futures: list[asyncio.Future[Outcome]]) -> None:
    await asyncio.wait(futures)
