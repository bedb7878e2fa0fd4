"""The limits of the control groups that this process is in: in a container, the real bound.

Both versions are read as their files stand in the kernel's documentation (admin-guide/cgroup-v2,
cgroup-v1/memory). A limit holds for all groups below it, so the least of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_NUMBER = re.compile(r"[0-9]{1,20}")
_NO_LIMIT = 1 << 60
"""Version 1 says so where none was set: the largest number of whole pages."""


class Bound(NamedTuple):
    """Bytes; ``used``: what cannot be given back at once, as files that were only read can."""

    used: int
    limit: int


def memory_bound(root: Path = Path("/")) -> Bound | None:
    """The tightest, by what is left; None where none is set, or where it cannot be read. ``root``:
    where proc and sys are."""
    bounds = [bound for folder in _folders(root, "memory") if (bound := _bound(folder))]
    return min(bounds, key=lambda each: each.limit - each.used, default=None)


def _bound(folder: Path) -> Bound | None:
    for limit, used, idle in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, current = _number(folder / limit), _number(folder / used)
        if most is None or current is None or most >= _NO_LIMIT:
            continue
        return Bound(max(0, current - _counted(folder / "memory.stat").get(idle, 0)), most)
    return None


def throttled(root: Path = Path("/")) -> float:
    """Seconds that the groups of this process were kept from the processors, since they began."""
    found = 0.0
    for folder in _folders(root, "cpu"):
        told = _counted(folder / "cpu.stat")
        microseconds = told.get("throttled_usec", told.get("throttled_time", 0) // 1_000)
        found = max(found, microseconds / 1e6)
    return found


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Of the group of this process and those around it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base = root / "sys/fs/cgroup"
        elif controller in controllers.split(","):
            base = root / "sys/fs/cgroup" / controller
        else:
            continue
        inner = PurePosixPath(path.lstrip("/"))
        if ".." in inner.parts:  # it began outside of the namespace that this is
            inner = PurePosixPath()
        yield from (base / each for each in (inner, *inner.parents))


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if _NUMBER.fullmatch(text) else None


def _counted(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in _text(path).splitlines())
    return {
        each[0]: int(each[1]) for each in pairs if len(each) == 2 and _NUMBER.fullmatch(each[1])
    }


def _text(path: Path) -> str:
    """Empty where it cannot be read. The names of groups may be any bytes."""
    try:
        return path.read_text("utf-8", "surrogateescape")
    except (OSError, ValueError):  # no file has a zero in its name
        return ""
