"""What starts the chores by itself: changes on disk, the clock, git hooks, the editor, other tasks.

Only where the engine of this process runs the jobs, and only while it does; what happens in any
other process is handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from ...discover import rediscover
from ...runner.engine import Engine
from ...settings import Settings
from ...store.job_rows import HOOK
from ...tasks.custom import FILES, takes_files
from ...tasks.test_runs import NAME as TESTS
from ...triggers.changes import Debouncer, Kind
from ...triggers.rules import Event, On, Rule, Start, schedules, starts, starts_by_clock
from ...triggers.schedule import Mark, Run
from ...triggers.timer import Clock, Timer
from ...triggers.watch import watch
from ..folder.rules import rules_of
from ..folder.workspace import Workspace
from ..hooks.handover import INBOX, hand_over
from .automated import Automated

log = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0
_TAKEN = ".taken"
_LONG_WAIT = 1.0
"""Seconds for which git has waited, and its user with it."""
_HOOKS = {"post-commit": On.COMMIT, "pre-push": On.PUSH, "post-merge": On.MERGE}


class Sources(Enum):
    """From where tasks start by themselves."""

    NONE = "none"
    HANDED_OVER = "handed over"
    """What git hooks and other processes have handed over, and tasks that end."""
    ALL = "all"


class Triggering:
    """Belongs to the event loop."""

    def __init__(
        self,
        workspace: Workspace,
        engine: Engine,
        automated: Automated,
        clock: Clock | None = None,
    ) -> None:
        self._workspace = workspace
        self._engine = engine
        self._automated = automated
        self._debouncer = Debouncer()
        self._starts: dict[str, Start] = {}
        self._wake = asyncio.Event()
        self._configured = asyncio.Event()
        self._acted = asyncio.Event()
        self._running: asyncio.TaskGroup | None = None
        self._after: set[asyncio.Task[None]] = set()
        self._empty = False
        self._known: tuple[Rule, ...] | None = None
        self._timer = Timer(self._by_clock, self._keep, clock)
        self.watches = asyncio.Event()
        """Set once changes on disk are seen, here or by who runs the jobs."""
        self.broken = False
        self.notice = ""
        """What is wrong with watching; empty when nothing is."""

    async def run(self, sources: Sources = Sources.ALL) -> None:
        """Begin when the engine of this process runs the jobs; until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                if sources is Sources.ALL:
                    group.create_task(self._idle())
                    await self.happened(Event(On.START))
                if not self._engine.runs_here:
                    self.watches.set()
                await self._engine.leads.wait()
                self._running = group
                group.create_task(self._inbox())
                if sources is Sources.ALL:
                    group.create_task(self._debounce())
                    group.create_task(self._clock())
                    group.create_task(self._watch())
        except Exception:  # the tasks themselves go on; the status tells
            log.exception("what starts tasks by itself broke")
            self.broken = True
            self.notice = "Tasks no longer start by themselves, see the log."
            self.watches.set()
        finally:
            self._running = None
            for work in self._after:
                work.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether all that was handed over, and all that comes after tasks, is queued."""
        return self._empty and not self._after

    async def _marks(self) -> Mapping[str, str]:
        """What was kept of the rules; a database that cannot be used is waited for."""
        while True:
            try:
                return await self._engine.history.marks()
            except sqlite3.Error as error:
                log.warning("the rules wait: %s", error)
                await asyncio.sleep(_LOOK_SECONDS)

    def configure(self) -> None:
        """The settings have changed."""
        self._known = None
        self._configured.set()

    # ── what the developer does ─────────────────────────────────────────────────────────────────

    def active(self) -> None:
        """The developer did something. Cheap enough for every keystroke."""
        self._timer.active()
        self._acted.set()

    async def saved(self, path: str) -> None:
        """A file was saved in an editor. Those that are ignored start nothing, as on disk."""
        self.active()
        root, exclude = self._workspace.root, _excluded(self._workspace.settings)
        if not any(On.SAVE in rule.on for rule in await self._rules()):
            return
        if await asyncio.to_thread(lambda: any(rediscover({path}, root, ("",), exclude))):
            changes = {str(Path(path).relative_to(root)): Kind.MODIFIED}
            await self.happened(Event(On.SAVE, changes))

    async def _idle(self) -> None:
        while True:
            await self._acted.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None) as pause:
                    while True:
                        seconds = self._workspace.settings.triggers.idle_seconds
                        pause.reschedule(asyncio.get_running_loop().time() + seconds)
                        self._acted.clear()
                        await self._acted.wait()
            await self.happened(Event(On.IDLE))

    # ── what happens ────────────────────────────────────────────────────────────────────────────

    def ended(self, task: str) -> None:
        """A task has ended; other tasks may come after it."""
        if self._running is not None:
            happened = self.happened(Event(On.AFTER_TASK, task=task))
            work = asyncio.get_running_loop().create_task(happened)
            self._after.add(work)
            work.add_done_callback(self._after.discard)

    async def happened(self, event: Event) -> None:
        """Start what the rules say, at once or when the changes have ceased."""
        try:
            await self._happen(event)
        except sqlite3.Error as error:
            log.warning("%s starts nothing: %s", event.on, error)

    async def _happen(self, event: Event) -> None:
        """As ``happened``. Raises sqlite3.Error when the disk does not take it."""
        now = asyncio.get_running_loop().time()
        found = starts(await self._rules(), event)
        if found and not self._engine.runs_here:
            await self._hand_over(event)
            return
        for start in found:
            if start.debounce:
                self._starts[start.task] = start
                self._debouncer.add(start.task, start.changes, now, start.debounce)
                self._wake.set()
            else:
                await self._submit(start, event.on)

    async def _rules(self) -> tuple[Rule, ...]:
        """In a thread, where they are not known: what checks them is imported then."""
        while self._known is None:
            settings, tasks = self._workspace.settings, set(self._engine.tasks)
            automated = self._automated.rules(tasks)
            found = await asyncio.to_thread(rules_of, settings, tasks, automated)
            if settings is self._workspace.settings and tasks == self._engine.tasks.keys():
                self._known = found.rules
        return self._known

    async def _start(self, start: Start, on: On | str) -> bool:
        """Whether its job is queued."""
        try:
            return await self._submit(start, on)
        except sqlite3.Error as error:
            log.warning("%s could not be started: %s", start.task, error)
            return False

    async def _submit(self, start: Start, on: On | str) -> bool:
        task = self._engine.tasks.get(start.task)
        if task is None or (task.needs_trust and not self._workspace.trusted):
            return False
        given = await self._automated.given(start)
        if given is None:
            given = [_parameters(start, self._workspace)]
        cause = (str(on), f"{start.cause} [{start.rule}]")
        try:
            for each in given:
                await self._engine.submit(start.task, each, cause=cause)
        except ValueError as error:
            log.warning("%s could not be started: %s", start.task, error)
            return False
        return True

    # ── by the clock ────────────────────────────────────────────────────────────────────────────

    async def _clock(self) -> None:
        kept = await self._marks()
        marks = {rule: Mark(*json.loads(mark)) for rule, mark in kept.items()}
        self._timer.plan(schedules(await self._rules()), marks)
        await self._timer.run()

    async def _by_clock(self, run: Run) -> bool:
        found = starts_by_clock(await self._rules(), run)
        return all([await self._start(each, "schedule") for each in found])

    async def _keep(self, marks: Mapping[str, Mark]) -> None:
        await self._engine.history.keep_marks(
            {rule: json.dumps(mark) for rule, mark in marks.items()}
        )

    # ── on disk ─────────────────────────────────────────────────────────────────────────────────

    async def _watch(self) -> None:
        """Anew when something else is excluded."""
        while True:
            wanted = await self._plan()
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self._watch_but(wanted))
                while wanted == await self._plan():
                    await self._configured.wait()
                watching.cancel()

    async def _plan(self) -> tuple[str, ...] | None:
        """Go by the settings as they are now; what they exclude from being watched. None: no rule
        counts, and nothing is watched."""
        self._configured.clear()
        rules = await self._rules()
        self._timer.plan(schedules(rules))
        if any(rule.enabled for rule in rules):
            return _excluded(self._workspace.settings)
        return None

    async def _watch_but(self, exclude: tuple[str, ...] | None) -> None:
        if exclude is None:
            self.notice = ""
            self.watches.set()
            return
        root = self._workspace.root
        async with contextlib.aclosing(watch(root, exclude)) as batches:
            self.notice = (await anext(batches)).notice
            log.info("changes in %s start tasks", root)
            self.watches.set()
            async for batch in batches:
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
                if any(rule.name == start.rule and rule.enabled for rule in await self._rules()):
                    await self._start(start, On.CHANGE)

    # ── between processes ───────────────────────────────────────────────────────────────────────

    async def _hand_over(self, event: Event) -> None:
        told = {"on": event.on, "changes": dict(event.changes)}
        try:
            await asyncio.to_thread(hand_over, self._workspace.state, told)
        except OSError as error:
            log.warning("%s was not handed over: %s", event.on, error)

    async def _take_in(self) -> None:
        """Each is gone when all that it starts is queued. Twice does no harm: the job is queued
        once."""
        for path, told in await asyncio.to_thread(_handed_over, self._workspace.state / INBOX):
            try:
                if (event := _event(told)) is not None:
                    await self._happen(event)
                if (waited := _waited(told)) is not None:
                    await self._engine.jobs.note(HOOK, *waited)
            except sqlite3.Error as error:
                log.warning("what was handed over waits: %s", error)
                return
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _inbox(self) -> None:
        """What git hooks and other editors have handed over."""
        while True:
            self._empty = False
            poked = self._engine.next_poke()
            if self._engine.runs_here:
                await self._take_in()
            self._empty = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await poked


def _handed_over(inbox: Path) -> list[tuple[Path, Any]]:
    """What lies there, in its order, and what was left half done; None for what cannot be read. It
    is set aside first: what cannot be moved is taken by nobody."""
    for path in filter(Path.is_file, inbox.glob("*.json")):
        with contextlib.suppress(OSError):
            path.rename(path.with_suffix(_TAKEN))
    found: list[tuple[Path, Any]] = []
    for path in sorted(inbox.glob(f"*{_TAKEN}")):
        told = None
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(path.read_bytes())
        found.append((path, told))
    return found


def _waited(told: Any) -> tuple[str, str, float] | None:
    """For which hook git has waited, how long and when, for the audit trail; None where that was
    not worth a line."""
    try:
        name, seconds, at = told["hook"], float(told["seconds"]), float(told["at"])
    except (LookupError, TypeError, ValueError):
        return None
    return (str(name), f"{seconds:.1f} s", at) if seconds >= _LONG_WAIT else None


def _event(told: Any) -> Event | None:
    """None for what starts nothing, and for what cannot be read."""
    try:
        if "hook" in told:
            return Event(_HOOKS[told["hook"]])
        changes = {str(path): Kind(kind) for path, kind in told["changes"].items()}
        return Event(On(told["on"]), changes)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _excluded(settings: Settings) -> tuple[str, ...]:
    return (*settings.analysis.exclude, *settings.triggers.exclude)


def _parameters(start: Start, workspace: Workspace) -> dict[str, Any]:
    """The tests are told what changed, and commands that ask for files which there are; scans find
    out by themselves, and are queued once."""
    if start.task == TESTS and start.changes:
        return {"changed": sorted(start.changes)}
    own = workspace.settings.tasks.custom.get(start.task)
    if own is None or not takes_files(own.command):
        return {}
    there = sorted(path for path, kind in start.changes.items() if kind is not Kind.DELETED)
    return {FILES: [str(workspace.root / path) for path in there]}  # none looks like an option
