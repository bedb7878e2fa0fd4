"""How much of what the machine has is used, now."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .groups import memory_bound


class Unit(StrEnum):
    BYTES = "bytes"
    COUNT = "count"


class Use(NamedTuple):
    """``used`` of ``limit``. ``name`` is the same from sample to sample; ``what`` is for people,
    as in "memory is nearly used up"."""

    name: str
    used: float
    limit: float
    unit: Unit
    what: str

    @property
    def level(self) -> float:
        """The share that is used, 0 to 1."""
        return min(1.0, self.used / self.limit) if self.limit > 0 else 0.0


def uses(folders: Mapping[str, Path]) -> Iterator[Use]:
    """``folders``: by what they are to people, such as "the workspace". What cannot be told here is
    left out. Looks at the system: for a thread."""
    yield from _memory()
    yield from _disks(folders)
    yield from _files()


def _memory() -> Iterator[Use]:
    import psutil

    memory = psutil.virtual_memory()
    used, limit, what = memory.total - memory.available, memory.total, "memory"
    if (bound := memory_bound()) and bound.limit - bound.used < memory.available:
        used, limit, what = bound.used, bound.limit, "the memory of this container"
    yield Use("memory", used, limit, Unit.BYTES, what)
    swap = psutil.swap_memory()
    if swap.total:
        yield Use("swap", swap.used, swap.total, Unit.BYTES, "swap space")


def _disks(folders: Mapping[str, Path]) -> Iterator[Use]:
    """Each file system once, under the first name that it has."""
    seen: set[int] = set()
    for what, folder in folders.items():
        try:
            device, told = os.stat(folder).st_dev, os.statvfs(folder)
        except OSError:
            continue
        if device in seen:
            continue
        seen.add(device)
        # Of what only root may write nobody else has any use.
        limit = told.f_blocks - told.f_bfree + told.f_bavail
        size, used = told.f_frsize, told.f_blocks - told.f_bfree
        yield Use(f"disk {device}", used * size, limit * size, Unit.BYTES, f"the disk of {what}")
        if told.f_files:
            used = told.f_files - told.f_ffree
            limit = used + told.f_favail
            yield Use(f"inodes {device}", used, limit, Unit.COUNT, f"files on the disk of {what}")


def _files() -> Iterator[Use]:
    """Of this process, and of the system."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    try:
        count = len(os.listdir("/proc/self/fd"))
        if limit != resource.RLIM_INFINITY:
            yield Use("own files", count, limit, Unit.COUNT, "files that Understudy may open")
        opened, _, most = Path("/proc/sys/fs/file-nr").read_text().split()
        yield Use("files", int(opened), int(most), Unit.COUNT, "files that may be open")
    except (OSError, ValueError):
        return
