"""A log that cannot fill the disk: when the file is full it becomes ``NAME.1``, and a new one
begins."""

from __future__ import annotations

import contextlib
import os
import re

_NAME = re.compile(r"([0-9]{1,18})-[0-9]+\.log(?:\.1)?")


def job_of(name: str) -> int | None:
    """The job whose log a file of that name is; None for any other file."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


class LogFile:
    """The newest ``most`` bytes at least, twice as many at most. A disk that does not take them
    costs the log, not the command: ``trouble`` tells why, and when the disk takes it again the log
    says where something is missing."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        self._size = 0
        self._missing = 0
        self._fd: int | None = None
        self.trouble = ""
        self.is_waiting = False
        if path:
            self._open()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._fd = os.open(self._path, flags, 0o600)
            self._size = 0
        except OSError as error:
            self.trouble = str(error.strerror)

    def write(self, chunk: bytes) -> None:
        if not self._path:
            return
        if self._fd is None:
            self._open()
        elif self._size and self._size + len(chunk) > self._most:
            self._rotate()
        if self._missing:
            why = self.trouble.encode()
            note = b"\n[%d bytes are missing here: %s]\n" % (self._missing, why)
            if self._put(note) < len(note):
                self._missing += len(chunk)
                return
            self.trouble = ""
        self._missing = len(chunk) - self._put(chunk)

    def work(self, seconds: float) -> None:
        """Nothing waits."""

    def _put(self, content: bytes) -> int:
        """How many bytes the disk took."""
        done = 0
        try:
            while self._fd is not None and done < len(content):
                done += os.write(self._fd, content[done:])
        except OSError as error:
            self.trouble = str(error.strerror)
        self._size += done
        return done

    def _rotate(self) -> None:
        self.close()
        with contextlib.suppress(OSError):
            os.replace(self._path, f"{self._path}.1")
        self._open()

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def tail(path: str, most: int) -> bytes:
    """The last ``most`` bytes of a log. Raises OSError when there is none."""
    newest = _end_of(path, most)
    if len(newest) < most:
        with contextlib.suppress(OSError):
            return _end_of(f"{path}.1", most - len(newest)) + newest
    return newest


def _end_of(path: str, most: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - most))
        return file.read(most)
