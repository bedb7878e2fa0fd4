"""Folders and what is in them, however deep a command nested them: to walk, and to remove.

No link is followed; in a walk, every folder is opened below the one before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

DEEPEST = 200
"""Folders in each other. In a walk each takes a descriptor, in a copy two, of a thousand."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class TooDeep(OSError):
    """Folders are nested deeper than ``DEEPEST``."""

    def __init__(self) -> None:
        super().__init__(errno.ELOOP, f"folders are nested deeper than {DEEPEST}")


class Found(NamedTuple):
    """``path``: from where the walk began; ``name`` below the descriptor ``folder``. ``inner``: the
    descriptor of a folder; -1 for anything else. Both are open until the walk goes on."""

    path: str
    name: str
    folder: int
    status: os.stat_result
    inner: int = -1


def walk(top: int, *, live: bool = False) -> Iterator[Found]:
    """All below the descriptor ``top``, by name, a folder before what is in it. Raises OSError.

    ``live``: somebody works in there. What goes meanwhile, and what cannot be looked into, is
    passed over; else its owner is given the right to look."""
    folders = [(top, "", _names(top, live))]
    try:
        while folders:
            folder, above, names = folders[-1]
            if (name := next(names, None)) is None:
                folders.pop()
                if folders:
                    os.close(folder)
                continue
            try:
                found = _look(name, folder, above + name, live)
            except OSError:
                if not live:
                    raise
                continue
            if found.inner >= 0:
                folders.append((found.inner, f"{found.path}/", _names(found.inner, live)))
            if len(folders) > DEEPEST + 1:
                raise TooDeep
            yield found
    finally:
        for folder, _, _ in folders[1:]:
            os.close(folder)


def _names(folder: int, live: bool) -> Iterator[str]:
    with contextlib.suppress(FileNotFoundError) if live else contextlib.nullcontext():
        yield from sorted(os.listdir(folder))


def _look(name: str, folder: int, path: str, live: bool) -> Found:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    found = Found(path, name, folder, status)
    if not stat.S_ISDIR(status.st_mode):
        return found
    mode = stat.S_IMODE(status.st_mode)
    if not live and mode & 0o500 != 0o500:
        os.chmod(name, mode | 0o500, dir_fd=folder)
    return found._replace(inner=os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder))


@contextlib.contextmanager
def opened(path: str, folder: int | None = None, flags: int = 0) -> Iterator[int]:
    """A folder's descriptor."""
    descriptor = os.open(path, _FOLDER | flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def remove(top: str | os.PathLike[str]) -> None:
    """A folder that nobody else works in, with what its owner may not look into as it is; of a link
    the link alone. Raises OSError.

    What is too deep comes right below the top, and has its turn there."""
    if os.path.islink(top):
        os.unlink(top)
        return
    os.chmod(top, 0o700)
    with opened(os.fspath(top), None, os.O_NOFOLLOW) as root:
        taken = frozenset(os.listdir(root))
        free = (name for name in map(str, count()) if name not in taken)
        while names := os.listdir(root):
            for name in names:
                _remove(name, root, DEEPEST, root, free)
    os.rmdir(top)


def _remove(name: str, folder: int, levels: int, root: int, free: Iterator[str]) -> None:
    if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=folder)
        return
    os.chmod(name, 0o700, dir_fd=folder)
    if not levels:
        os.rename(name, next(free), src_dir_fd=folder, dst_dir_fd=root)
        return
    with opened(name, folder, os.O_NOFOLLOW) as inner:
        for each in os.listdir(inner):
            _remove(each, inner, levels - 1, root, free)
    os.rmdir(name, dir_fd=folder)
