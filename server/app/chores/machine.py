"""How the machine is, looked at again and again, and whether somebody types at it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from ...model import Strain
from ...resources import Outlook, Pressure, Sample, Sampler, Watcher
from ...runner.budget import Conditions
from ...settings.resources import Resources
from ...store.database import Database
from ...store.levels import FILE, LEVELS, Level, Levels
from .. import events
from ..feature import Feature
from ..presentation.machine import silence
from .relief import Relief, Relieving

log = logging.getLogger(__name__)

_FLOW_SECONDS = 3.0
"""Who typed so shortly ago is not to be disturbed."""


class Looking(Protocol):
    """As ``Sampler`` does."""

    def look(self, now: float, *, closely: bool = False) -> Sample: ...


def watched(state: Path, roots: Iterable[Path]) -> Mapping[str, Path]:
    """The folders whose disks count, by what they are to people."""
    named = {
        "the workspace" if not n else f"the workspace {r.name}": r for n, r in enumerate(roots)
    }
    own = {"temporary files": Path(tempfile.gettempdir()), "Understudy's own files": state}
    return {**named, "your home": Path.home(), **own}


def levels_in(state: Path) -> Levels:
    """Where the past of the machine is kept; ``state``: the state folder of all workspaces."""
    return Levels(Database(state / FILE, LEVELS))


def eye(state: Path, roots: Iterable[Path]) -> tuple[Sampler, Watcher]:
    """What looks at the machine, and what makes something of it, for who looks for itself."""
    given = tuple(roots)
    return Sampler(lambda: watched(state, given)), Watcher()


class Machine(Feature):
    """``short`` is called when something runs short or is about to, until it answers that somebody
    was told, and not again before that is over; when what was foreseen has come, it is called anew.
    ``relieving``: what can be given back then; ``levels``: where the past is kept."""

    def __init__(
        self,
        sampler: Looking,
        settings: Callable[[], Resources],
        short: Callable[[Pressure], bool],
        relieving: Relieving,
        levels: Levels | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._levels = levels
        self._clock = clock
        self._kept_at = 0.0
        self._sampler = sampler
        self._settings = settings
        self._short = short
        self._relieving = relieving
        self._relief = Relief(relieving.measures(), relieving.note)
        self._told: tuple[str, bool] = ("", False)
        self._watcher = Watcher()
        self._looking = asyncio.Lock()
        """A sampler serves one at a time, and a look that is late would be taken for a clock that
        went back."""
        self.typed_at = float("-inf")
        """By the clock of the loop."""

    @property
    def outlook(self) -> Outlook:
        return self._watcher.outlook

    @property
    def pressure(self) -> Pressure:
        return self.outlook.pressure

    def happened(self, event: events.Event) -> None:
        if isinstance(event, events.Edited):
            self.typed_at = asyncio.get_running_loop().time()

    def conditions(self) -> Conditions:
        """What decides whether now is a time for work that can wait. That something runs short is
        none where nobody wants anything to be given back."""
        since = asyncio.get_running_loop().time() - self.typed_at
        return Conditions(
            typing=since < _FLOW_SECONDS,
            on_battery=self.pressure.on_battery,
            pressure=self.pressure.shortage if self._settings().relieve else "",
        )

    async def run(self, looked: Callable[[], object] = lambda: None) -> None:
        """Without end; ``looked`` is called after each look."""
        while True:
            own = self._settings()
            if own.enabled:
                await self.look()
            else:
                self._watcher = Watcher()
                await self._relief.heed(None)
            looked()
            await asyncio.sleep(self.outlook.pause(own.sample_seconds))

    async def look(self, *, closely: bool = False) -> None:
        """Bring ``outlook`` up to date."""
        async with self._looking:
            await self._look(closely=closely)

    async def _look(self, *, closely: bool) -> None:
        own, loop = self._settings(), asyncio.get_running_loop()
        self._watcher.lead = own.warn_minutes * 60
        closely = closely or self._watcher.wants_processes
        try:
            sample = await asyncio.to_thread(self._sampler.look, loop.time(), closely=closely)
        except Exception:  # a sensor that is broken in a new way must not end the watch
            log.exception("the machine could not be looked at")
            return
        for each in frozenset(sample.silent).difference(self.outlook.silent):
            log.warning("%s", silence(each))
        self._watcher.add(sample)
        found = self.pressure
        episode = found.resource, bool(found.resource) and not found.foreseen
        if self._told != episode:
            self._told = episode if found.resource and self._short(found) else ("", False)
        self._relieving.recycle(own.worker_memory_mb << 20)
        await self._relief.heed(found if own.relieve else None)
        await self._keep()

    async def _keep(self) -> None:
        """Once a minute. A disk that does not take it is told of by the others who write."""
        at = self._clock() // 60 * 60
        if self._levels is None or at == self._kept_at:
            return
        self._kept_at = at
        uses = [each.use for each in self.outlook.trends]
        with contextlib.suppress(sqlite3.Error):
            await self._levels.keep([Level(at, e.name, e.used, e.limit) for e in uses])

    @property
    def troubles(self) -> Iterable[str]:
        return map(silence, self.outlook.silent)

    async def close(self) -> None:
        if self._levels is not None:
            await self._levels.close()

    def acknowledge(self) -> bool:
        """Somebody knows of the warnings that there are; whether there was one."""
        return self._watcher.acknowledge()

    @property
    def strain(self) -> Strain | None:
        """What a status bar tells of; None while all is well."""
        warned, short = self.outlook.warnings, self.pressure
        if short.resource and not short.foreseen:
            known = [each for each in self.outlook.trends if each.use.name == short.resource]
            brief = known[0].brief if known else f"{short.resource} {short.percent:.0f} %"
            acknowledged = bool(known) and known[0].acknowledged
        elif warned:
            brief, acknowledged = warned[0].brief, all(each.acknowledged for each in warned)
        else:
            return None
        lines = [each.sentence for each in warned]
        if not short.foreseen and short.shortage:
            lines.insert(0, short.shortage)
        return Strain(brief, tuple(lines), acknowledged)
