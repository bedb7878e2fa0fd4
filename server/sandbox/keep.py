"""Keep what a command wrote, before the place that it is in goes: an upper folder of overlayfs
becomes a list of entries, and files that nothing can write to any more.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Self

from ..sizes import size
from .policy import Limits
from .trees import opened, walk

BLOBS = "blobs"
_CHUNK = 1 << 20
_NOTHING = bytes(_CHUNK)


class OverLimit(Exception):
    """It wrote more than it may; in words."""


class Kept(NamedTuple):
    """One name in the upper folder. ``what``: file, link, folder, special, gone, or ``opaque`` (a
    folder that stands in the place of the one below). ``mode``: permission bits. ``digest``:
    SHA-256 of the content, of the target of a link. ``blob``: the name of a file in ``BLOBS``."""

    path: str
    what: str
    mode: int = 0
    digest: str = ""
    size: int = 0
    blob: str = ""
    target: str = ""


def keep(upper: str, keeper: Keeper) -> list[Kept]:
    """What is in ``upper``. Raises OSError and OverLimit."""
    found: list[Kept] = []
    with opened(upper) as top:
        for path, name, folder, status, inner in walk(top):
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                found.append(Kept(path, "gone"))
                continue
            kept = keeper.keep(name, folder, path, status)
            found.append(kept._replace(what="opaque") if inner >= 0 and _is_opaque(inner) else kept)
    return found


class Keeper:
    """Copies contents into ``BLOBS`` below the descriptor ``folder``, no more of them than the
    limits allow. A context manager; raises OSError."""

    def __init__(self, folder: int, limits: Limits) -> None:
        os.mkdir(BLOBS, 0o700, dir_fd=folder)
        self._blobs = os.open(BLOBS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        self._limits = limits
        self._size = 0
        self._count = 0
        self._copied: dict[tuple[int, int], tuple[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._blobs)

    def discard(self) -> None:
        """What was copied so far, when it is of no use."""
        for blob in os.listdir(self._blobs):
            os.unlink(blob, dir_fd=self._blobs)

    def keep(self, name: str, folder: int, path: str, status: os.stat_result) -> Kept:
        """What ``name`` below the descriptor ``folder`` is; a folder without what is in it. Raises
        OverLimit as well."""
        self._count += 1
        if self._count > self._limits.inodes:
            raise OverLimit(f"it wrote more than {self._limits.inodes} files")
        mode = stat.S_IMODE(status.st_mode)
        match stat.S_IFMT(status.st_mode):
            case stat.S_IFLNK:
                target = os.readlink(name, dir_fd=folder)
                digest = hashlib.sha256(os.fsencode(target)).hexdigest()
                return Kept(path, "link", mode, digest, len(target), target=target)
            case stat.S_IFREG:
                if not mode & 0o400:
                    os.chmod(name, mode | 0o400, dir_fd=folder)
                return Kept(path, "file", mode, *self._content(name, folder, status))
            case stat.S_IFDIR:
                return Kept(path, "folder", mode)
            case _:
                return Kept(path, "special", mode)

    def _content(self, name: str, folder: int, status: os.stat_result) -> tuple[str, int, str]:
        """Digest, bytes and blob. One file under many names is copied once. What is empty in it
        takes no room, and counts all the same: whoever reads it has as much to do."""
        file = status.st_dev, status.st_ino
        if file not in self._copied:
            self._size += status.st_size
            if self._size > self._limits.disk:
                raise OverLimit(f"it wrote more than {size(self._limits.disk)}")
            blob = str(len(self._copied) + 1)
            self._copied[file] = self._copy(name, folder, blob), blob
        digest, blob = self._copied[file]
        return digest, status.st_size, blob

    def _copy(self, name: str, folder: int, blob: str) -> str:
        digest = hashlib.sha256()
        with (
            os.fdopen(os.open(name, READ, dir_fd=folder), "rb") as source,
            os.fdopen(os.open(blob, WRITE, 0o600, dir_fd=self._blobs), "wb") as target,
        ):
            for chunk in transferred(source, target):
                digest.update(chunk)
        return digest.hexdigest()


READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""A new file, and no other."""


def transferred(source: BinaryIO, target: BinaryIO) -> Iterator[bytes | memoryview]:
    """Copy a whole file into an empty one; its content, a piece at a time. Where it has no data
    there is none in the copy either. Raises OSError."""
    size = os.fstat(source.fileno()).st_size
    at = 0
    while at < size:
        start, end = _data(source.fileno(), at, size)
        yield from _nothing(start - at)
        source.seek(start)
        target.seek(start)
        while start < end and (chunk := source.read(min(_CHUNK, end - start))):
            target.write(chunk)
            start += len(chunk)
            yield chunk
        at = end
    target.truncate(size)


def _data(file: int, at: int, size: int) -> tuple[int, int]:
    """Where the next data begins and ends."""
    try:
        start = os.lseek(file, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size, size
    return start, min(os.lseek(file, start, os.SEEK_HOLE), size)


def _nothing(size: int) -> Iterator[memoryview]:
    for at in range(0, size, _CHUNK):
        yield memoryview(_NOTHING)[: size - at]


def _is_opaque(folder: int) -> bool:
    with contextlib.suppress(OSError):
        return os.getxattr(folder, "user.overlay.opaque") == b"y"
    return False
