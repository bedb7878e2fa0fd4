"""A program under the profiler in the sandbox. What is in there may look at no other process, so
the profiler looks from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ...runner import supervisor as supervisor_module
from ...runner.calls import Command, Job
from ...runner.execute import Runner
from ...runner.processes import descendants
from ...runner.sampling import is_python
from ...state import state_dir
from ..sandboxing import Limits, Machine, Policy, Sandbox, Trial, probe
from .programs import Asked, Program, Run, Unable, keep, looking, read

__all__ = ["Trial", "profiled_inside"]

_PAUSE_SECONDS = 0.005
_LEAVE_SECONDS = 20.0


async def profiled_inside(
    asked: Asked, listen: Callable[[bytes], object], said: Callable[[Machine], object]
) -> tuple[Trial, Program]:
    """At level A or not at all; the profile is kept. ``listen`` is given what the program prints,
    ``said`` how it is kept in. Raises Unable, OSError."""
    runner, at = Runner(), time.time()
    try:
        machine = await probe(runner, state_dir())
        said(machine)
        sandbox = Sandbox(asked.root, runner, machine)
        with tempfile.TemporaryDirectory(prefix="understudy-profile-") as folder:
            samples = Path(folder, "samples.json")
            profiler, found = looking(asked, samples), asyncio.Event()
            looked = asyncio.create_task(_look(runner, asked, profiler, samples, found))
            try:
                trial = await sandbox.run(asked.argv, Policy(), cwd=asked.cwd, listen=listen)
                if found.is_set():  # what was seen is written now
                    await asyncio.wait((looked,), timeout=_LEAVE_SECONDS)
            finally:
                looked.cancel()
                await asyncio.gather(looked, return_exceptions=True)
            if not looked.cancelled():
                looked.result()
            raw, seen, wrong = await asyncio.to_thread(read, samples, asked.rate)
    finally:
        await runner.close()
    if trial.exit_code is None:
        raise Unable(trial.why)
    unseen = f"the profiler saw nothing of it: {wrong or 'it was too short, or is no Python'}"
    note = "" if seen.many else unseen
    run = Run(
        trial.exit_code,
        trial.usage.seconds,
        trial.usage.cpu_seconds,
        trial.usage.peak_bytes,
        note,
    )
    return trial, await keep(asked, at, [run], [seen], raw)


async def _look(
    runner: Runner, asked: Asked, profiler: Sequence[str], samples: Path, found: asyncio.Event
) -> None:
    """Wait for the program to begin, and look at it until it ends; once more where it had not come
    far enough to be looked at."""
    while not await asyncio.to_thread(samples.exists):
        pid = await asyncio.to_thread(_pid, runner.supervisor_pid)
        if pid is None:
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        found.set()
        argv = (*profiler, "--pid", str(pid))
        command = Command(argv, str(asked.root), os.environ, nice=0)
        await runner.execute(Job("profile", command, Limits().seconds * 2))


def _pid(supervisor: int) -> int | None:
    """Of the first Python in there, which is in a namespace of its own. What keeps it in there may
    be Python, too: a child of the supervisor's, which goes by its name."""
    ours, name = _namespace(os.getpid()), supervisor_module.__name__.encode()
    for pid in descendants(supervisor):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if _namespace(pid) != ours and is_python(pid) and name not in words:
                return pid
    return None


def _namespace(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/pid")
