"""Limits that the kernel holds for single processes only, or not at all: looked at for the whole
tree below this process, from outside of it, while it runs.

What is over between two looks is not met; a cgroup meets it (``cgroups``).
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..runner.processes import descendants, kill_below
from ..sizes import size
from .kernel_memory import Held, files_of, tables_of
from .policy import Limits

_LOOK_SECONDS = 0.1
_LONGEST_STEP = 1.0
_EXACT_SECONDS = 0.5
"""Of a processor, for what is exact: enough for tens of gigabytes that are resident."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
KILLED = -9
_apart: set[int] = set()


class End(NamedTuple):
    """``code``: of the first process, as in ``subprocess``. ``over``: the limit that it was ended
    for, in words. ``late``: its time was over."""

    code: int
    over: str = ""
    late: bool = False


class Usage(NamedTuple):
    """Of all processes together. Seconds of processors; bytes, page tables among them, what is
    shared counted each time."""

    cpu: float = 0.0
    resident: int = 0
    threads: int = 0


class Written(NamedTuple):
    """So far, by all processes together: ``size`` bytes in so many ``files``, and bytes in memory
    that is ``shared`` by names."""

    size: int
    files: int
    shared: int = 0


class Clock:
    """Called, it says whether any of its seconds are left. To be called often: of the time since it
    was last asked a second counts at most, for what pauses the command pauses this process, too."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._last = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        self._left -= min(now - self._last, _LONGEST_STEP)
        self._last = now
        return self._left > 0


def see_out(child: int, limits: Limits, written: Callable[[Clock], Written], before: Held) -> End:
    """Wait until ``child`` ends, or end it; returns when nothing is left below this process.

    ``written`` is given a clock that ends what takes too long; ``before`` was held when ``child``
    was not there yet."""
    in_time = Clock(limits.seconds)
    descriptor = os.pidfd_open(child)
    code, over, late = KILLED, "", False
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not (over or late or poll.poll(_LOOK_SECONDS * 1000)):
            over = excess(limits, written, before, in_time)
            late = not (over or in_time())
        if not (over or late):
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(descriptor)
        kill_below()
    return End(code, over, late)


def excess(
    limits: Limits, written: Callable[[Clock], Written], before: Held, in_time: Clock
) -> str:
    """The first limit that is not kept, in words; empty when all are, or when the time is over.
    ``before``: what was held before it began."""
    pids = [each for each in descendants(os.getpid()) if each not in _apart]
    usage = measure(pids)
    if usage.cpu > limits.cpu:
        return f"it used more than {limits.cpu:g} s of processors"
    if usage.threads >= limits.processes:
        return f"it had {limits.processes} processes and threads, as many as it may"
    wrote, files, shared = written(in_time)
    grown = Held.now().since(before)
    most = max(usage.resident + shared, grown.shared) + grown.buffers(pids)
    suspect = most > limits.memory
    if suspect and in_time() and _exactly(pids, shared, grown, in_time) > limits.memory:
        return f"it held more than {size(limits.memory)} of memory"
    if wrote > limits.disk:
        return f"it wrote more than {size(limits.disk)}"
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
            resident += int(fields[21]) * _PAGE + tables_of(pid)
    return Usage(cpu / _TICKS, resident, threads)


class _Budget:
    """Called, it says whether there is time left for an exact look."""

    def __init__(self, in_time: Clock) -> None:
        self._in_time = in_time
        self._latest = time.thread_time() + _EXACT_SECONDS

    def __call__(self) -> bool:
        return self._in_time() and time.thread_time() < self._latest


def _exactly(pids: list[int], in_files: int, grown: Held, in_time: Clock) -> int:
    """Bytes, what is shared counted once. What cannot be looked at, or not in the time that there
    is for it, counts as resident. What is mapped by one who never touched it is in nobody's count:
    of that, no more than came to the machine (``grown``)."""
    budget = _Budget(in_time)
    private = shared = files = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            if budget():
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
                sizes = {name: int(size.split()[0]) << 10 for name, _, size in _columns(lines)}
                shared += sizes.get("Pss_Shmem", 0)
                private += sizes["Pss"] - sizes.get("Pss_Shmem", 0) + tables_of(pid)
                files += files_of(pid)
                continue
        private += measure([pid]).resident
    if not budget():
        files = sys.maxsize
    known = max(shared, in_files)
    if grown.shared > known:
        known = max(known, min(_mapped(pids, budget), grown.shared))
    return private + known + grown.buffers(pids, files)


def _mapped(pids: list[int], budget: _Budget) -> int:
    """Bytes of mappings that have no file and are shared, each once, whether they are used or not.
    Without end, when there is no time to tell."""
    sizes: dict[str, int] = {}
    for pid in pids:
        if not budget():
            return sys.maxsize
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/maps").read_bytes().splitlines():
                if line.endswith(b"/dev/zero (deleted)"):
                    area, _, start, _, inode, *_ = line.decode().split()
                    first, last = (int(each, 16) for each in area.split("-"))
                    end = int(start, 16) + last - first
                    sizes[inode] = max(sizes.get(inode, 0), end)
    return sum(sizes.values())


def _columns(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


def used(place: str) -> int:
    """Bytes on the file system at ``place``."""
    room = os.statvfs(place)
    return (room.f_blocks - room.f_bfree) * room.f_frsize
