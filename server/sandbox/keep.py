"""Keep what a command wrote, before the place that it is in goes: an upper folder of overlayfs
becomes a list of entries, and files that nothing can write to any more.

No link is followed; every folder is opened below the one before.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple, Self

BLOBS = "blobs"
_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


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


def keep(upper: str, folder: int) -> list[Kept]:
    """What is in ``upper``; contents go into ``BLOBS`` below the descriptor ``folder``. Raises
    OSError, also when folders are nested deeper than descriptors reach."""
    found: list[Kept] = []
    with Keeper(folder) as keeper, opened(upper) as top:
        _walk(top, "", keeper, found)
    return found


def _walk(folder: int, above: str, keeper: Keeper, found: list[Kept]) -> None:
    for name in sorted(os.listdir(folder)):
        path = f"{above}/{name}" if above else name
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
            found.append(Kept(path, "gone"))
            continue
        kept = keeper.keep(name, folder, path, status)
        if not stat.S_ISDIR(status.st_mode):
            found.append(kept)
            continue
        with entered(name, folder, kept.mode) as inner:
            found.append(kept._replace(what="opaque") if _is_opaque(inner) else kept)
            _walk(inner, path, keeper, found)


class Keeper:
    """Copies contents into ``BLOBS``, which it makes. A context manager; raises OSError."""

    def __init__(self, folder: int) -> None:
        os.mkdir(BLOBS, 0o700, dir_fd=folder)
        self._blobs = os.open(BLOBS, _FOLDER, dir_fd=folder)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._blobs)

    def keep(self, name: str, folder: int, path: str, status: os.stat_result) -> Kept:
        """What ``name`` below the descriptor ``folder`` is; a folder without what is in it."""
        mode = stat.S_IMODE(status.st_mode)
        match stat.S_IFMT(status.st_mode):
            case stat.S_IFLNK:
                target = os.readlink(name, dir_fd=folder)
                digest = hashlib.sha256(os.fsencode(target)).hexdigest()
                return Kept(path, "link", mode, digest, len(target), target=target)
            case stat.S_IFREG:
                self._count += 1
                blob = str(self._count)
                if not mode & 0o400:
                    os.chmod(name, mode | 0o400, dir_fd=folder)
                return Kept(path, "file", mode, *self._copy(name, folder, blob), blob)
            case stat.S_IFDIR:
                return Kept(path, "folder", mode)
            case _:
                return Kept(path, "special", mode)

    def _copy(self, name: str, folder: int, blob: str) -> tuple[str, int]:
        """The digest of the content, and its bytes."""
        source = os.open(name, READ, dir_fd=folder)
        target = os.open(blob, WRITE, 0o600, dir_fd=self._blobs)
        digest, size = hashlib.sha256(), 0
        with os.fdopen(source, "rb", 0) as reader, os.fdopen(target, "wb", 0) as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                writer.write(chunk)
                size += len(chunk)
        return digest.hexdigest(), size


READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""A new file, and no other."""


@contextlib.contextmanager
def opened(path: str, folder: int | None = None, flags: int = 0) -> Iterator[int]:
    """A folder's descriptor."""
    descriptor = os.open(path, _FOLDER | flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def entered(name: str, folder: int, mode: int) -> Iterator[int]:
    """The descriptor of one below, whose owner may have taken the right to look away from
    himself."""
    if mode & 0o500 != 0o500:
        os.chmod(name, mode | 0o500, dir_fd=folder)
    with opened(name, folder, os.O_NOFOLLOW) as inner:
        yield inner


def _is_opaque(folder: int) -> bool:
    with contextlib.suppress(OSError):
        return os.getxattr(folder, "user.overlay.opaque") == b"y"
    return False
