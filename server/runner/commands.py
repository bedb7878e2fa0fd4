"""External commands: each under a warden of its own, which keeps hold of the processes.

Here is decided when one is ended; ``governor.py`` decides when one is paused.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import pickle
import signal

from .calls import Command, Job, Outcome, Status
from .governor import Governor, Running
from .processes import MARK
from .supervisor_client import Supervisor
from .warden import End, Spec
from .worker import pack, unpack_length

log = logging.getLogger(__name__)

_PRIVATE_LOG = "understudy.runner.private_log"
_MARGIN_SECONDS = 5.0
"""Beyond its grace, a warden that has not told of an end is ended itself."""


class Commands:
    """All methods belong to the event loop."""

    def __init__(self, supervisor: Supervisor, governor: Governor) -> None:
        self._supervisor = supervisor
        self._governor = governor
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._closed = False

    async def run(self, job: Job, command: Command) -> Outcome:
        """The outcome. When it is cancelled, the command is ended, and nobody waits for that."""
        if self._closed:
            return Outcome(Status.FAILED, why="Understudy is ending")
        given_up = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._run(job, command, given_up))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            given_up.set()
            for running in self._governor.running:
                if running.job is job:
                    running.end(Status.FAILED, "it was cancelled")
            raise

    @property
    def running(self) -> int:
        """How many begin, run or end."""
        return len(self._tasks)

    async def close(self) -> None:
        """End everything, at once; returns when it is gone."""
        self._closed = True
        for running in self._governor.running:
            running.end(Status.FAILED, "Understudy is ending")
            running.order(("end", 0.0))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, command: Command, given_up: asyncio.Event) -> Outcome:
        id_, ours, exited = self._supervisor.fork(_preload(command), 0, "warden")
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        running = Running(id_, job, command, reader, writer)
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
            secrets=command.secrets,
            whole=command.whole,
            stage=command.stage,
            context=command.context,
        )
        loop = asyncio.get_running_loop()
        started = loop.time()
        watch = loop.create_task(self._watch(running, started))
        self._governor.add(running)
        try:
            if self._closed or given_up.is_set():  # while its warden was forked
                return Outcome(Status.FAILED, why="it was cancelled before it began")
            writer.write(pack(tuple(spec)))
            end = await self._listen(running)
        finally:
            watch.cancel()
            running.reported.set()
            self._governor.remove(running)
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
                        running.reported.set()
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


def _preload(command: Command) -> tuple[str, ...]:
    stage = [command.stage.partition(":")[0]] if command.stage else []
    private = [] if command.secrets is None else [_PRIVATE_LOG]
    return ("psutil", *stage, *private)


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
