"""What starts the chores by itself: changes on disk, the clock, git hooks, other tasks.

Only where the engine of this process runs the jobs, and only while it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..runner.engine import Engine
from ..settings import Settings
from ..settings.triggers import Rule as OwnRule
from ..tasks.test_runs import NAME as TESTS
from ..triggers.changes import Debouncer
from ..triggers.rules import (
    DEFAULTS,
    Checked,
    Event,
    On,
    Rule,
    Start,
    checked,
    schedules,
    starts,
    starts_by_clock,
)
from ..triggers.schedule import Mark, Run
from ..triggers.timer import Timer
from ..triggers.watch import watch
from .handover import INBOX
from .workspace import Workspace

log = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0
_HOOKS = {"post-commit": On.COMMIT, "pre-push": On.PUSH, "post-merge": On.MERGE}


def rules_of(settings: Settings, tasks: Mapping[str, object]) -> Checked:
    """The rules that come with the program, as the settings have them, and the user's own."""
    own = settings.triggers
    runner = settings.tasks.test_runner
    switched = {
        "security-on-change": own.security_on_change,
        "security-while-working": own.security_every_minutes > 0,
        "security-daily": bool(own.security_daily),
        "quality-on-commit": own.quality_on_commit,
        "tests-on-change": runner.on_change,
        "tests-before-push": runner.on_push,
    }
    rules = [
        rule._replace(
            enabled=switched.get(rule.name, rule.enabled), debounce=own.debounce_ms / 1000
        )
        for rule in DEFAULTS
        if set(rule.tasks) <= tasks.keys()
    ]
    rules = [_timed(rule, settings) for rule in rules]
    rules += [_own(name, rule, own.debounce_ms) for name, rule in own.rules.items()]
    rules += [
        Rule(f"{name} (its own)", (name,), frozenset(map(On, task.when)))
        for name, task in settings.tasks.custom.items()
        if task.when
    ]
    return checked(rules if own.enabled else (), tasks.keys())


def _timed(rule: Rule, settings: Settings) -> Rule:
    own = settings.triggers
    if rule.name == "security-while-working" and own.security_every_minutes:
        return rule._replace(every=f"{own.security_every_minutes}m of activity")
    if rule.name == "security-daily" and own.security_daily:
        return rule._replace(every="", cron=own.security_daily)
    return rule


def _own(name: str, rule: OwnRule, debounce_ms: int) -> Rule:
    return Rule(
        name,
        rule.tasks,
        frozenset(map(On, rule.on)),
        rule.paths,
        rule.cron,
        rule.every,
        rule.timezone,
        (rule.after,) if rule.after else (),
        rule.enabled,
        debounce_ms / 1000,
    )


class Triggering:
    """Belongs to the event loop."""

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._workspace = workspace
        self._engine = engine
        self._debouncer = Debouncer()
        self._starts: dict[str, Start] = {}
        self._wake = asyncio.Event()
        self._running: asyncio.TaskGroup | None = None
        self.watches = asyncio.Event()
        """Set once changes on disk are seen."""
        self._timer = Timer(self._by_clock, self._keep)
        self.problems: tuple[str, ...] = ()
        """What is wrong with the rules, a sentence each."""
        self.notice = ""
        """What is wrong with watching; empty when nothing is."""

    async def run(self) -> None:
        """Until it is cancelled."""
        kept = await self._engine.history.marks()
        marks = {rule: Mark(*json.loads(mark)) for rule, mark in kept.items()}
        self._timer.plan(schedules(self._rules()), marks)
        await self.happened(Event(On.START))
        try:
            async with asyncio.TaskGroup() as self._running:
                for work in (self._timer.run(), self._watch(), self._debounce(), self._inbox()):
                    self._running.create_task(work)
        finally:
            self._running = None

    def configure(self) -> None:
        """The settings have changed."""
        self._timer.plan(schedules(self._rules()))

    def active(self) -> None:
        """The developer did something."""
        self._timer.active()

    def ended(self, task: str) -> None:
        """A task has ended; other tasks may come after it."""
        if self._running is not None:
            self._running.create_task(self.happened(Event(On.AFTER_TASK, task=task)))

    async def happened(self, event: Event) -> None:
        """Start what the rules say, at once or when the changes have ceased."""
        now = asyncio.get_running_loop().time()
        for start in starts(self._rules(), event):
            if start.debounce:
                self._starts[start.task] = start
                self._debouncer.add(start.task, start.changes, now, start.debounce)
                self._wake.set()
            else:
                await self._start(start, event.on)

    def _rules(self) -> tuple[Rule, ...]:
        found = rules_of(self._workspace.settings, self._engine.tasks)
        self.problems = found.problems
        return found.rules

    async def _start(self, start: Start, on: On | str) -> bool:
        """Whether its job is queued."""
        task = self._engine.tasks.get(start.task)
        if task is None or (task.needs_trust and not self._workspace.trusted):
            return False
        try:
            await self._engine.submit(
                start.task, _parameters(start), cause=(str(on), f"{start.cause} [{start.rule}]")
            )
        except (ValueError, sqlite3.Error) as error:
            log.warning("%s could not be started: %s", start.task, error)
            return False
        return True

    async def _by_clock(self, run: Run) -> bool:
        found = starts_by_clock(self._rules(), run)
        return all([await self._start(each, "schedule") for each in found])

    async def _keep(self, marks: Mapping[str, Mark]) -> None:
        await self._engine.history.keep_marks(
            {rule: json.dumps(mark) for rule, mark in marks.items()}
        )

    async def _watch(self) -> None:
        settings = self._workspace.settings
        exclude = (*settings.analysis.exclude, *settings.triggers.exclude)
        async with contextlib.aclosing(watch(self._workspace.root, exclude)) as batches:
            async for batch in batches:
                self.watches.set()
                self.notice = batch.notice or self.notice
                if batch.changes:
                    self._timer.active()
                    await self.happened(Event(On.CHANGE, batch.changes))

    async def _debounce(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = self._debouncer.next_ready()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            self._wake.clear()
            for task, changes in self._debouncer.ready(loop.time()).items():
                start = self._starts.pop(task)._replace(changes=changes)
                await self._start(start, On.CHANGE)

    async def _inbox(self) -> None:
        """What git hooks have handed over."""
        while True:
            poked = self._engine.next_poke()
            for event in await asyncio.to_thread(_taken, self._workspace.state / INBOX):
                if (on := _HOOKS.get(str(event.get("hook")))) is not None:
                    await self.happened(Event(on))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await poked


def _taken(inbox: Path) -> list[dict[str, Any]]:
    """The events of the inbox, in their order; they are taken out of it."""
    events: list[dict[str, Any]] = []
    for path in sorted(inbox.glob("*.json")):
        with contextlib.suppress(OSError, ValueError):
            event = json.loads(path.read_bytes())
            if isinstance(event, dict):
                events.append(event)
        path.unlink(missing_ok=True)
    return events


def _parameters(start: Start) -> dict[str, Any]:
    """The tests are told what changed; scans find out by themselves, and are queued once."""
    if start.task != TESTS or not start.changes:
        return {}
    return {"changed": sorted(start.changes)}
