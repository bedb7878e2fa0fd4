"""What a server started, wherever it hangs in the process tree: its environment tells."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

import psutil

MARK = "UNDERSTUDY_STATE_DIR"
"""Every test's server has a state folder of its own, and what it starts inherits the variable."""


def started_by(state: str) -> list[psutil.Process]:
    """The living processes of the server with this state folder, itself included."""
    return [process for process in psutil.process_iter() if _mark(process) == state]


def _mark(process: psutil.Process) -> str | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return "(gone)"


async def survivors(pids: Iterable[int], seconds: float) -> list[int]:
    """Wait until all have ended; those that have not after ``seconds``."""
    waiting = [asyncio.create_task(_ended(pid), name=str(pid)) for pid in pids]
    if not waiting:
        return []
    _, alive = await asyncio.wait(waiting, timeout=seconds)
    for task in alive:
        task.cancel()
    await asyncio.gather(*alive, return_exceptions=True)
    return [int(task.get_name()) for task in alive]


async def _ended(pid: int) -> None:
    """A pidfd becomes readable when its process ends, whoever its parent is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
