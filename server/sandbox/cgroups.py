"""A control group for one run, wherever this process may make one: the only wall that a fork bomb
of the system's root does not get over, and that memory which no process maps counts for.

Made before the stage enters its namespaces: the kernel asks who opened a file of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from .policy import Limits

_NAME = "understudy-"
_ALL = "understudy"
_GIVEN = "user.delegate"
"""The mark by which systemd says that those in a group may divide it (``Delegate=``)."""
_MOVES = 20
_REMOVE_SECONDS = 1.0
_OOM = ("memory.events", "memory.oom_control")
"""Where either version counts what it had to kill."""


class Cgroups:
    """``pids`` and ``memory`` where each can be had. ``names``: those that it is."""

    def __init__(self, limits: Limits) -> None:
        most = limits.memory + 3 * limits.disk
        self._folders: dict[str, str] = {}
        self._doors: list[int] = []
        for name, settings in (
            ("pids", {"pids.max": limits.processes}),
            (
                "memory",
                {"memory.max": most, "memory.limit_in_bytes": most, "memory.swap.max": 0},
            ),
        ):
            self._make(name, settings)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._folders)

    def _make(self, name: str, settings: dict[str, int]) -> None:
        texts = map(_told, ("mountinfo", "cgroup"))
        # To move a process, the second version wants this right where both ways meet.
        able = [
            each for each in parents(name, *texts) if os.access(f"{each}/cgroup.procs", os.W_OK)
        ]
        if not any(self._make_in(parent, name, settings) for parent in able):
            given = (each for each in able if _is_given(each, name))
            any(_divide(each, name) and self._make_in(each, name, settings) for each in given)

    def _make_in(self, parent: str, name: str, settings: dict[str, int]) -> bool:
        folder = f"{parent}/{_NAME}{os.getpid()}"
        is_new = folder not in self._folders.values()
        _sweep(parent)
        with contextlib.suppress(OSError):
            if is_new:
                os.mkdir(folder)
            with contextlib.suppress(OSError):
                there = [each for each in settings if os.path.exists(f"{folder}/{each}")]
                for each in there:
                    Path(folder, each).write_text(str(settings[each]), "utf-8")
                if there:
                    if is_new:
                        flags = os.O_WRONLY | os.O_CLOEXEC
                        self._doors.append(os.open(f"{folder}/cgroup.procs", flags))
                    self._folders[name] = folder
                    return True
            if is_new:  # else another controller holds it
                _remove(folder)
        return False

    def enter(self) -> None:
        """This process, and what it starts from now on. Raises OSError."""
        for door in self._doors:
            os.write(door, b"0")

    def excess(self) -> str:
        """The limit that was met, in words; empty when none was."""
        if _count(self._folders.get("pids"), "pids.events", "max"):
            return "it started as many processes as it may"
        memory = self._folders.get("memory")
        if any(_count(memory, file, "oom_kill") for file in _OOM):
            return "it held more memory than it may"
        return ""

    def close(self) -> None:
        """Nothing may be in them any more."""
        for door in self._doors:
            os.close(door)
        for folder in set(self._folders.values()):
            _remove(folder)


def parents(name: str, mounts: str, memberships: str) -> Iterator[str]:
    """Folders in which a group might be made that has the controller ``name``: where this process
    is and, in the second version, above that, for what holds processes hands no controller down.
    ``mounts`` and ``memberships``: what the kernel tells of this process, as text.

    Mounts may be anybody's: their sources may be empty, and their names hold any byte."""
    where = dict(_memberships(memberships))
    for line in mounts.split("\n"):
        left, _, right = line.partition(" - ")
        kind, _, rest = right.partition(" ")
        if kind not in ("cgroup", "cgroup2"):
            continue
        root, place = map(_plain, left.split(" ")[3:5])
        if kind == "cgroup" and name in rest.rpartition(" ")[2].split(","):
            yield _below(place, root, where.get(name, "/"))
        elif kind == "cgroup2":
            folder = _below(place, root, where.get("", "/"))
            while folder.startswith(place):
                yield folder
                folder = os.path.dirname(folder)


def _told(file: str) -> str:
    return os.fsdecode(Path(f"/proc/self/{file}").read_bytes())


def _plain(name: str) -> str:
    """Of a mount, in which blanks and backslashes are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), name)


def _memberships(text: str) -> Iterator[tuple[str, str]]:
    """Controller, empty for the second version, and the path of this process's group."""
    for line in filter(None, text.split("\n")):
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def _below(place: str, root: str, path: str) -> str:
    inside = os.path.relpath(path, root)
    return place if inside == "." or inside.startswith("..") else f"{place}/{inside}"


def _is_given(group: str, name: str) -> bool:
    """Whether it is for those in it to divide, and has the controller ``name`` to hand down."""
    with contextlib.suppress(OSError):
        given = os.getxattr(group, _GIVEN) == b"1"
        return given and name in Path(group, "cgroup.controllers").read_text().split()
    return False


def _divide(group: str, name: str) -> bool:
    """Have it hand the controller down, for which all that are in it go into one below."""
    below = f"{group}/{_ALL}"
    with contextlib.suppress(OSError):
        os.makedirs(below, exist_ok=True)
        for _ in range(_MOVES):  # until none was started meanwhile
            for pid in Path(group, "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    Path(below, "cgroup.procs").write_text(pid, "ascii")
        Path(group, "cgroup.subtree_control").write_text(f"+{name}", "ascii")
        return True
    return False


def _sweep(parent: str) -> None:
    """Remove what a stage left that was killed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            pid = name.removeprefix(_NAME)
            if pid != name and not os.path.exists(f"/proc/{pid}"):
                with contextlib.suppress(OSError):
                    os.rmdir(f"{parent}/{name}")


def _count(folder: str | None, file: str, key: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(folder or "/nowhere", file).read_text().splitlines():
            name, value = line.split()
            if name == key:
                return int(value)
    return 0


def _remove(folder: str) -> None:
    """A process that was reaped just now may be in it for a moment still."""
    latest = time.monotonic() + _REMOVE_SECONDS
    while time.monotonic() < latest:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.005)  # version 1 tells nobody that a group is empty
        else:
            return
