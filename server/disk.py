"""Reading what a workspace holds: only regular files, and only so much of them; and telling people
why that failed.

Under any name there may be a pipe that never answers or a device that never ends; git can carry a
link to either.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from .sizes import size

LARGEST_FILE = 100_000_000
"""Bytes. No setting has a larger file looked at."""


def read_regular(path: Path | str, most: int | None = None) -> bytes:
    """The bytes. Raises OSError, also when it is no regular file or has more than ``most``."""
    with open_regular(path) as file:
        if most is None:
            return file.read()
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(0, f"It is larger than {size(most)}")
    return content


def read_head(path: Path | str, most: int) -> bytes:
    """The first bytes, ``most`` of them at most. Raises OSError, also for no regular file."""
    with open_regular(path) as file:
        return file.read(most)


def open_regular(path: Path | str) -> BinaryIO:
    """For reading. Raises OSError, also when it is no regular file."""
    # O_NONBLOCK: to open a pipe must not wait for its other end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "It is not a regular file")
    return os.fdopen(descriptor, "rb")


def named(descriptor: int) -> str:
    """A path to what this process has open, also to a link, whatever its own name is. Linux."""
    return f"/proc/self/fd/{descriptor}"


def why(error: Exception) -> str:
    """What went wrong, for people: of the system the path and the reason, without the number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def mask() -> int:
    """The bits that are kept from the mode of whatever this process makes."""
    try:
        about = Path("/proc/self/status").read_text()
    except OSError:
        about = ""
    if found := re.search(r"^Umask:\s*([0-7]+)$", about, re.MULTILINE):
        return int(found[1], 8)
    old = os.umask(0o077)  # elsewhere it is told only when it is set, for a moment for all threads
    os.umask(old)
    return old
