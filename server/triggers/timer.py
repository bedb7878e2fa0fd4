"""The loop that starts what is due by the clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from .schedule import Mark, Run, Schedule, due, failed, next_due, settle, started

log = logging.getLogger(__name__)

_LONGEST_WAIT = 30.0
"""Seconds after which the clock is looked at in any case: it may have been set, or the machine may
have slept, which no other wait would notice."""

_PAUSE_SECONDS = 300.0
"""So long after the last sign of life the developer counts as active."""


class Clock:
    """The machine's; tests have their own."""

    def wall(self) -> float:
        """Seconds since the epoch. May jump."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that pass while the machine is awake."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Until ``event`` is set, at most ``seconds``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


class Timer:
    """All methods belong to the event loop.

    ``start`` is given what is due, and tells whether it has started; what it raises is logged and
    counts as no. ``keep`` is given the marks whenever they have changed. A ``start`` that keeps
    ``schedule.started(run)`` in one transaction with the job is safe from a crash between the two.
    """

    def __init__(
        self,
        start: Callable[[Run], Awaitable[bool]],
        keep: Callable[[Mapping[str, Mark]], Awaitable[None]],
        clock: Clock | None = None,
    ) -> None:
        self._start = start
        self._keep = keep
        self._clock = clock or Clock()
        self._schedules: Mapping[str, Schedule] = {}
        self._marks: Mapping[str, Mark] = {}
        self._changed = asyncio.Event()
        self._spent = 0.0
        self._counted = self._active_until = self._clock.monotonic()

    def plan(
        self, schedules: Mapping[str, Schedule], marks: Mapping[str, Mark] | None = None
    ) -> None:
        """Work by ``schedules`` from now on, with the ``marks`` that were kept, or go on with
        those there are."""
        self._schedules = dict(schedules)
        if marks is not None:
            self._marks = dict(marks)
        self._changed.set()

    def active(self) -> None:
        """The developer did something. Cheap enough for every keystroke."""
        now = self._clock.monotonic()
        if now >= self._active_until:
            self._count(now)
            self._changed.set()
        self._active_until = now + _PAUSE_SECONDS

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._changed.clear()
            await self._look()
            if self._changed.is_set():
                continue
            now = self._clock.wall()
            active = self._clock.monotonic() < self._active_until
            wait = next_due(self._schedules, self._marks, now, active) - now
            await self._clock.wait(self._changed, min(max(0.0, wait), _LONGEST_WAIT))

    async def _look(self) -> None:
        self._count(self._clock.monotonic())
        spent, self._spent = self._spent, 0.0
        before, now = self._marks, self._clock.wall()
        self._marks = settle(self._schedules, before, now, spent)
        for run in due(self._schedules, self._marks, now):
            begun = await self._starts(run)
            if mark := self._marks.get(run.name):  # else it was planned anew meanwhile
                fresh = started(run) if begun else failed(mark, run)
                self._marks = {**self._marks, run.name: fresh}
        if self._marks != before:
            try:
                await self._keep(self._marks)
            except Exception:  # kept with the next run; till then a crash runs it once more
                log.exception("What was run by the clock could not be kept")

    async def _starts(self, run: Run) -> bool:
        try:
            return await self._start(run)
        except Exception:  # other rules go on, and this one is tried again
            log.exception("The rule %s could not start", run.name)
            return False

    def _count(self, now: float) -> None:
        """Take down the activity since this was last asked."""
        self._spent += max(0.0, min(now, self._active_until) - self._counted)
        self._counted = now
