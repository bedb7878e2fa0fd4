"""External commands: each under a warden of its own, together within the budget.

The warden (``warden.py``) keeps hold of the processes; here is decided when one is ended or paused.
What runs is asked for its usage every ``_TICK_SECONDS``, as long as something runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import pickle
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from .budget import Budget, Conditions, Usage, why_not_now
from .calls import Command, Job, Outcome, Status
from .processes import MARK
from .supervisor_client import Supervisor
from .warden import End, Spec
from .worker import pack, unpack_length

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_MARGIN_SECONDS = 5.0
"""Beyond its grace, a warden that has not told of an end is ended itself."""
_TOO_MUCH_MEMORY = (
    "all tasks together used more memory than tasks.maxMemoryMb allows, and this one was the least"
    " important"
)


@dataclass(eq=False)
class Running:
    """A command that runs, as the budget sees it."""

    id: int
    job: Job
    command: Command
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cpu: float = 0.0
    memory: int = 0
    spent: float = 0.0
    paused_at: float | None = None
    paused: float = 0.0
    ending: str = ""
    """Why we end it; empty when we do not."""
    status: Status = Status.FAILED
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was told to end."""

    def order(self, order: object) -> None:
        if not self.writer.is_closing():
            self.writer.write(pack(order))

    def end(self, status: Status, why: str) -> None:
        if not self.ending:
            self.status, self.ending = status, why
            self.told.set()
            self.order(("end", float(self.command.grace)))

    def pause(self, now: float) -> None:
        if self.paused_at is None and not self.ending:
            self.paused_at = now
            self.order("pause")

    def resume(self, now: float) -> None:
        if self.paused_at is not None:
            self.paused += now - self.paused_at
            self.paused_at = None
            self.order("resume")

    def usage(self) -> Usage:
        """What it has used since it was asked for the last time."""
        fresh = max(0.0, self.cpu - self.spent)
        self.spent = self.cpu
        return Usage(self.id, float(self.command.importance), fresh, self.memory)

    def ran(self, now: float, since: float) -> float:
        """Seconds that it had to run, without those in which it was paused."""
        halted = self.paused + (now - self.paused_at if self.paused_at is not None else 0.0)
        return now - since - halted


class Commands:
    """All methods belong to the event loop."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._running: dict[int, Running] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self.budget: Budget | None = None
        self.conditions: Callable[[], Conditions] = Conditions
        self._closed = False

    @property
    def running(self) -> tuple[Running, ...]:
        return tuple(self._running.values())

    async def run(self, job: Job, command: Command) -> Outcome:
        """The outcome. When it is cancelled, the command is ended, and nobody waits for that."""
        if self._closed:
            return Outcome(Status.FAILED, why="Understudy is ending")
        task = asyncio.get_running_loop().create_task(self._run(job, command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            for running in self.running:
                if running.job is job:
                    running.end(Status.FAILED, "it was cancelled")
            raise

    async def close(self) -> None:
        """End everything, at once; returns when it is gone."""
        self._closed = True
        for running in self.running:
            running.end(Status.FAILED, "Understudy is ending")
            running.order(("end", 0.0))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, command: Command) -> Outcome:
        id_, ours, exited = self._supervisor.fork(("psutil",), 0, "warden")
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        running = self._running[id_] = Running(id_, job, command, reader, writer)
        environment = dict(command.environment)
        environment[MARK] = self._supervisor.token
        spec = Spec(
            argv=command.argv,
            cwd=command.cwd,
            environment=environment,
            nice=command.nice,
            file_bytes=command.file_bytes,
            log=command.log,
            log_bytes=command.log_bytes,
        )
        loop = asyncio.get_running_loop()
        started = loop.time()
        watch = loop.create_task(self._watch(running, started))
        if self._closed:
            running.end(Status.FAILED, "Understudy is ending")
        try:
            writer.write(pack(tuple(spec)))
            if self._ticking is None or self._ticking.done():
                self._ticking = loop.create_task(self._tick())
            end = await self._listen(running)
        finally:
            watch.cancel()
            del self._running[id_]
            writer.close()
            self._supervisor.kill(id_)
            await asyncio.shield(exited)
        return _outcome(running, end, loop.time() - started)

    async def _listen(self, running: Running) -> End | None:
        """What the warden tells, up to the end; None when it died without a word."""
        try:
            while True:
                length = unpack_length(await running.reader.readexactly(4))
                body = await running.reader.readexactly(length)
                match pickle.loads(body):  # noqa: S301 - our own warden
                    case ("output", bytes(chunk)):
                        running.command.output(chunk)
                    case ("usage", (float(cpu), int(memory))):
                        running.cpu, running.memory = cpu, memory
                    case ("ended", End() as end):
                        return end
        except (OSError, EOFError, asyncio.IncompleteReadError):
            return None

    async def _watch(self, running: Running, started: float) -> None:
        """End it when its time is over, and its warden when that does not end it."""
        loop = asyncio.get_running_loop()
        timeout = running.job.timeout
        while not running.ending and (left := timeout - running.ran(loop.time(), started)) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await running.told.wait()
        running.end(Status.TIMED_OUT, f"no end within {timeout:g} s")
        await asyncio.sleep(running.command.grace + _MARGIN_SECONDS)
        self._supervisor.kill(running.id)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while self._running:
            for running in self.running:
                running.order("usage")
            await asyncio.sleep(_TICK_SECONDS)
            now = loop.time()
            self._govern(now, now - last)
            last = now

    def _govern(self, now: float, seconds: float) -> None:
        """Who must not run just now is paused, everybody else goes on."""
        conditions = self.conditions()
        paused = {
            running.id
            for running in self.running
            if why_not_now(running.command.importance, conditions)
        }
        usages = [running.usage() for running in self.running]
        if self.budget is not None:
            verdict = self.budget.tick(usages, seconds)
            paused |= verdict.paused
            if verdict.excess in self._running:
                self._running[verdict.excess].end(Status.KILLED, _TOO_MUCH_MEMORY)
        for running in self.running:
            if running.id in paused:
                running.pause(now)
            else:
                running.resume(now)


def _outcome(running: Running, end: End | None, seconds: float) -> Outcome:
    if end is None:
        why = running.ending or "the process above it was killed"
        return Outcome(running.status if running.ending else Status.KILLED, (), why)
    name = running.command.argv[0]
    if end.error:
        return Outcome(Status.MISSING, (), _not_started(running.command, end), seconds=seconds)
    code = end.exit_code
    status, why = Status.DONE, ""
    if running.ending:
        status, why = running.status, running.ending
    elif code < 0:
        status, why = Status.KILLED, f"{os.path.basename(name)} was killed by {_signal_name(-code)}"
    elif code:
        status, why = Status.FAILED, f"{os.path.basename(name)} ended with status {code}"
    return Outcome(status, (), why, end.cost, seconds, code)


def _not_started(command: Command, end: End) -> str:
    if not os.path.isdir(command.cwd):
        return f"the folder {command.cwd} does not exist"
    if end.errno == errno.ENOENT:
        return f"there is no program {command.argv[0]!r}; install it, or correct the command"
    return f"{command.argv[0]!r} cannot be started: {end.error}"


def _signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hints = {"SIGKILL": " (out of memory?)", "SIGXFSZ": " (it wrote a file that is too large)"}
    return name + hints.get(name, "")
