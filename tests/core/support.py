"""Waiting for processes and files, without sleeping for luck."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")

# A user whose permissions count, also where the tests run as root.
_BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
AS_A_USER = _BOUND if os.geteuid() == 0 else []

PATIENCE = 20.0
"""Seconds after which something that has to happen is taken not to happen."""


async def until(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What ``look`` gives, as soon as it is true."""
    async with asyncio.timeout(seconds):
        while not (seen := look()):
            await asyncio.sleep(0.005)
    return seen


def announced(folder: Path, count: int = 1) -> Callable[[], list[int]]:
    """For ``until``: the pids that ``fakes.announce`` has told, once there are so many."""

    def look() -> list[int]:
        pids = [int(path.stem) for path in folder.glob("*.pid")]
        return pids if len(pids) >= count else []

    return look


def alive(pids: Iterable[int]) -> list[int]:
    """Those that live; a zombie does not."""
    return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pids: Iterable[int]) -> bool:
    """Whether all of them have ended, after some patience."""
    wanted = list(pids)
    assert wanted, "a test on no process proves nothing"
    try:
        await until(lambda: not alive(wanted))
    except TimeoutError:
        return False
    return True


def started_here() -> set[int]:
    """All living processes below this one."""
    return set(alive(child.pid for child in psutil.Process(os.getpid()).children(recursive=True)))
