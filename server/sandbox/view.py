"""What the command sees of the workspace: an overlay in memory above it, or a copy of it. What is
hidden is covered, and what is to be kept cannot be written to.

In namespaces of this process's own: what is mounted here is seen by it and what it starts alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from pathlib import Path

from . import kernel
from .copying import Copy, remove
from .keep import Kept, keep
from .machine import DEVICES, ETC, USER
from .plan import COPY, NO_VIEW, Plan
from .policy import HOME
from .watch import used

_UPPER = "upper"
_FOLDER, _FILE = "nothing", "nobody"
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV


class View:
    """``place``: where it is; ``scratch``: memory of its own, ``disk`` bytes at most. Raises
    OSError."""

    def __init__(self, plan: Plan) -> None:
        self.scratch = f"{plan.folder}/scratch"
        # By this process as it is outside: it may read what belongs to others, if at all, there.
        self._copy = _copied(plan) if plan.backend == COPY else None
        _own_namespaces()
        os.mkdir(self.scratch, 0o700)
        limits = plan.limits
        options = f"mode=700,size={limits.disk},nr_inodes={limits.inodes}"
        kernel.mount("tmpfs", self.scratch, "tmpfs", _PLAIN, options)
        merged = f"{self.scratch}/merged"
        os.mkdir(merged, 0o755)
        self.place = self._shown(merged) if self._copy else self._overlay(merged, plan.workspace)
        self._cover(plan)
        self._devices()
        os.mkdir(f"{self.scratch}/etc", 0o755)
        for name, text in ETC.items():
            Path(self.etc(name)).write_text(text.format(USER, HOME), encoding="ascii")

    def _shown(self, merged: str) -> str:
        """The copy under another name, so that all that will cover it can be taken away at once."""
        assert self._copy
        kernel.mount(self._copy.place, merged, flags=kernel.MS_BIND)
        return merged

    def _overlay(self, merged: str, workspace: str) -> str:
        for name in (_UPPER, "work"):
            os.mkdir(f"{self.scratch}/{name}", 0o755)
        layers = (
            f"lowerdir={_escaped(workspace)},upperdir={self.scratch}/{_UPPER}"
            f",workdir={self.scratch}/work,userxattr"
        )
        try:
            kernel.mount("overlay", merged, "overlay", _PLAIN, layers)
        except OSError as error:
            raise OSError(error.errno, f"{NO_VIEW}: {error.strerror}") from error
        return merged

    def _cover(self, plan: Plan) -> None:
        os.mkdir(f"{self.scratch}/{_FOLDER}", 0)
        Path(self.scratch, _FILE).touch(0)
        places = [(path, True) for path in plan.hidden] + [(path, False) for path in plan.kept]
        for path, is_hidden in places:
            place = f"{self.place}/{path}"
            if not os.path.islink(place):
                kernel.bind(self.cover(place) if is_hidden else place, place)

    def cover(self, place: str) -> str:
        """What nobody can look into, of the same kind as what is at ``place``."""
        return f"{self.scratch}/{_FOLDER if os.path.isdir(place) else _FILE}"

    def _devices(self) -> None:
        """They can be written to on a read-only mount; their modes and times cannot be changed
        there, not even by root, who owns them."""
        for name in DEVICES:
            place = self.device(name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            Path(place).touch()
            kernel.bind(f"/dev/{name}", place)

    def device(self, name: str) -> str:
        """Where it is to be bound from."""
        return f"{self.scratch}/dev/{name}"

    def etc(self, name: str) -> str:
        """Where it is to be bound from."""
        return f"{self.scratch}/etc/{name}"

    def keep(self, folder: int) -> tuple[list[Kept], list[str]]:
        """As ``Copy.keep``; nothing is covered afterwards."""
        if self._copy:
            self._uncover()
            return self._copy.keep(folder)
        return keep(f"{self.scratch}/{_UPPER}", folder), []

    def close(self) -> None:
        if self._copy:
            self._uncover()
            remove(self._copy.place)

    def _uncover(self) -> None:
        """What is mounted on something keeps it from being removed."""
        with contextlib.suppress(OSError):  # it is away already
            kernel.umount(self.place)

    def written(self) -> tuple[int, int]:
        """Bytes and files. More files than it may no overlay takes."""
        return self._copy.written() if self._copy else (used(self.scratch), 0)

    @property
    def full(self) -> str:
        """What could not be written any more, in words; empty when everything could."""
        room = os.statvfs(self.scratch)
        return "" if room.f_bavail and room.f_favail else "it wrote as much as it may"


class BareView:
    """A copy and nothing else. ``own``: the folder for what is temporary."""

    def __init__(self, plan: Plan) -> None:
        self.own = f"{plan.folder}/own"
        os.mkdir(self.own, 0o700)
        self._copy = _copied(plan)
        self.place = self._copy.place

    def keep(self, folder: int) -> tuple[list[Kept], list[str]]:
        return self._copy.keep(folder)

    def close(self) -> None:
        remove(self.place)
        remove(self.own)

    def written(self) -> tuple[int, int]:
        return self._copy.written(self.own)

    full = ""


def _copied(plan: Plan) -> Copy:
    return Copy(plan.workspace, f"{plan.folder}/copy", plan.hidden, plan.kept)


def _own_namespaces() -> None:
    """As the system's root, everybody is who he was, so that files of others can be taken over into
    the view; any other user may name himself alone."""
    maps = {each: f"0 {number} 1" for each, number in (("uid", os.getuid()), ("gid", os.getgid()))}
    helper, above = 0, os.getppid()
    told, telling = os.pipe2(os.O_CLOEXEC)
    if os.getuid() == 0 and not (helper := os.fork()):
        _map_everybody(os.getppid(), told, telling)
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
    # With its old rights went the order to end with the process above.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != above:
        raise OSError(errno.ESRCH, "the process above is gone")
    Path("/proc/self/setgroups").write_text("deny")
    os.close(told)
    os.close(telling)
    if not (helper and os.waitpid(helper, 0)[1] == 0):
        for each, line in maps.items():
            Path(f"/proc/self/{each}_map").write_text(line)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)


def _map_everybody(process: int, told: int, telling: int) -> None:
    """Only who is outside may name more than himself. Ends this process: 0 when it was done."""
    failed = True
    try:
        os.close(telling)
        os.read(told, 1)  # its end: the namespace is made
        for each in ("uid", "gid"):
            lines = Path(f"/proc/self/{each}_map").read_text().splitlines()
            known = ((first, count) for first, _, count in map(str.split, lines))
            text = "\n".join(f"{first} {first} {count}" for first, count in known)
            Path(f"/proc/{process}/{each}_map").write_text(text)
        failed = False
    finally:
        os._exit(failed)


def _escaped(path: str) -> str:
    """As overlayfs reads a path among its options."""
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
