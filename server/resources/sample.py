"""One look at the machine: how much of what it has is used. What cannot be told is left out."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .disks import Disks, Silent
from .groups import memory_bound
from .processes import Process, processes
from .processors import UNREADABLE, Meter, Processors
from .use import Kind, Use
from .watches import watches

_PROCESSES_SECONDS = 120.0
"""So old the last look at all processes may be: it takes twenty times what the rest takes."""
_SHARE, _SHARE_CLOSELY = 0.001, 0.02
"""Of a processor, that looks at all processes may take: where there are thousands, they are looked
at more rarely."""


class Sample(NamedTuple):
    """``at``: seconds of a clock that only goes forward. ``temperature``: of the hottest part, in
    degrees Celsius, and whether it is too hot by what it says of itself."""

    at: float
    uses: tuple[Use, ...] = ()
    processors: Processors = Processors()
    on_battery: bool = False
    temperature: float | None = None
    is_hot: bool = False
    processes: tuple[Process, ...] | None = None
    """None: they were not looked at this time."""
    silent: tuple[Silent, ...] = ()


class Sampler:
    """``folders``: whose disks count, by what they are to people, such as "the workspace".
    ``root``: where proc and sys are; ``spent``: seconds of a processor that this thread has taken.
    For one thread at a time."""

    def __init__(
        self,
        folders: Callable[[], Mapping[str, Path]],
        root: Path = Path("/"),
        disks: Disks | None = None,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self._folders = folders
        self._root = root
        self._disks = disks or Disks()
        self._meter = Meter(root)
        self._spent = spent
        self._looked_at = float("-inf")
        self._cost = 0.0
        """Of the last look at all processes, in seconds of a processor."""
        self._watches: tuple[Use, ...] = ()

    def look(self, now: float, *, closely: bool = False) -> Sample:
        """``closely``: at all processes, too, as often as their number allows."""
        found: tuple[Process, ...] | None = None
        share, least = (_SHARE_CLOSELY, 0.0) if closely else (_SHARE, _PROCESSES_SECONDS)
        if now - self._looked_at >= max(least, self._cost / share):
            began, self._looked_at = self._spent(), now
            found = _processes()
            self._watches = tuple(watches(self._root))
            self._cost = self._spent() - began
        on_battery, battery = _battery()
        disks, silent = self._disks.look(self._folders(), now)
        uses = (
            *_memory(self._root),
            *disks,
            *_files(self._root),
            *self._watches,
            *battery,
        )
        warmth, is_hot = _temperature()
        busy = self._meter.read(now)
        return Sample(now, uses, busy, on_battery, warmth, is_hot, found, silent)


def _processes() -> tuple[Process, ...] | None:
    """None where nobody can tell, as without /proc."""
    try:
        return tuple(processes())
    except UNREADABLE:
        return None


def _memory(root: Path) -> Iterator[Use]:
    import psutil

    with suppress(*UNREADABLE):  # /proc/meminfo
        memory = psutil.virtual_memory()
        used, limit, what = memory.total - memory.available, memory.total, "memory"
        bound = memory_bound(root)
        if bound and bound.limit - bound.used < memory.available:
            used, limit, what = bound.used, bound.limit, "the memory of this container"
        yield Use(Kind.MEMORY, "memory", what, used, limit)
    with suppress(*UNREADABLE):
        swap = psutil.swap_memory()
        if swap.total:
            yield Use(Kind.SWAP, "swap", "swap space", swap.used, swap.total)


def _files(root: Path) -> Iterator[Use]:
    """Of this process, and of the system."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with suppress(OSError, ValueError):
        if limit != resource.RLIM_INFINITY:
            count, what = (
                len(os.listdir(root / "proc/self/fd")),
                "the files that Understudy may open",
            )
            yield Use(Kind.FILES, "files of Understudy", what, count, limit)
        opened, _, most = (root / "proc/sys/fs/file-nr").read_text().split()
        yield Use(Kind.FILES, "open files", "the files that may be open", int(opened), int(most))


def _battery() -> tuple[bool, tuple[Use, ...]]:
    """Whether it runs on it, and how much of it is used, if it does."""
    import psutil

    sensors = getattr(psutil, "sensors_battery", None)
    try:
        told = sensors() if sensors else None
    except UNREADABLE:  # some of them cannot be read
        told = None
    if told is None or told.power_plugged is not False:  # None: nobody knows
        return False, ()
    return True, (Use(Kind.BATTERY, "battery", "the battery", 100 - told.percent, 100),)


def _temperature() -> tuple[float | None, bool]:
    import psutil

    sensors = getattr(psutil, "sensors_temperatures", None)
    try:
        told = [each for group in (sensors() if sensors else {}).values() for each in group]
    except UNREADABLE:
        told = []
    is_hot = any(each.high and each.current >= each.high for each in told)
    return max((each.current for each in told), default=None), is_hot
