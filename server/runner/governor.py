"""Keeps all that runs for tasks within the budget: commands are paused, calls wait to be let in.

What a person waits for is no task's: it is not looked at here, and waits for nothing. As long as
something of a task runs or waits, all is looked at every ``_TICK_SECONDS``, and sooner when the
allowance will be used up before.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .budget import Budget, Conditions, Usage, why_not_now
from .calls import Call, Command, Job, Outcome, Status, Urgency
from .worker import pack

_TICK_SECONDS = 0.25
_LEAST_TICK_SECONDS = 0.05
_REPORT_SECONDS = 0.1
"""So long a warden may take to tell what its command used; then what it told before counts."""
_FIRST_GUESS = 0.02
"""CPU seconds for an item of a call, as long as nothing is known."""
_TOO_MUCH_MEMORY = (
    "all tasks together used more memory than tasks.maxMemoryMb allows, and this one was the least"
    " important"
)


@dataclass(eq=False)
class Running:
    """A command that runs, as the budget sees it."""

    id: int
    job: Job
    command: Command
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cpu: float = 0.0
    memory: int = 0
    spent: float = 0.0
    paused_at: float | None = None
    paused: float = 0.0
    ending: str = ""
    """Why we end it; empty when we do not."""
    status: Status = Status.FAILED
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was told to end."""
    reported: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has told what it used since it was asked, or will not any more."""

    def order(self, order: object) -> None:
        if not self.writer.is_closing():
            self.writer.write(pack(order))

    def end(self, status: Status, why: str) -> None:
        if not self.ending:
            self.status, self.ending = status, why
            self.told.set()
            self.order(("end", float(self.command.grace)))

    def pause(self, now: float) -> None:
        if self.paused_at is None and not self.ending:
            self.paused_at = now
            self.order("pause")

    def resume(self, now: float) -> None:
        if self.paused_at is not None:
            self.paused += now - self.paused_at
            self.paused_at = None
            self.order("resume")

    def usage(self) -> Usage:
        """What it has used since it was asked for the last time."""
        fresh = max(0.0, self.cpu - self.spent)
        self.spent = self.cpu
        return Usage(self.id, float(self.command.importance), fresh, self.memory)

    def ran(self, now: float, since: float) -> float:
        """Seconds that it had to run, without those in which it was paused."""
        halted = self.paused + (now - self.paused_at if self.paused_at is not None else 0.0)
        return now - since - halted


class Governor:
    """One for all that a process runs, whatever workspaces it is for. Belongs to the event loop."""

    def __init__(self) -> None:
        self.budget: Budget | None = None
        """None: there is no limit."""
        self.conditions: Callable[[], Conditions] = Conditions
        self._limits: tuple[float, int] | None = None
        self._running: dict[int, Running] = {}
        self._waiting: dict[asyncio.Future[None], tuple[Urgency, float]] = {}
        """Whose turn it is when the future is done, and what it is expected to cost."""
        self._calls = 0
        self._costs: dict[str, float] = {}
        """CPU seconds that an item costs, by whom it is booked on."""
        self._ticking: asyncio.Task[None] | None = None
        self._ticked_at = 0.0

    def limit(self, percent: float, memory: int) -> None:
        """``percent`` of all processors, and so many bytes, from now on."""
        if (percent, memory) != self._limits:
            self._limits = percent, memory
            self.budget = Budget(percent, memory, os.cpu_count() or 1)

    @property
    def running(self) -> tuple[Running, ...]:
        """The commands that run."""
        return tuple(self._running.values())

    @property
    def halts(self) -> bool:
        """Whether calls of tasks wait, and none runs: then no time of theirs passes."""
        return bool(self._waiting) and not self._calls

    def add(self, running: Running) -> None:
        self._running[running.id] = running
        self._tick_on()

    def remove(self, running: Running) -> None:
        del self._running[running.id]

    async def __call__(self, job: Job, go_on: Callable[[Job], Awaitable[Outcome]]) -> Outcome:
        """The stage that calls of tasks wait in. What a call will cost is taken at once, by what
        such calls have cost before, so that no two of them spend the same allowance."""
        if not isinstance(job.work, Call) or job.urgency.task is None or self.budget is None:
            return await go_on(job)
        items = max(1, len(job.work.items))
        expected = self._costs.get(job.task, _FIRST_GUESS) * items
        await self._let_in(job.urgency, expected)
        self._calls += 1
        spent = 0.0
        try:
            outcome = await go_on(job)
            spent = outcome.cost.cpu_seconds
            self._costs[job.task] = spent / items
        finally:
            self._calls -= 1
            self.budget.take(spent - expected)
            self._let_some_in()
        return outcome

    async def _let_in(self, urgency: Urgency, expected: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = urgency, expected
        self._let_some_in()
        self._tick_on()
        try:
            await turn
        finally:
            self._waiting.pop(turn, None)

    def _may_go(self, urgency: Urgency) -> bool:
        if urgency.task is None or self.budget is None:
            return True
        return self.budget.has_room and not why_not_now(urgency.task, self.conditions())

    def _tick_on(self) -> None:
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._measure()
            now = loop.time()
            self._govern(now, now - self._ticked_at)
            self._ticked_at = now
            if not (self._running or self._waiting or self._calls):
                return
            lasts = _TICK_SECONDS if self.budget is None else self.budget.lasts
            await asyncio.sleep(max(_LEAST_TICK_SECONDS, min(lasts, _TICK_SECONDS)))

    async def _measure(self) -> None:
        """Who is judged by what it used before would run on for another tick."""
        asked = self.running
        for running in asked:
            running.reported.clear()
            running.order("usage")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REPORT_SECONDS):
                for running in asked:
                    await running.reported.wait()

    def _govern(self, now: float, seconds: float) -> None:
        """Who must not run just now is paused, everybody else goes on."""
        conditions = self.conditions()
        paused = {
            running.id
            for running in self.running
            if why_not_now(running.command.importance, conditions)
        }
        usages = [running.usage() for running in self.running]
        if self.budget is not None:
            verdict = self.budget.tick(usages, seconds)
            paused |= verdict.paused
            if verdict.excess in self._running:
                self._running[verdict.excess].end(Status.KILLED, _TOO_MUCH_MEMORY)
        for running in self.running:
            if running.id in paused:
                running.pause(now)
            else:
                running.resume(now)
        self._let_some_in()

    def _let_some_in(self) -> None:
        """Those that may go, the most important first."""
        for turn, (urgency, expected) in sorted(self._waiting.items(), key=_importance):
            if not turn.done() and self._may_go(urgency):
                turn.set_result(None)
                if self.budget is not None:
                    self.budget.take(expected)


def _importance(waiting: tuple[object, tuple[Urgency, float]]) -> float:
    """To sort by: whom a person waits for goes first."""
    task = waiting[1][0].task
    return float("-inf") if task is None else -task
