"""A folder and what is below it. No link is followed on the way, and nothing leads out of it, also
when somebody moves folders and links about meanwhile. For a thread."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from .change import Entry, State

_OPENAT2 = 437  # the same number on every architecture
_BENEATH = 0x02 | 0x04 | 0x08  # RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH
_NOREPLACE = 1
_EXCHANGE = 2
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP)
_CHUNK = 1 << 18
FEW = 16
"""More than so many wait for all that their file systems hold, since each takes a turn of the
disk."""
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def never() -> bool:
    return False


class Beneath:
    """Paths are relative to the root, with slashes. Everything raises OSError. ``is_stopped`` is
    asked again and again while something large is read, and ends that."""

    def __init__(self, root: Path, is_stopped: Callable[[], bool] = never) -> None:
        self.root = Path(os.path.realpath(root))
        self._is_stopped = is_stopped
        self._top = os.open(self.root, _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._top)

    @property
    def inode(self) -> int:
        return os.fstat(self._top).st_ino

    def open_folder(self, path: str) -> int:
        return open_beneath(self._top, path, _FOLDER) if path else os.dup(self._top)

    def open_any(self, path: str) -> int:
        """A descriptor of a folder or a file, for reading."""
        return open_beneath(self._top, path, _FILE) if path else os.dup(self._top)

    def has_folder(self, path: str) -> bool:
        """Whether there is one that no link leads to."""
        found = self.look(path) if path else None
        return not path or (found is not None and found.is_folder)

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """A descriptor of a folder; of the root for an empty path."""
        descriptor = self.open_folder(path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def at(self, path: str) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that ``path`` lies in, and its name there."""
        above, _, name = path.rpartition("/")
        with self.folder(above) as descriptor:
            yield descriptor, name

    def look(self, path: str) -> State | None:
        """What stands there; None for nothing, also where the way leads through a file or a
        link."""
        try:
            with self.at(path) as (folder, name):
                found = look(folder, name, self._is_stopped)
        except OSError as error:
            if error.errno in ABSENT:
                return None
            error.filename = str(self.root / path)
            raise
        return found and replace(found, place=str(self.root / path))

    def names(self, path: str) -> list[str]:
        with self.folder(path) as descriptor:
            return os.listdir(descriptor)

    def open(self, path: str) -> int:
        """A descriptor of a regular file, for reading."""
        with self.at(path) as (folder, name):
            return open_file(folder, name)


class Shown(Beneath):
    """As an editor has it: what it has not saved, by path, in the place of what is on disk."""

    def __init__(self, root: Path, unsaved: Mapping[str, bytes]) -> None:
        super().__init__(root)
        self._unsaved = unsaved

    def look(self, path: str) -> State | None:
        found = super().look(path)
        content = self._unsaved.get(path)
        if content is None or found is None or found.entry is not Entry.FILE:
            return found
        return State.of(content, found.mode)


def look(folder: int, name: str, is_stopped: Callable[[], bool] = never) -> State | None:
    """What stands under a name in an open folder; None for nothing."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    mode, modified = stat.S_IMODE(status.st_mode), status.st_mtime_ns
    if stat.S_ISDIR(status.st_mode):
        return State(Entry.FOLDER, mode)
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(name, dir_fd=folder)
        raw = os.fsencode(target)
        digest = hashlib.sha256(raw).hexdigest()
        return State(Entry.LINK, mode, digest, len(raw), target, modified=modified)
    if not stat.S_ISREG(status.st_mode):
        return State(Entry.SPECIAL, mode)
    found, size = hashlib.sha256(), 0
    with os.fdopen(open_file(folder, name), "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            if is_stopped():
                raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
            found.update(chunk)
            size += len(chunk)
    return State(Entry.FILE, mode, found.hexdigest(), size, modified=modified)


def open_file(folder: int, name: str) -> int:
    """A descriptor for reading. Raises OSError, also for what is no regular file."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "It is not a regular file")
    return descriptor


def is_written_to(descriptor: int) -> bool:
    """Whether anybody has the regular file open, or mapped, to write to it; ``descriptor`` is for
    reading. False where the file system, or the system, cannot tell."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # whose coming nobody minds
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except AttributeError:
        return False
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False


def open_beneath(top: int, path: str, flags: int) -> int:
    """Open ``path`` below a folder, through no link."""
    if sys.platform != "linux":  # there, the number is another call's
        return walk_beneath(top, path, flags)
    how = _How(flags | os.O_CLOEXEC, 0, _BENEATH)
    raw, size = os.fsencode(path), ctypes.sizeof(_How)
    if (got := _libc.syscall(_OPENAT2, top, raw, ctypes.byref(how), size)) >= 0:
        return int(got)
    if (number := ctypes.get_errno()) not in _UNKNOWN:
        raise OSError(number, os.strerror(number), path)
    return walk_beneath(top, path, flags)


def walk_beneath(top: int, path: str, flags: int) -> int:
    """As ``open_beneath``, one folder after the other, where the kernel does not know openat2."""
    *above, name = path.split("/")
    if ".." in (*above, name):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    here = os.dup(top)
    try:
        for each in above:
            inner = os.open(each, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    finally:
        os.close(here)


def syncs_whole() -> bool:
    """Whether the system can have on disk all that a file system holds."""
    return hasattr(_libc, "syncfs")


def sync_all(openers: Sequence[Callable[[], int]], *, whole: bool = False) -> None:
    """Have files or folders on disk, given what opens each: one after the other, or, when they are
    many or it is wanted, with the ``whole`` of their file systems. What is gone is let be."""
    done: set[int] = set()
    for opener in openers:
        try:
            descriptor = opener()
        except OSError as error:
            if error.errno not in ABSENT:
                raise
            continue
        try:
            status = os.fstat(descriptor)
            device = status.st_dev
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
                continue
            if not whole and (len(openers) <= FEW or not syncs_whole()):
                os.fsync(descriptor)
            elif device not in done:
                done.add(device)
                if _libc.syncfs(descriptor):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(descriptor)


def rename_new(old_folder: int, old: str, new_folder: int, new: str) -> None:
    """Rename to a name that nothing has. Raises FileExistsError, OSError."""
    if not _rename(old_folder, old, new_folder, new, _NOREPLACE):
        with suppress(FileNotFoundError):
            os.stat(new, dir_fd=new_folder, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)


def exchange(folder: int, one: str, other: str) -> bool:
    """Let two names change places, at once. False where the file system cannot. Raises OSError."""
    return _rename(folder, one, folder, other, _EXCHANGE)


def _rename(old_folder: int, old: str, new_folder: int, new: str, flags: int) -> bool:
    if not hasattr(_libc, "renameat2"):  # not every C library, and not every system has it
        return False
    source, target = os.fsencode(old), os.fsencode(new)
    if _libc.renameat2(old_folder, source, new_folder, target, flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), old, None, new)
