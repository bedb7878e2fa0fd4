"""Notices as JSON lines in a file that only its owner can read.

Several processes may write to one file: each holds a lock from looking at it to the end of its one
write. A file that is full, or of another day, is set aside as ``NAME.DAY.N.SUFFIX``.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from .base import Notice, Undelivered

_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EINTR}
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class FileConfig:
    """A file is set aside before it outgrows ``max_bytes``, and removed after ``keep_days``."""

    path: Path
    max_bytes: int = 5 << 20
    keep_days: float = 30.0


class File:
    """``clock`` gives seconds since the epoch, as the file system does."""

    name = "file"

    def __init__(self, config: FileConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock

    async def deliver(self, notice: Notice) -> None:
        line = json.dumps(notice.to_json(), ensure_ascii=False, separators=(",", ":"))
        try:
            await asyncio.to_thread(self._append, line.encode("utf-8", "replace") + b"\n")
        except OSError as error:
            why = f"{self._config.path} cannot be written: {error.strerror}"
            raise Undelivered(why, error.errno in _PASSING) from error

    def _append(self, line: bytes) -> None:
        while True:
            with _locked(self._config.path) as descriptor:
                size = os.fstat(descriptor).st_size
                if not self._is_current(descriptor):
                    continue
                if size and self._has_to_go(descriptor, len(line)):
                    self._set_aside(os.fstat(descriptor).st_mtime)
                    continue
                _write(descriptor, size, line)
                return

    def _is_current(self, descriptor: int) -> bool:
        """Whether nobody set the file aside between opening and locking it."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._config.path))
        except FileNotFoundError:
            return False

    def _has_to_go(self, descriptor: int, more: int) -> bool:
        about = os.fstat(descriptor)
        full = about.st_size + more > self._config.max_bytes
        return full or _day(about.st_mtime) != _day(self._clock())

    def _set_aside(self, written: float) -> None:
        path = self._config.path
        names = (path.with_name(f"{path.stem}.{_day(written)}.{n}{path.suffix}") for n in count(1))
        os.rename(path, next(name for name in names if not name.exists()))
        oldest = self._clock() - self._config.keep_days * _DAY_SECONDS
        ours = re.compile(
            rf"{re.escape(path.stem)}\.\d{{4}}-\d\d-\d\d\.\d+{re.escape(path.suffix)}"
        )
        for each in path.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if ours.fullmatch(each.name) and each.stat().st_mtime < oldest:
                    each.unlink()


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """A descriptor of the file, made when missing. Raises OSError for anything but our own file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "It is no regular file of this user")
        if stat.S_IMODE(about.st_mode) != 0o600:
            os.fchmod(descriptor, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, size: int, line: bytes) -> None:
    """All of ``line`` on a line of its own, or nothing."""
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line  # a crash cut the last one short
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(descriptor, size)
        raise
