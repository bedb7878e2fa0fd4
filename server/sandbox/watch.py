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
_apart: set[int] = set()


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
    before = _shared_memory()
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
            over = "" if late else excess(limits, written, before)
        if not (over or late):
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(descriptor)
        kill_below()
    return End(code, over, late)


def excess(limits: Limits, written: Callable[[], tuple[int, int]], before: int) -> str:
    """The first limit that is not kept, in words; empty when all are. ``before``: bytes that the
    machine had in shared memory."""
    pids = [each for each in descendants(os.getpid()) if each not in _apart]
    usage = measure(pids)
    if usage.cpu > limits.cpu:
        return f"it used more than {limits.cpu:g} s of processors"
    if usage.threads >= limits.processes:
        return f"it had {limits.processes} processes and threads, as many as it may"
    shared = in_memory(pids, "dev/shm")
    grown = _shared_memory() - before
    suspect = max(usage.resident + shared, grown) > limits.memory
    if suspect and _exactly(pids, shared, grown) > limits.memory:
        return f"it held more than {limits.memory // _MB} MB of memory"
    size, files = written()
    if size + in_memory(pids, "tmp") > limits.disk:
        return f"it wrote more than {limits.disk // _MB} MB"
    if files > limits.inodes:
        return f"it wrote more than {limits.inodes} files"
    return ""


def leave_out(pid: int) -> None:
    """Count a process below this one, which is none of the command's, for no limit."""
    _apart.add(pid)


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


def _exactly(pids: list[int], in_files: int, grown: int) -> int:
    """Bytes, what is shared counted once. What cannot be looked at counts as resident. What is
    mapped by one who never touched it is in nobody's count: of that, no more than came to the
    machine (``grown``)."""
    private = shared = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {name: int(size.split()[0]) << 10 for name, _, size in _columns(lines)}
            shared += sizes.get("Pss_Shmem", 0)
            private += sizes["Pss"] - sizes.get("Pss_Shmem", 0)
            continue
        private += measure([pid]).resident
    return private + max(shared, in_files, min(_mapped(pids), grown))


def _mapped(pids: list[int]) -> int:
    """Bytes of mappings that have no file and are shared, each once, whether they are used or
    not."""
    sizes: dict[str, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                if line.endswith("/dev/zero (deleted)"):
                    area, _, start, _, inode, *_ = line.split()
                    first, last = (int(each, 16) for each in area.split("-"))
                    end = int(start, 16) + last - first
                    sizes[inode] = max(sizes.get(inode, 0), end)
    return sum(sizes.values())


def _shared_memory() -> int:
    """Bytes that the machine has in it, whoever uses them."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Shmem:"):
            return int(line.split()[1]) << 10
    return 0


def _columns(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


def used(place: str) -> int:
    """Bytes on the file system at ``place``."""
    room = os.statvfs(place)
    return (room.f_blocks - room.f_bfree) * room.f_frsize
