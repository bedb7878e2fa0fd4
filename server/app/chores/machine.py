"""How the machine is, looked at again and again, and whether somebody types at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...resources import CALM, Pressure, look
from ...runner.budget import Conditions
from .. import events
from ..feature import Feature

_LOOK_SECONDS = 15.0
_FLOW_SECONDS = 3.0
"""Who typed so shortly ago is not to be disturbed."""


class Machine(Feature):
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
        self.typed_at = float("-inf")
        """By the clock of the loop."""

    def happened(self, event: events.Event) -> None:
        if isinstance(event, events.Edited):
            self.typed_at = asyncio.get_running_loop().time()

    def conditions(self) -> Conditions:
        """What decides whether now is a time for work that can wait."""
        since = asyncio.get_running_loop().time() - self.typed_at
        return Conditions(
            typing=since < _FLOW_SECONDS,
            on_battery=self.pressure.on_battery,
            pressure=self.pressure.shortage,
        )

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
