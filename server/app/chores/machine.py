"""Looking at the machine again and again, and telling once of each time that it runs short."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...resources import CALM, Pressure, look

_LOOK_SECONDS = 15.0


class Machine:
    """``short`` is called when something runs short, until it answers that somebody was told, and
    not again before that has recovered. ``folder``: whose disk counts."""

    def __init__(
        self,
        folder: Path,
        short: Callable[[Pressure], bool],
        look: Callable[[Path, Pressure], Pressure] = look,
    ) -> None:
        self._folder = folder
        self._short = short
        self._look = look
        self._told = ""
        self.pressure = CALM

    async def run(self, looked: Callable[[], object] = lambda: None) -> None:
        """Without end; ``looked`` is called after each look."""
        while True:
            await self.look()
            looked()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Bring ``pressure`` up to date."""
        with suppress(OSError):
            self.pressure = await asyncio.to_thread(self._look, self._folder, self.pressure)
        resource = self.pressure.resource
        if self._told != resource:
            self._told = resource if resource and self._short(self.pressure) else ""
