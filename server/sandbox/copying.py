"""A copy of the workspace, for where overlayfs cannot serve, and what was changed in it.

The copy holds what is hidden as an empty place that nobody may open, and what is read-only without
the right to write. ``cleaned``: paths, and the files that are taken in their place; ``absent``:
those of what is left out. No link is
followed; special files are left out.

Invariant of the comparison: a file whose inode and ``ctime`` are those from the time of the copy
was not written to, for no command can set a ``ctime``. Everything else is read and hashed. Where
what is written through a mapping leaves the ``ctime`` as it was, as in memory, every file is.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import mmap
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .keep import READ, WRITE, Keeper, Kept, transferred
from .trees import DEEPEST, TooDeep, opened, remove, walk
from .watch import Clock

_FICLONE = 0x40049409
_NO_CLONES = (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM)
_TOO_LARGE = "it is too large to be copied for a command; use a folder that it is not in"
_WRITE = 0o222
_COARSE = 5
"""The clock by which file systems tell the time; Python has no name for it."""
_MOST_TICKS_MS = 50


class _Made(NamedTuple):
    """What was put under a name. ``guarded``: it is not for the command to change. ``digest``: of
    the content, where the ``ctime`` does not tell of all changes."""

    is_folder: bool
    mode: int
    inode: int
    changed: int
    guarded: bool
    digest: bytes


class Copy:
    """Made at ``place``, which must not be there. Raises OSError."""

    def __init__(
        self,
        workspace: str,
        place: str,
        hidden: Iterable[str],
        read_only: Iterable[str],
        cleaned: Iterable[tuple[str, str]] = (),
        absent: Iterable[str] = (),
    ) -> None:
        self.place = place
        self._hidden = frozenset(hidden)
        self._read_only = frozenset(read_only)
        self._cleaned = dict(cleaned)
        self._absent = frozenset(absent)
        self._made: dict[str, _Made] = {}
        self._not_before = 0.0
        os.mkdir(place, 0o700)
        try:
            self._is_told = _tells_of_mappings(place)
            self._clones = self._is_told
            with opened(workspace) as source, opened(place) as target:
                self._fill(source, target, "", False)
                os.fchmod(target, stat.S_IMODE(os.fstat(source).st_mode) | 0o700)
        except BaseException:
            remove(place)
            raise
        self._free = _free(place)
        # What is written from now on has another ``ctime``.
        _pass(max((each.changed for each in self._made.values()), default=0))

    def _fill(self, source: int, target: int, above: str, read_only: bool) -> None:
        for name in os.listdir(source):
            path = f"{above}/{name}" if above else name
            if path in self._absent:
                continue
            # What goes meanwhile is not there; what comes is seen by the next run.
            with contextlib.suppress(FileNotFoundError):
                self._put(source, target, name, path, read_only or path in self._read_only)

    def _put(self, source: int, target: int, name: str, path: str, read_only: bool) -> None:
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        is_folder = stat.S_ISDIR(status.st_mode)
        mode = stat.S_IMODE(status.st_mode) & ~(_WRITE if read_only else 0)
        guarded, digest = read_only, b""
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif is_folder or stat.S_ISREG(status.st_mode):
            try:
                if path in self._hidden:
                    raise PermissionError
                if is_folder:
                    self._put_folder(source, target, name, path, read_only)
                else:
                    digest = self._put_file(source, target, name, self._cleaned.get(path, name))
            except PermissionError:
                guarded, mode = True, 0
                _placeholder(target, name, is_folder)
            except OSError as error:
                if is_folder or error.errno != errno.EFBIG:
                    raise
                raise OSError(errno.EFBIG, _TOO_LARGE, path) from error
            os.chmod(name, mode, dir_fd=target)
        else:
            return
        times = (status.st_atime_ns, status.st_mtime_ns)
        os.utime(name, ns=times, dir_fd=target, follow_symlinks=False)
        made = os.stat(name, dir_fd=target, follow_symlinks=False)
        self._made[path] = _Made(
            is_folder, stat.S_IMODE(made.st_mode), made.st_ino, made.st_ctime_ns, guarded, digest
        )

    def _put_folder(self, source: int, target: int, name: str, path: str, read_only: bool) -> None:
        if path.count("/") >= DEEPEST:
            raise TooDeep
        with opened(name, source, os.O_NOFOLLOW) as inner:
            os.mkdir(name, 0o700, dir_fd=target)
            with opened(name, target, os.O_NOFOLLOW) as copied:
                self._fill(inner, copied, path, read_only)

    def _put_file(self, source: int, target: int, name: str, content: str) -> bytes:
        """Its digest, where that is needed."""
        digest = hashlib.sha256()
        with os.fdopen(os.open(content, READ, dir_fd=source), "rb") as reader:
            if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
                raise FileNotFoundError  # it became something else meanwhile
            with os.fdopen(os.open(name, WRITE, 0o600, dir_fd=target), "wb") as writer:
                if not (self._clones and self._clone(reader.fileno(), writer.fileno())):
                    for chunk in transferred(reader, writer):
                        if not self._is_told:
                            digest.update(chunk)
        return b"" if self._is_told else digest.digest()

    def _clone(self, source: int, target: int) -> bool:
        """Share the content until one of the two is written to, where the file system can."""
        try:
            fcntl.ioctl(target, _FICLONE, source)
        except OSError as error:
            if error.errno not in _NO_CLONES:
                raise
            self._clones = False
        return self._clones

    def keep(self, keeper: Keeper) -> tuple[list[Kept], list[str]]:
        """What was changed, as ``keep.keep`` tells it; and the paths that were changed although
        they are hidden or read-only. To be called once, when nothing writes any more."""
        found: list[Kept] = []
        touched: list[str] = []
        guarded: set[str] = set()
        os.chmod(self.place, 0o700)
        with opened(self.place) as top:
            for path, name, folder, status, inner in walk(top):
                made = self._made.pop(path, None)
                inside = path.rpartition("/")[0] in guarded or (made is not None and made.guarded)
                if inside and inner >= 0:
                    guarded.add(path)
                if made and _is_untouched(made, status, name, folder):
                    continue
                if inside:
                    touched.append(path)
                else:
                    found.append(keeper.keep(name, folder, path, status))
        for path, made in self._made.items():
            if made.guarded:
                touched.append(path)
            else:
                found.append(Kept(path, "gone"))
        return found, sorted(touched)

    def written(self, in_time: Clock, *others: str) -> tuple[int, int]:
        """Bytes of what was written since it was made, and how many files came, here and in
        ``others``; no more of them are counted than ``in_time``. Looked at closely only when room
        on the disk went that nothing else explains, and then in no hurry. Raises ``TooDeep``."""
        now = time.monotonic()
        if now < self._not_before or not _is_suspect(self._free, _free(self.place)):
            return 0, 0
        size = files = 0
        known = {(each.inode, each.changed) for each in self._made.values()}
        linked: set[tuple[int, int]] = set()
        for status in _all((self.place, *others)):
            file = status.st_dev, status.st_ino
            if file not in linked and (status.st_ino, status.st_ctime_ns) not in known:
                size += status.st_blocks * 512
            if status.st_nlink > 1:
                linked.add(file)
            files += 1
            if not in_time():
                break
        self._not_before = time.monotonic() + 5 * (time.monotonic() - now)
        return size, files - len(self._made)


def _all(places: Iterable[str]) -> Iterator[os.stat_result]:
    for place in places:
        with opened(place) as top:
            for found in walk(top, live=True):
                yield found.status


class _Room(NamedTuple):
    """What is free on a file system; 0 ``files`` where it does not count them."""

    bytes: int
    files: int


def _free(place: str) -> _Room:
    room = os.statvfs(place)
    return _Room(room.f_bfree * room.f_frsize, room.f_ffree)


_SUSPECT = _Room(16 << 20, 1000)
"""By how much a disk may fill before anybody asks who does it."""


def _is_suspect(before: _Room, now: _Room) -> bool:
    return before.bytes - now.bytes >= _SUSPECT.bytes or before.files - now.files >= _SUSPECT.files


def _placeholder(folder: int, name: str, is_folder: bool) -> None:
    if is_folder:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0, dir_fd=folder)
    else:
        os.close(os.open(name, WRITE, 0, dir_fd=folder))


def _is_untouched(made: _Made, status: os.stat_result, name: str, folder: int) -> bool:
    """A folder's times say only that names came or went, which are looked at themselves."""
    if made.is_folder:
        return stat.S_ISDIR(status.st_mode) and made.mode == stat.S_IMODE(status.st_mode)
    if (made.inode, made.changed) != (status.st_ino, status.st_ctime_ns):
        return False
    if not made.digest:
        return True
    with os.fdopen(os.open(name, READ, dir_fd=folder), "rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == made.digest


def _tells_of_mappings(place: str) -> bool:
    """Whether what is written through a mapping changes a file's ``ctime``, found by trying."""
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        file.write(b"a")
        before = os.fstat(file.fileno()).st_ctime_ns
        _pass(before)
        try:
            with mmap.mmap(file.fileno(), 1) as mapping:
                mapping[0] += 1  # what was read may be written to with no word to the kernel
                mapping.flush()
        except OSError:
            return False
        return os.fstat(file.fileno()).st_ctime_ns != before


def _pass(moment: int) -> None:
    """Wait until the clock of file systems, which may be coarse, is past it."""
    for _ in range(_MOST_TICKS_MS):
        if time.clock_gettime_ns(_COARSE) > moment:
            return
        time.sleep(0.001)  # a tick of the clock is no event
