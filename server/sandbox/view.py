"""What the command sees of the workspace: an overlay in memory above it, or a copy of it. What is
hidden is covered, and what is read-only cannot be written to.

In namespaces of this process's own: what is mounted here is seen by it and what it starts alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
from pathlib import Path

from ..disk import named
from ..sizes import size
from . import kernel
from .copying import Copy
from .keep import Keeper, Kept, keep
from .machine import DEVICES, ETC, USER
from .names import folders_above
from .plan import COPY, NO_VIEW, Plan
from .policy import HOME
from .trees import opened, remove
from .watch import Clock, Written, used

_UPPER = "upper"
_NOT_THERE = os.makedev(0, 0)
_SPARE = 16
_FOLDER, _FILE = "nothing", "nobody"
_PLAIN = kernel.MS_NOSUID | kernel.MS_NODEV


class View:
    """``place``: where it is; ``scratch``: memory of its own, as much as may be written; in it, the
    folder for what is ``temporary``. ``shared``: memory with names. Raises OSError."""

    def __init__(self, plan: Plan) -> None:
        self.scratch = f"{plan.folder}/scratch"
        self.temporary = f"{self.scratch}/temporary"
        self.shared = f"{self.scratch}/shared"
        self.place = ""
        self._most = f"{size(plan.limits.disk)} or {plan.limits.inodes} files"
        # By this process as it is outside: it may read what belongs to others, if at all, there.
        self._copy = _copied(plan) if plan.backend == COPY else None
        try:
            self._make(plan)
        except BaseException:
            self.close()
            raise

    def _make(self, plan: Plan) -> None:
        _own_namespaces()
        _memory(self.scratch, 0o700, plan.limits.disk, plan.limits.inodes)
        for place in (self.temporary, f"{self.temporary}/home"):
            os.mkdir(place)
        os.chmod(self.temporary, 0o1777)  # noqa: S103 - as every program expects it
        size = min(plan.limits.disk, plan.limits.memory) // 4
        _memory(self.shared, 0o1777, size, plan.limits.inodes // 4)
        merged = f"{self.scratch}/merged"
        os.mkdir(merged, 0o755)
        self.place = self._shown(merged) if self._copy else self._overlay(merged, plan)
        self._cover(plan)
        self._devices()
        os.mkdir(self.etc, 0o755)
        for name, text in ETC.items():
            Path(self.etc, name).write_text(text.format(USER, HOME), encoding="ascii")
        for path in filter(is_etc, plan.system):
            seen_at(path, f"{self.scratch}{path}")

    def _shown(self, merged: str) -> str:
        """The copy under another name, so that all that will cover it can be taken away at once."""
        assert self._copy
        kernel.mount(self._copy.place, merged, flags=kernel.MS_BIND)
        return merged

    def _overlay(self, merged: str, plan: Plan) -> str:
        for name in (_UPPER, "work"):
            os.mkdir(f"{self.scratch}/{name}", 0o755)
        # What a name has in it would be read as more options; kernels differ in how to hinder it.
        with opened(plan.workspace, flags=os.O_PATH) as lower, opened(self.scratch) as scratch:
            above = named(scratch)
            try:
                cover = f"{self._without(plan)}:" if plan.absent else ""
                layers = f"lowerdir={cover}{named(lower)},upperdir={above}/{_UPPER}"
                layers = f"{layers},workdir={above}/work"
                kernel.mount("overlay", merged, "overlay", _PLAIN, f"{layers},userxattr")
            except OSError as error:
                raise OSError(error.errno, f"{NO_VIEW}: {error.strerror}") from error
        return merged

    def _without(self, plan: Plan) -> str:
        """A layer that takes away what is absent: to an overlay, a device of that number is a name
        that is not there. The folders on the way are as they are in the workspace."""
        ways = {path for each in plan.absent for path in folders_above(each)[:-1]}
        place = f"{self.scratch}/without"
        _memory(place, 0o755, 1 << 20, len(plan.absent) + len(ways) + _SPARE)
        for path in sorted(ways):
            os.mkdir(f"{place}/{path}")
        for path in plan.absent:
            os.mknod(f"{place}/{path}", stat.S_IFCHR, _NOT_THERE)
        for path in ("", *sorted(ways)):
            model = os.stat(f"{plan.workspace}/{path}", follow_symlinks=False)
            with contextlib.suppress(PermissionError):  # of somebody who has no number in here
                os.chown(f"{place}/{path}", model.st_uid, model.st_gid)
            os.chmod(f"{place}/{path}", stat.S_IMODE(model.st_mode))
            os.utime(f"{place}/{path}", ns=(model.st_atime_ns, model.st_mtime_ns))
        return place

    def _cover(self, plan: Plan) -> None:
        os.mkdir(f"{self.scratch}/{_FOLDER}", 0)
        Path(self.scratch, _FILE).touch(0)
        places = [(path, True) for path in plan.hidden] + [(path, False) for path in plan.read_only]
        # No longer a way than in the workspace, where each of them could be named.
        with opened(self.place, flags=os.O_PATH) as top:
            for path, is_hidden in places:
                place = f"{named(top)}/{path}"
                if os.path.exists(place) and not os.path.islink(place):
                    kernel.bind(self.cover(place) if is_hidden else place, place)
            for path, source in plan.cleaned:
                kernel.bind(source, f"{named(top)}/{path}")

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

    @property
    def etc(self) -> str:
        """What is to be seen of ``/etc``, in one: bubblewrap is slow with each of many."""
        return f"{self.scratch}/etc"

    def moved(self, path: str) -> str:
        """Where a path that names something of the machine is for the command."""
        return path

    def keep(self, keeper: Keeper) -> tuple[list[Kept], list[str]]:
        """As ``Copy.keep``; nothing is covered afterwards."""
        if self._copy:
            self._uncover()
            return self._copy.keep(keeper)
        return keep(f"{self.scratch}/{_UPPER}", keeper), []

    def close(self) -> None:
        if self._copy:
            self._uncover()
            remove(self._copy.place)

    def _uncover(self) -> None:
        """What is mounted on something keeps it from being removed."""
        with contextlib.suppress(OSError):  # it is away already
            kernel.umount(self.place)

    def written(self, in_time: Clock) -> Written:
        """More files than it may no memory takes."""
        size, files = self._copy.written(in_time) if self._copy else (0, 0)
        return Written(size + used(self.scratch), files, used(self.shared))

    @property
    def full(self) -> str:
        """What could not be written any more, in words; empty when everything could."""
        rooms = map(os.statvfs, (self.scratch, self.shared))
        is_full = not all(room.f_bavail and room.f_favail for room in rooms)
        return f"it wrote as much as it may, {self._most}" if is_full else ""


class BareView:
    """A copy and nothing else. ``own``: the folder for what is temporary."""

    def __init__(self, plan: Plan) -> None:
        self.own = f"{plan.folder}/own"
        os.mkdir(self.own, 0o700)
        self._workspace = plan.workspace
        self._copy = _copied(plan)
        self.place = self._copy.place

    def moved(self, path: str) -> str:
        """Where the workspace is named, the copy is meant."""
        inside = path == self._workspace or path.startswith(f"{self._workspace}/")
        return self.place + path[len(self._workspace) :] if inside else path

    def keep(self, keeper: Keeper) -> tuple[list[Kept], list[str]]:
        return self._copy.keep(keeper)

    def close(self) -> None:
        remove(self.place)
        remove(self.own)

    def written(self, in_time: Clock) -> Written:
        return Written(*self._copy.written(in_time, self.own))

    full = ""


def is_etc(path: str) -> bool:
    return path.startswith("/etc/")


def seen_at(path: str, place: str) -> None:
    """What is at ``path`` can be read at ``place``, too, which is made when missing. Raises
    OSError."""
    if os.path.isdir(path):
        os.makedirs(place, exist_ok=True)
    elif not os.path.exists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        Path(place).touch()
    kernel.bind(path, place)


def _copied(plan: Plan) -> Copy:
    place, kept_from = f"{plan.folder}/copy", (plan.hidden, plan.read_only)
    return Copy(plan.workspace, place, *kept_from, plan.cleaned, plan.absent)


def _memory(place: str, mode: int, size: int, inodes: int) -> None:
    """A folder in memory that takes so many bytes and files. To the kernel, 0 means without end."""
    os.mkdir(place, 0o700)
    options = f"mode={mode:o},size={max(size, 1)},nr_inodes={max(inodes, 1)}"
    kernel.mount("tmpfs", place, "tmpfs", _PLAIN, options)


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
