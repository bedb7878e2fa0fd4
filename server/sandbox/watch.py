"""Limits that the kernel holds for single processes only, or not at all: looked at for the whole
tree below this process, from outside of it, while it runs.

What is over between two looks is not met; a cgroup meets it (``cgroups``).
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..runner.processes import descendants, kill_below
from .policy import Limits

_LOOK_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1 << 20
KILLED = -9


class End(NamedTuple):
    """``code``: of the first process, as in ``subprocess``. ``over``: the limit that it was ended
    for, in words. ``late``: its time was over."""

    code: int
    over: str = ""
    late: bool = False


class Usage(NamedTuple):
    """Of all processes together. Seconds of processors; bytes, what is shared counted each time."""

    cpu: float = 0.0
    resident: int = 0
    threads: int = 0


def see_out(child: int, limits: Limits, written: Callable[[], tuple[int, int]]) -> End:
    """Wait until ``child`` ends, or end it; returns when nothing is left below this process.

    ``written``: bytes and files that were written so far."""
    last = time.monotonic()
    ran = 0.0
    descriptor = os.pidfd_open(child)
    code, over, late = KILLED, "", False
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not (over or late or poll.poll(_LOOK_SECONDS * 1000)):
            now = time.monotonic()
            ran += min(now - last, 2 * _LOOK_SECONDS)  # while it is paused, so is this process
            last = now
            late = ran >= limits.seconds
            over = "" if late else excess(limits, written)
        if not (over or late):
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(descriptor)
        kill_below()
    return End(code, over, late)


def excess(limits: Limits, written: Callable[[], tuple[int, int]]) -> str:
    """The first limit that is not kept, in words; empty when all are."""
    pids = descendants(os.getpid())
    usage = measure(pids)
    if usage.cpu > limits.cpu:
        return f"it used more than {limits.cpu:g} s of processors"
    if usage.threads >= limits.processes:
        return f"it had {limits.processes} processes and threads, as many as it may"
    shared = in_memory(pids, "dev/shm")
    if usage.resident + shared > limits.memory and _exactly(pids, shared) > limits.memory:
        return f"it held more than {limits.memory // _MB} MB of memory"
    size, files = written()
    if size + in_memory(pids, "tmp") > limits.disk:
        return f"it wrote more than {limits.disk // _MB} MB"
    if files > limits.inodes:
        return f"it wrote more than {limits.inodes} files"
    return ""


def measure(pids: list[int]) -> Usage:
    cpu = resident = threads = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += sum(map(int, fields[11:15]))  # its own, and its reaped children's
            threads += int(fields[17])
            resident += int(fields[21]) * _PAGE
    return Usage(cpu / _TICKS, resident, threads)


def in_memory(pids: list[int], folder: str) -> int:
    """Bytes in a folder that is theirs alone, and in memory; 0 for one of the machine's."""
    with contextlib.suppress(OSError, IndexError):
        place = os.path.join(f"/proc/{pids[-1]}/root", folder)
        if os.stat(place).st_dev != os.stat(f"/{folder}").st_dev:
            return used(place)
    return 0


def _exactly(pids: list[int], in_files: int) -> int:
    """Bytes, what is shared counted once. What cannot be looked at counts as resident."""
    private = shared = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {name: int(size.split()[0]) << 10 for name, _, size in _columns(lines)}
            shared += sizes.get("Pss_Shmem", 0)
            private += sizes["Pss"] - sizes.get("Pss_Shmem", 0)
            continue
        private += measure([pid]).resident
    return private + max(shared, in_files)


def _columns(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


def used(place: str) -> int:
    """Bytes on the file system at ``place``."""
    room = os.statvfs(place)
    return (room.f_blocks - room.f_bfree) * room.f_frsize
