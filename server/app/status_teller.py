"""The status is told soon after anything happened, and only when it is news."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..model import Status

_SECONDS = 0.1
_SHARE = 0.05
"""So much of the loop's time may go into it: with ten thousand files it is told of more rarely."""


class StatusTeller:
    """Belongs to the event loop. ``status`` computes how things stand, ``told`` hears of it."""

    def __init__(self, status: Callable[[], Status], told: Callable[[Status], object]) -> None:
        self._status = status
        self._tell = told
        self._timer: asyncio.TimerHandle | None = None
        self._took = 0.0
        self._told: Status | None = None

    def soon(self) -> None:
        """Something has changed."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            pause = max(_SECONDS, self._took / _SHARE)
            self._timer = loop.call_later(pause, self._due)

    def _due(self) -> None:
        self._timer = None
        self.tell()

    def tell(self) -> Status:
        """How things stand, now; told if that is news."""
        began = time.perf_counter()
        status = self._status()
        self._took = time.perf_counter() - began
        if status != self._told:
            self._told = status
            self._tell(status)
        if status.running:
            self.soon()  # its end is news
        return status
