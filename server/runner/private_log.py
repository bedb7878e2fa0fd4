"""The log of a command, without the secrets in it, and without making the command wait."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..findings.redact_output import Redactor
from .logfile import LogFile

_PIECE = 1 << 14
"""Bytes that are looked through at once."""


class PrivateLog:
    """A log of what is printed, without secrets; ``secrets``: values that are known to be some.

    What comes faster than it can be looked through waits in memory, and of that only the newest
    ``most`` bytes: what is older would not stay in the file either.
    """

    def __init__(self, path: str, most: int, secrets: Iterable[str]) -> None:
        self._file = LogFile(path, most)
        self._redactor = Redactor(secrets)
        self._most = most
        self._waiting = bytearray()
        self._lost = 0

    @property
    def trouble(self) -> str:
        return self._file.trouble

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def write(self, chunk: bytes) -> None:
        self._waiting += chunk
        if (beyond := len(self._waiting) - self._most) > 0:
            # From the next line on: of a secret that is cut, nothing could be told.
            end = self._waiting.find(b"\n", beyond) + 1 or len(self._waiting)
            del self._waiting[:end]
            self._lost += end

    def work(self, seconds: float) -> None:
        """Write what waits, for about so long."""
        latest = time.monotonic() + seconds
        while self._waiting and time.monotonic() < latest:
            if self._lost:
                self._put(self._redactor.end())
                self._put(b"\n[%d bytes are left out here]\n" % self._lost)
                self._lost = 0
            piece = bytes(self._waiting[:_PIECE])
            del self._waiting[: len(piece)]
            self._put(self._redactor.part(piece))

    def _put(self, content: bytes) -> None:
        if content:
            self._file.write(content)

    def close(self) -> None:
        self.work(float("inf"))
        self._put(self._redactor.end())
        self._file.close()
