"""Keep what a command wrote, before the memory that it is in goes: an upper folder of overlayfs
becomes a list of entries, and files that nothing can write to any more.

No link is followed; every folder is opened below the one before.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from typing import NamedTuple

BLOBS = "blobs"
_CHUNK = 1 << 20


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
    os.mkdir(BLOBS, 0o700, dir_fd=folder)
    blobs = os.open(BLOBS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    top = os.open(upper, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    found: list[Kept] = []
    try:
        _walk(top, "", blobs, found)
    finally:
        os.close(top)
        os.close(blobs)
    return found


def _walk(folder: int, above: str, blobs: int, found: list[Kept]) -> None:
    for name in sorted(os.listdir(folder)):
        path = f"{above}/{name}" if above else name
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        mode = stat.S_IMODE(status.st_mode)
        match stat.S_IFMT(status.st_mode):
            case stat.S_IFCHR if status.st_rdev == 0:
                found.append(Kept(path, "gone"))
            case stat.S_IFLNK:
                target = os.readlink(name, dir_fd=folder)
                digest = hashlib.sha256(os.fsencode(target)).hexdigest()
                found.append(Kept(path, "link", mode, digest, len(target), target=target))
            case stat.S_IFREG:
                blob = str(len(found))
                digest, size = _copy(name, folder, blob, blobs)
                found.append(Kept(path, "file", mode, digest, size, blob))
            case stat.S_IFDIR:
                inner = _enter(name, folder, mode)
                try:
                    what = "opaque" if _is_opaque(inner) else "folder"
                    found.append(Kept(path, what, mode))
                    _walk(inner, path, blobs, found)
                finally:
                    os.close(inner)
            case _:
                found.append(Kept(path, "special", mode))


def _enter(name: str, folder: int, mode: int) -> int:
    if mode & 0o500 != 0o500:  # its owner took the right to look away from himself
        os.chmod(name, mode | 0o500, dir_fd=folder)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def _is_opaque(folder: int) -> bool:
    with contextlib.suppress(OSError):
        return os.getxattr(folder, "user.overlay.opaque") == b"y"
    return False


def _copy(name: str, folder: int, blob: str, blobs: int) -> tuple[str, int]:
    """The digest of the content, and its bytes."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    source = os.open(name, flags, dir_fd=folder)
    target = os.open(blob, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=blobs)
    digest, size = hashlib.sha256(), 0
    with os.fdopen(source, "rb", 0) as reader, os.fdopen(target, "wb", 0) as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
