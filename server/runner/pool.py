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
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import uuid
from dataclasses import dataclass, field

from ..model import Cost
from .calls import Call, Job, Lane, Outcome, Status
from .supervisor import MARK, become_subreaper, end_strays
from .worker import pack, unpack_length

log = logging.getLogger(__name__)

_FAREWELL_SECONDS = 1.0
"""Between the end of a worker's connection and the end of the worker."""

_CLOSED = Outcome(Status.FAILED, why="Understudy is ending")


class Supervisor:
    """The server's end of ``supervisor.py``; started at the first fork, again if it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ids = itertools.count(1)
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._preloaded: set[str] = set()
        self._token = str(uuid.uuid4())

    @property
    def pid(self) -> int:
        """The supervisor's process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def _start(self) -> socket.socket:
        if self._control is not None:
            return self._control
        become_subreaper()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", f"{__package__}.supervisor", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, MARK: self._token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        asyncio.get_running_loop().add_reader(ours, self._receive)
        self._control = ours
        return ours

    def _send(self, message: dict[str, object], fds: tuple[int, ...] = ()) -> None:
        socket.send_fds(self._start(), [json.dumps(message).encode()], fds)

    def fork(
        self, preload: tuple[str, ...], nice: int
    ) -> tuple[int, socket.socket, asyncio.Future[int]]:
        """A new worker: its id, our end of its socket, and a future of its wait status."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        id_ = next(self._ids)
        with theirs:
            try:
                self._fork(preload, id_, nice, theirs)
            except (BrokenPipeError, ConnectionResetError):
                self._gone()  # it was killed meanwhile
                self._fork(preload, id_, nice, theirs)
        self._exits[id_] = asyncio.get_running_loop().create_future()
        return id_, ours, self._exits[id_]

    def _fork(self, preload: tuple[str, ...], id_: int, nice: int, theirs: socket.socket) -> None:
        if missing := [module for module in preload if module not in self._preloaded]:
            self._send({"preload": missing})
            self._preloaded.update(missing)
        self._send({"fork": id_, "nice": nice}, (theirs.fileno(),))

    def kill(self, id_: int) -> None:
        if id_ in self._exits:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._send({"kill": id_})

    def _receive(self) -> None:
        assert self._control is not None
        try:
            packet = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._gone()
            return
        message = json.loads(packet)
        exited = self._exits.pop(message["exited"], None)
        if exited is not None and not exited.done():
            exited.set_result(message["status"])

    def _gone(self) -> None:
        """It was killed, or is closed: what it leaves is ours and ends. The next fork starts a new
        one."""
        if self._control is None or self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._process.wait()
        end_strays(self._process.pid, self._token)
        self._control = self._process = None
        self._preloaded.clear()
        for exited in self._exits.values():
            if not exited.done():
                exited.set_result(signal.SIGKILL)
        self._exits.clear()

    async def close(self) -> None:
        """Returns when the supervisor and everything below it are gone."""
        if self._control is None or self._process is None:
            return
        process = self._process
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(process.wait)
        self._gone()


class _Worker:
    def __init__(self, supervisor: Supervisor, lane: Lane) -> None:
        self._supervisor = supervisor
        self.id, self._socket, self.exited = supervisor.fork(lane.preload, lane.nice)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether it lives, as far as its connection tells; that is sooner than ``exited``."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def call(self, call: Call, items: tuple[object, ...]) -> tuple[str, object, Cost]:
        """Raises ConnectionError when the worker died."""
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(sock=self._socket)
        reader, writer = self._streams
        writer.write(pack((call.function, call.context, items)))
        await writer.drain()
        try:
            length = unpack_length(await reader.readexactly(4))
            answer: tuple[str, object, Cost] = _unpickle(await reader.readexactly(length))
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the worker died") from error
        return answer

    async def end(self) -> None:
        """Kill it; returns when it and all that it started are gone."""
        self._supervisor.kill(self.id)
        if self._streams is not None:
            self._streams[1].close()
        else:
            self._socket.close()
        await asyncio.shield(self.exited)


def _unpickle(body: bytes) -> tuple[str, object, Cost]:
    import pickle

    answer: tuple[str, object, Cost] = pickle.loads(body)  # noqa: S301 - our own worker
    return answer


@dataclass(eq=False)
class _Waiting:
    job: Job
    order: tuple[int, int]
    done: asyncio.Future[Outcome]
    alone: bool = False


@dataclass
class _LaneState:
    lane: Lane
    waiting: list[_Waiting] = field(default_factory=list)
    idle: list[tuple[_Worker, asyncio.TimerHandle | None]] = field(default_factory=list)
    busy: int = 0


class Pool:
    """Runs jobs in lanes. All methods belong to the event loop."""

    def __init__(self) -> None:
        self.supervisor = Supervisor()
        self._lanes: dict[str, _LaneState] = {}
        self._order = itertools.count()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    def warm(self, lane: Lane) -> None:
        """Fork the lane's workers now, so that the first job finds one."""
        state = self._state(lane)
        while state.busy + len(state.idle) < lane.workers:
            self._rest(state, self._new_worker(lane))

    async def run(self, job: Job) -> Outcome:
        """The job's outcome. When it is cancelled, nobody waits for its process to end."""
        if self._closed:
            return _CLOSED
        state = self._state(job.call.lane)
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(job, (-job.priority, next(self._order)), done)
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
        await self.supervisor.close()

    def _state(self, lane: Lane) -> _LaneState:
        return self._lanes.setdefault(lane.name, _LaneState(lane))

    def _new_worker(self, lane: Lane) -> _Worker:
        return _Worker(self.supervisor, lane)

    def _dispatch(self, state: _LaneState) -> None:
        while not self._closed and state.waiting and state.busy < state.lane.workers:
            batch = self._take(state)
            state.busy += 1
            task = asyncio.get_running_loop().create_task(self._serve(state, batch))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _take(self, state: _LaneState) -> list[_Waiting]:
        """The most urgent waiting job and, up to the lane's batch, others like it."""
        state.waiting.sort(key=lambda waiting: waiting.order)
        first = state.waiting[0]
        # Free workers share what waits, rather than one taking it all.
        share = -(-len(state.waiting) // (state.lane.workers - state.busy))
        limit = 1 if first.alone else min(state.lane.batch, share)
        kind = (first.job.call.function, first.job.call.context)
        batch: list[_Waiting] = []
        size = 0
        for waiting in state.waiting:
            call = waiting.job.call
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
        worker: _Worker | None = None
        healthy = False
        try:
            worker = self._idle_worker(state) or self._new_worker(state.lane)
            outcome, healthy = await self._call(worker, batch)
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

    async def _call(self, worker: _Worker, batch: list[_Waiting]) -> tuple[Outcome, bool]:
        """The call's outcome, and whether the worker can be used again."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        items = tuple(item for waiting in batch for item in waiting.job.call.items)
        timeout = max(waiting.job.timeout for waiting in batch)
        answer = loop.create_task(worker.call(batch[0].job.call, items))
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
                why = await _death(worker, error)
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
        for waiting in batch:
            count = len(waiting.job.call.items)
            if not waiting.done.done():
                part = outcome.results[start : start + count]
                cost = Cost(outcome.cost.cpu_seconds / len(batch), outcome.cost.memory_bytes)
                waiting.done.set_result(
                    Outcome(outcome.status, part, outcome.why, cost, outcome.seconds)
                )
            start += count

    def _idle_worker(self, state: _LaneState) -> _Worker | None:
        while state.idle:
            worker, timer = state.idle.pop()
            if timer:
                timer.cancel()
            if worker.is_listening:
                return worker
        return None

    def _rest(self, state: _LaneState, worker: _Worker) -> None:
        timer: asyncio.TimerHandle | None = None
        if state.lane.idle_seconds:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(state.lane.idle_seconds, self._retire, state, worker)
        state.idle.append((worker, timer))

    def _retire(self, state: _LaneState, worker: _Worker) -> None:
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


async def _death(worker: _Worker, error: Exception) -> str:
    """Why a worker whose connection has ended gave no answer."""
    await asyncio.wait((worker.exited,), timeout=_FAREWELL_SECONDS)
    if not worker.exited.done():
        return "its process broke off the connection"
    status = worker.exited.result()
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"its process was killed by {name} (out of memory?)"
    return f"its process ended in the middle of the work ({error})"
