"""What Understudy gives back when the machine runs short: each measure is a rule with a limit.

Nothing here touches what is not ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from ...checks.engine import Checks
from ...resources.pressure import CALM, Pressure
from ...resources.use import Kind
from ...runner.execute import Runner
from ...sizes import size
from ..cleaning import litter, remove_logs
from .chores import Chores

log = logging.getLogger(__name__)

_ALL = frozenset(Kind)


class Limit(Enum):
    """NEAR: it is foreseen, or has come. SHORT: it has come."""

    NEAR = "near"
    SHORT = "short"


class Measure(NamedTuple):
    """``take`` and ``undo`` say in words what they did; empty: there was nothing to do."""

    kinds: frozenset[Kind]
    limit: Limit
    take: Callable[[], Awaitable[str]]
    undo: Callable[[], Awaitable[str]] | None = None

    def holds(self, pressure: Pressure) -> bool:
        is_near = self.limit is Limit.NEAR or not pressure.foreseen
        return pressure.kind in self.kinds and is_near


class Relief:
    """``note`` is told of what was done and why, for the audit trail."""

    def __init__(
        self, measures: Sequence[Measure], note: Callable[[str], Awaitable[object]]
    ) -> None:
        self._measures = measures
        self._note = note
        self._taken: set[int] = set()

    async def heed(self, pressure: Pressure | None) -> None:
        """Take the measures whose limits are reached, once in an episode, and undo those whose
        reason is over. None: whatever runs short, nobody wants them."""
        over = "there is enough again"
        if pressure is None:
            pressure, over = CALM, "it is switched off in the settings"
        for number, measure in enumerate(self._measures):
            if measure.holds(pressure) == (number in self._taken):
                continue
            if number in self._taken:
                self._taken.remove(number)
                if measure.undo is not None:
                    await self._do(measure.undo, over)
            else:
                self._taken.add(number)
                await self._do(measure.take, pressure.shortage)

    async def _do(self, work: Callable[[], Awaitable[str]], reason: str) -> None:
        """One that fails, as where a disk takes nothing any more, keeps no other from being taken,
        and nobody from looking on."""
        try:
            if done := await work():
                await self._note(f"{done}: {reason}")
        except Exception:  # in whatever new way a measure fails, the others are still wanted
            log.exception("what was to be given back could not be")


_WORTH_BYTES = 10 << 20
"""So much is worth a question."""


class Relieving:
    """What there is to give back: the workers of ``runner``, what ``checks`` hold in memory, and
    what the ``chores`` of the open folders have written; ``say`` tells a person."""

    def __init__(
        self,
        runner: Runner,
        checks: Checks,
        chores: Callable[[], Iterable[Chores]],
        say: Callable[[str], object],
    ) -> None:
        self._runner = runner
        self._checks = checks
        self._chores = chores
        self._say = say
        self._noting: set[asyncio.Task[None]] = set()

    def measures(self) -> tuple[Measure, ...]:
        """In the order in which they are taken: what costs least goes first."""
        memory, disk = frozenset({Kind.MEMORY}), frozenset({Kind.DISK, Kind.INODES})
        return (
            Measure(_ALL, Limit.NEAR, self._wait, self._go_on),
            Measure(memory, Limit.NEAR, self._slim_workers, self._warm_workers),
            Measure(memory, Limit.SHORT, self._slim_checks),
            Measure(disk, Limit.NEAR, self._remove_logs),
            Measure(disk, Limit.NEAR, self._offer_to_clean),
        )

    def recycle(self, most_memory: int) -> None:
        """From now on, end workers that hold more bytes after their job."""

        def told(lane: str, memory: int) -> None:
            held = f"a worker of {lane} that held {size(memory)} ended after its job"
            task = asyncio.get_running_loop().create_task(self.note(held))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

        self._runner.recycle(most_memory, told)

    async def note(self, text: str) -> None:
        """Into the audit trail of each open folder, by who runs its jobs. A disk that is full does
        not take it, and that is the reason for some of it."""
        log.info("%s", text)
        for chores in self._chores():
            if chores.engine.runs_here:
                with contextlib.suppress(sqlite3.Error):
                    await chores.engine.jobs.note("relief", "", text, time.time())

    async def _wait(self) -> str:
        return "work of low priority waits"

    async def _go_on(self) -> str:
        return "work of low priority goes on"

    async def _slim_workers(self) -> str:
        count = self._runner.slim()
        return f"{count} idle worker{'s' * (count != 1)} ended" if count else ""

    async def _warm_workers(self) -> str:
        self._checks.warm()
        return "workers are kept ready"

    async def _slim_checks(self) -> str:
        count = self._checks.slim()
        gc.collect()
        return f"{count:,} results that are on disk, too, dropped from memory" if count else ""

    async def _remove_logs(self) -> str:
        states = [each.workspace.state for each in self._chores()]
        counts = [await asyncio.to_thread(remove_logs, state) for state in states]
        return f"{sum(counts):,} logs of jobs that ended long ago removed" if any(counts) else ""

    async def _offer_to_clean(self) -> str:
        states = [each.workspace.state for each in self._chores()]
        found = [each for state in states for each in await asyncio.to_thread(litter, state)]
        ours = sum(each.size for each in found)
        if ours < _WORTH_BYTES:
            return ""
        told = size(ours)
        self._say(
            f"A disk runs short, and {told} on it are Understudy's own and can go: `understudy"
            " clean` lists them and asks."
        )
        return f"it was offered to remove {told} of our own"
