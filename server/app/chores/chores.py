"""The chores of one workspace: its task engine, with the tasks that its settings give it."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ... import spans
from ...checks import compose
from ...discover import discover
from ...disk import LARGEST_FILE, read_regular
from ...model import Category, Importance, Problem
from ...notebooks import Notebook, is_notebook, read
from ...notifications import routing
from ...resources import Pressure
from ...runner.attempt import Change
from ...runner.budget import Conditions
from ...runner.engine import Engine, Setting
from ...runner.execute import Runner
from ...runner.keeping import Keeping
from ...runner.logfile import tail
from ...runner.scheduler import Options
from ...runner.task import Task
from ...settings import Settings
from ...store.job_rows import JobState, Record
from ...tasks.audits.task import Audits
from ...tasks.custom import custom_tasks
from ...tasks.import_times import NAME as IMPORT_TIMES
from ...tasks.import_times import import_times
from ...tasks.scans import Scanned, scan_tasks
from ...tasks.test_runs import NAME as TESTS
from ...tasks.test_runs import TestRuns, suite_of
from ..folder.workspace import Workspace
from ..notices.channels import Channels
from ..notices.notices import DELIVER, Notices, Queued, notice_of, notice_of_shortage
from ..presentation.problems import problem_line
from ..results.scan import Scan
from .automated import Automated
from .triggering import Sources, Triggering

log = logging.getLogger(__name__)

ScanAll = Callable[[Importance, Callable[[str, float], object]], Awaitable[Scan]]
"""Scans the whole workspace, for a task that is so important, and tells how far it is."""

_MIB = 1 << 20
_MOST_LOG = 8 << 20


class Chores:
    """``kind`` is what others are told of this process; ``conditions`` how the machine is."""

    def __init__(
        self,
        workspace: Workspace,
        runner: Runner,
        scan: ScanAll,
        told: Callable[[Change], object],
        conditions: Callable[[], Conditions],
        kind: str,
        environ: Mapping[str, str] = os.environ,
        typed_at: Callable[[], float] = lambda: routing.NEVER,
        refresh: Callable[[], Awaitable[None]] | None = None,
        shown: Callable[[str], Collection[str]] = lambda _: (),
    ) -> None:
        self.workspace = workspace
        self._runner = runner
        self._scan = scan
        self._environ = environ
        self._tests = TestRuns(workspace.root, self._sources, self._last_tests, environ)
        self._audits = Audits(
            workspace.root, workspace.state, environ, lambda: frozenset(workspace.inner)
        )
        self._told = told
        self._channels = Channels(
            lambda: workspace.settings, workspace.root, workspace.state, environ
        )
        self.notices = Notices(
            self._deliver,
            lambda: workspace.settings,
            self._channels,
            typed_at,
            counts=workspace.counts,
        )
        self._refresh = refresh
        self.automated = Automated(workspace, environ, shown)
        settings = workspace.settings
        setting = Setting(
            options_of(settings),
            keeping_of(settings),
            conditions=lambda: _heeded(conditions(), workspace.settings),
            trusted=lambda: workspace.trusted,
            refresh=self.look,
            kind=kind,
        )
        self.engine = Engine(workspace.state, self._tasks(settings), runner, setting, self._change)
        self.triggering = Triggering(workspace, self.engine, self.automated)
        self._triggered: asyncio.Task[None] | None = None

    async def start(self, *, runs: bool = True, triggers: Sources = Sources.ALL) -> None:
        """Begin; without ``runs`` only to ask others. With ``triggers`` chores start by themselves,
        too, and whatever is queued is run; without, only what is submitted here. What the disk does
        not let is tried again; ``Engine.trouble`` tells.
        """
        await self.look()
        with spans.within(str(self.workspace.root)):
            await self.engine.start(runs=runs, others=triggers is not Sources.NONE)
        if triggers is not Sources.NONE:
            self._triggered = asyncio.create_task(self.triggering.run(triggers))

    async def is_idle(self) -> bool:
        """Whether nothing is left to do here but what is held back, or waits for a person."""
        # What was about to be queued when the queue was asked still is.
        return await self.engine.is_idle() and self.triggering.is_idle and self.notices.is_idle

    async def close(self) -> None:
        """End what runs; what was held back is queued."""
        if self._triggered is not None:  # before somebody else does it
            self._triggered.cancel()
            await asyncio.gather(self._triggered, return_exceptions=True)
        await self.notices.close()
        await self.engine.close()
        await self.automated.close()
        self._channels.close()

    async def _deliver(self, what: Queued) -> int:
        cause = ("notice", what.cause)
        return await self.engine.submit(
            DELIVER, what.parameters, cause=cause, due=what.due, replaces=what.replaces
        )

    def _change(self, change: Change) -> None:
        if change.kind == "waiting" and change.job.task == DELIVER and not change.job.attempt:
            self.notices.recall(change.job)
        if change.kind == "ended" and change.job.task != DELIVER and self.engine.runs_here:
            self.triggering.ended(change.job.task)
            if change.job.task == TESTS:
                self.workspace.counts.ran(suite_of(change.job))
            notice = notice_of(change.job, self.workspace.settings, time.time())
            if notice is not None:
                self.notices.take(notice)
        self._told(change)

    def short(self, pressure: Pressure) -> bool:
        """Something of the machine runs short; whether somebody is told, which only who runs the
        jobs does."""
        if not self.engine.runs_here:
            return False
        notice = notice_of_shortage(pressure, self.workspace.settings, time.time())
        return notice is not None and self.notices.take(notice)

    async def look(self) -> None:
        """Take over what others have changed. Cheap where nothing has."""
        if self._refresh is not None:
            await self._refresh()
        if await self.automated.look():
            self.configure()

    def configure(self) -> None:
        """The settings have changed: they hold from now on."""
        settings = self.workspace.settings
        self.engine.configure(self._tasks(settings), options_of(settings), keeping_of(settings))
        self.triggering.configure()

    async def distrust(self) -> None:
        """Cancel the jobs that run what the workspace brings along: it is trusted no more."""
        engine = self.engine
        try:
            for job in await engine.jobs.recent((JobState.RUNNING,)):
                if (task := engine.tasks.get(job.task)) is not None and task.needs_trust:
                    await engine.cancel(job.id)
        except sqlite3.Error as error:
            log.warning("jobs of %s cannot be cancelled: %s", self.workspace.root, error)

    def _tasks(self, settings: Settings) -> list[Task]:
        own = settings.tasks
        tasks = scan_tasks(own, self._scan_for)
        if own.test_runner.enabled:
            tasks.append(self._tests.task(own))
        if own.dependency_audit.enabled:
            tasks.append(self._audits.task(settings))
        tasks.append(self.notices.task(own))
        if IMPORT_TIMES not in own.custom:
            tasks.append(import_times(own, self.workspace.root, self._environ))
        tasks += custom_tasks(own, self.workspace.root, self.workspace.state, self._environ)
        taken = {task.name for task in tasks}
        return tasks + [each for each in self.automated.tasks if each.name not in taken]

    async def _scan_for(
        self, category: Category, importance: Importance, progress: Callable[[str, float], object]
    ) -> Scanned:
        scan = await self._scan(importance, progress)
        problems = list(scan.only(category, new=True).values())
        failures = Counter(f"{report.tool}: {report.why}" for _, report in scan.failures)
        lines = await asyncio.to_thread(
            _lines, scan.root, zip(scan.problems, problems, strict=True)
        )
        counts = compose.counts(problems)
        return Scanned(len(scan.reports), counts, lines, tuple(_counted(failures)))

    async def _last_tests(self) -> Any:
        last = await self.engine.jobs.last_values()
        return next((record.value for record in last if record.task == TESTS), None)

    def _sources(self) -> Collection[Any]:
        root, exclude = self.workspace.root, self.workspace.settings.analysis.exclude
        return tuple(discover(root, root, (".py",), exclude))


def _lines(root: Path, found: Iterable[tuple[Path, Sequence[Problem]]]) -> tuple[str, ...]:
    told: list[str] = []
    for path, problems in found:
        name = os.path.relpath(path, root)
        book = _notebook(path) if problems and is_notebook(name) else None
        for each in problems:
            cell = book.cell_at(each.lead.range.start.line) if book else None
            told.append(problem_line(name, each, cell))
    return tuple(told)


def _notebook(path: Path) -> Notebook | None:
    try:
        return read(read_regular(path, LARGEST_FILE))
    except (OSError, ValueError):
        return None


def _counted(failures: Counter[str]) -> list[str]:
    return [
        why if count == 1 else f"{why} ({count} files)" for why, count in failures.most_common(5)
    ]


def options_of(settings: Settings) -> Options:
    own = settings.tasks
    return Options(
        own.max_concurrent, own.max_queued, float(own.max_cpu_percent), own.checkpoint_every
    )


def keeping_of(settings: Settings) -> Keeping:
    own = settings.tasks
    return Keeping(own.keep_results_days, own.keep_metrics_days)


def limits_of(settings: Sequence[Settings]) -> tuple[float, int, int]:
    """Percent of all processors, bytes of memory, and how many at once, for all tasks of a process:
    the least that its workspaces allow, of which there is one at least."""
    percent = min(each.tasks.max_cpu_percent for each in settings)
    memory = min(each.tasks.max_memory_mb for each in settings)
    most = min(each.tasks.max_concurrent for each in settings)
    return float(percent), memory * _MIB, most


def _heeded(conditions: Conditions, settings: Settings) -> Conditions:
    """Only what the settings say is to be heeded."""
    own = settings.tasks
    return Conditions(
        typing=conditions.typing and not own.while_typing,
        on_battery=conditions.on_battery and not own.on_battery,
        pressure=conditions.pressure,
    )


def log_of(engine: Engine, record: Record) -> Path:
    """Where the newest attempt at a job prints; there need not be such a file."""
    return engine.logs / f"{record.id}-{max(1, record.attempt)}.log"


def newest_log(engine: Engine, record: Record) -> str:
    """What the newest attempt at a job printed, its end; empty when it printed nothing."""
    try:
        return tail(str(log_of(engine, record)), _MOST_LOG).decode("utf-8", "replace")
    except OSError:
        return ""
