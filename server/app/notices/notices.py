"""What is told of the chores, to whom and when; each delivery is a durable job of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple

from ...model import Importance
from ...notifications import routing
from ...notifications.base import Event, Json, Level, Notice, Undelivered, attempt
from ...notifications.templates import Words, compose
from ...resources import Pressure
from ...runner.calls import Outcome, Status
from ...runner.task import Context, Result, Task, Transient
from ...settings import Settings
from ...settings.tasks import Occasion, Tasks
from ...store.job_rows import CANCELLED, DONE, Record
from ...store.measured import Counts
from ...store.measured import Notice as Counted
from ...tasks.answers import issues_of, summary_of
from .channels import Channels

log = logging.getLogger(__name__)

DELIVER = "understudy.deliver"
"""The task of a delivery: nobody asked for its jobs, which wait for a day where they are held."""
_HELD_SECONDS = 86_400.0
"""What is held back is delivered then, whatever happens."""
_AGAIN_SECONDS = 5.0
_LEVELS = {level.label: level for level in Level}
_PATIENT = (CANCELLED, "merged", "dropped")


class Queued(NamedTuple):
    """A delivery to be queued: not before ``due`` (seconds since the epoch), in place of others."""

    parameters: Mapping[str, Any]
    cause: str
    due: float
    replaces: tuple[int, ...] = ()


class Notices:
    """``submit`` queues a delivery; ``typed_at``: when somebody typed last, on the loop's clock.

    What is held back is queued, too, for a time far ahead. When it is told its job becomes due, or
    part of a digest's. After a crash whoever runs the jobs calls ``recall`` for each of them.
    """

    def __init__(
        self,
        submit: Callable[[Queued], Awaitable[int]],
        settings: Callable[[], Settings],
        channels: Channels,
        typed_at: Callable[[], float],
        now: Callable[[], float] = time.time,
        counts: Counts | None = None,
    ) -> None:
        self._submit = submit
        self._settings = settings
        self._channels = channels
        self._typed_at = typed_at
        self._clock = now
        self._counts = counts or Counts()
        self._gates: routing.State = {}
        self._timer: asyncio.TimerHandle | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._order = asyncio.Lock()
        self._closing = asyncio.Event()
        self._held: dict[str, int] = {}
        """The job of each delivery that is held back."""

    def task(self, own: Tasks) -> Task:
        """The task that delivers one notice to one channel."""
        return Task(
            DELIVER,
            self._deliver,
            title="Delivery of a notice",
            importance=Importance.HIGH,
            repeatable=True,
            timeout=60.0,
            retries=own.retries,
            retry_delay=own.retry_delay_seconds,
            hidden=True,
        )

    def take(self, notice: Notice) -> bool:
        """Tell of something, now or when it does not disturb; whether any channel wants it."""
        settings = self._settings()
        rules = rules_of(settings)
        self._go_on(routing.submit(self._gates, notice, rules, policy_of(settings), *self._now()))
        return any(rule.takes(notice) for rule in rules)

    def recall(self, job: Record) -> None:
        """Hold back what a process held back that is gone."""
        try:
            delivery = _delivery(job.parameters)
        except (LookupError, ValueError):
            return  # another version's: it fails when it is due
        self._held[delivery.id] = job.id
        held = routing.hold(self._gates, delivery, self._now()[0])
        self._go_on(routing.Routed(held))

    async def close(self) -> None:
        """What was held back is due: the next start delivers it. A disk that takes nothing is not
        waited for."""
        self._closing.set()
        if self._timer is not None:
            self._timer.cancel()
        self._go_on(routing.release(self._gates, self._now()[0]), again=False)
        await asyncio.gather(*self._telling, return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held back or about to be queued."""
        return self._timer is None and not self._telling

    def _now(self) -> tuple[float, float]:
        return asyncio.get_running_loop().time(), self._typed_at()

    def _tick(self) -> None:
        self._timer = None
        policy = policy_of(self._settings())
        self._go_on(routing.tick(self._gates, policy, *self._now()))

    def _go_on(self, routed: routing.Routed, *, again: bool = True) -> None:
        self._gates = routed.state
        if again:  # else others tell it
            self._count(routed)
        loop = asyncio.get_running_loop()
        for delivery in routed.held:
            self._spawn(self._queue(delivery, hold=True))
        for delivery in routed.deliveries:
            self._spawn(self._queue(delivery))
        due = routing.due(self._gates, policy_of(self._settings()), *self._now())
        if again and due is not None and self._timer is None:
            self._timer = loop.call_at(due, self._tick)

    def _count(self, routed: routing.Routed) -> None:
        """What only goes to a log disturbs nobody."""
        logs = {rule.channel for rule in rules_of(self._settings()) if rule.log}
        told = [each for each in routed.deliveries if each.channel not in logs]
        self._counts.noticed(Counted.TOLD, len(told))
        self._counts.noticed(Counted.MERGED, sum(len(each.parts[1:]) for each in told))
        self._counts.noticed(Counted.DUPLICATE, len({*routed.duplicates} - logs))
        self._counts.noticed(Counted.HELD, len(routed.held))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _queue(self, delivery: routing.Delivery, *, hold: bool = False) -> None:
        async with self._order:  # what is held has its job before that is asked for
            parts = [f"{part}/{delivery.channel}" for part in delivery.parts]
            replaced = [self._held.pop(part) for part in parts if part in self._held]
            cause = f"{delivery.notice.title} → {delivery.channel}"
            due = self._clock() + (_HELD_SECONDS if hold else 0.0)
            queued = Queued(parameters_of(delivery), cause, due, tuple(replaced))
            job = await self._submitted(queued)
            if hold and job is not None:
                self._held[delivery.id] = job

    async def _submitted(self, queued: Queued) -> int | None:
        """Its job, as soon as the disk takes it; None when it does not until all is closed."""
        while True:
            try:
                return await self._submit(queued)
            except sqlite3.Error as error:
                lost = self._closing.is_set()
                what = "is lost" if lost else "waits for the disk"
                log.warning("a notice %s (%s): %s", what, error, queued.cause)
                if lost:
                    return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_SECONDS):
                    await self._closing.wait()

    async def _deliver(self, context: Context) -> Result:
        name, notice, _ = _delivery(context.parameters)
        try:
            await attempt(await self._channels.get(name), notice)
        except Undelivered as error:
            if error.transient:
                raise Transient(error.why) from None
            return _failed(error.why)
        return Result({"summary": f"{notice.title} → {name}"})


def parameters_of(delivery: routing.Delivery) -> dict[str, Any]:
    """Of the job that delivers it; the same delivery is queued once."""
    return {
        "delivery": delivery.id,
        "channel": delivery.channel,
        "notice": delivery.notice.to_json(),
    }


def _delivery(parameters: Mapping[str, Any]) -> routing.Delivery:
    return routing.Delivery(str(parameters["channel"]), Notice.from_json(parameters["notice"]))


def _failed(why: str) -> Result:
    return Result(outcome=Outcome(Status.FAILED, why=why))


def rules_of(settings: Settings) -> list[routing.Rule]:
    own = settings.notifications
    rules = [
        _rule("console", own.console),
        _rule("desktop", own.desktop),
        _rule("file", own.file, log=True),
        _rule("mail", own.mail),
    ]
    rules += [_rule(f"services:{each}", own.services) for each in own.services.url_variables]
    return rules + [_rule(f"channels:{name}", each) for name, each in own.channels.items()]


def _rule(name: str, channel: Any, *, log: bool = False) -> routing.Rule:
    events = frozenset(Event(each) for each in channel.events)
    return routing.Rule(name, channel.enabled, _LEVELS[channel.minimum], events, log)


def policy_of(settings: Settings) -> routing.Policy:
    own = settings.notifications
    return routing.Policy(own.quiet_while_typing, own.burst)


def notice_of(job: Record, settings: Settings, at: float) -> Notice | None:
    """What is to be told of a job that has ended; None: nothing."""
    wanted = _wanted(job.task, settings.tasks)
    issues = issues_of(job.value)
    facts: dict[str, Json] = {
        "task": job.task,
        "job": job.id,
        "status": job.status,
        "why": job.why,
        "seconds": round(job.seconds, 1),
        "count": issues,
        "issues": f"{issues} issue{'s' * (issues != 1)}",
        "summary": summary_of(job.value),
    }

    def told(event: Event, level: Level) -> Notice:
        return compose(
            f"{job.task}-{job.id}-{job.attempt}", event, level, facts, at, _words(settings)
        )

    if job.status in _PATIENT:
        return None
    if job.status != DONE:
        occasion = "timeouts" if job.status == Status.TIMED_OUT else "failures"
        return told(Event.TASK_FAILED, Level.ERROR) if occasion in wanted else None
    high = issues >= _high_count(job.task, settings.tasks)
    if issues and ("issues" in wanted or ("highCounts" in wanted and high)):
        return told(Event.ISSUES_FOUND, Level.ERROR if high else Level.WARNING)
    return told(Event.TASK_COMPLETED, Level.INFO) if "completion" in wanted else None


def notice_of_shortage(pressure: Pressure, settings: Settings, at: float) -> Notice | None:
    """What is to be told when something begins to run short; None: nothing."""
    if not settings.notifications.high_resource_use:
        return None
    facts: dict[str, Json] = {
        "resource": pressure.resource,
        "percent": pressure.percent,
        "why": pressure.shortage,
    }
    identity, event = f"{pressure.resource}-{at:.0f}", Event.HIGH_RESOURCE_USE
    return compose(identity, event, Level.WARNING, facts, at, _words(settings))


def _words(settings: Settings) -> dict[Event, Words]:
    """The templates of the user's own."""
    return {
        Event(name): Words(words.title, words.message)
        for name, words in settings.notifications.templates.items()
        if name in set(Event)
    }


_GROUPS: Mapping[str, Callable[[Tasks], Any]] = {
    "security_scan": lambda own: own.security_scan,
    "code_analysis": lambda own: own.code_analysis,
    "dependency_audit": lambda own: own.dependency_audit,
    "performance_profile": lambda own: own.performance_profile,
    "test_runner": lambda own: own.test_runner,
}


def _wanted(task: str, own: Tasks) -> tuple[Occasion, ...]:
    if task in _GROUPS:
        wanted: tuple[Occasion, ...] = _GROUPS[task](own).notify
        return wanted
    return own.custom[task].notify if task in own.custom else ()


def _high_count(task: str, own: Tasks) -> float:
    group = _GROUPS[task](own) if task in _GROUPS else None
    return float(getattr(group, "high_count", float("inf")))
