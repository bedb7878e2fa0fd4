"""The chores of the open folders, as the editor sees them: progress, what was found, questions."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from ...resources import Pressure
from ...runner.attempt import Change
from ...runner.budget import Conditions
from ...runner.execute import Runner
from ...store.job_rows import CANCELLED, DONE, MANUAL, Record
from ...tasks.answers import found_by
from ...tasks.test_runs import NAME as TESTS
from .. import events
from ..feature import Feature
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..notices.notices import DELIVER
from ..open.documents import OpenDocuments
from ..presentation.jobs import job_line, job_payload, task_payload
from ..sinks import Progress, Sink, when_slow
from .chores import Chores, ScanAll, limits_of, newest_log

log = logging.getLogger(__name__)

_LISTED = 50
_TELL_SECONDS = 0.1
_TELL_AGAIN_SECONDS = 0.5
"""While much happens, the jobs are listed no more often."""


class Asked(NamedTuple):
    """A task that was asked for by hand."""

    root: Path
    task: str
    parameters: Mapping[str, Any]


class Background(Feature):
    """Belongs to the event loop. ``found`` is called with a folder and the paths in it for which
    something else is to be shown, ``ended`` with each job of it that has ended here."""

    def __init__(
        self,
        folders: Folders,
        runner: Runner,
        sink: Sink,
        scan: Callable[[Workspace], ScanAll],
        conditions: Callable[[], Conditions],
        typed_at: Callable[[], float],
        found: Callable[[Workspace, Iterable[str]], None],
        ended: Callable[[Workspace, Record], None],
        documents: OpenDocuments,
    ) -> None:
        self._folders = folders
        self._runner = runner
        self._sink = sink
        self._scan = scan
        self._conditions = conditions
        self._typed_at = typed_at
        self._found = found
        self._ended = ended
        self._documents = documents
        self._chores: dict[Path, Chores] = {}
        self._shown: dict[tuple[Path, int], tuple[ExitStack, Progress]] = {}
        self._timers: dict[Path, asyncio.TimerHandle] = {}
        self._listed_at = float("-inf")
        self._telling: set[asyncio.Task[None]] = set()
        self._last: Asked | None = None
        self._following: asyncio.Task[None] | None = None
        runner.governor.conditions = conditions

    def follow(self) -> None:
        """Have chores for each folder that is open, and for no other, and take over their settings;
        nobody waits for that but ``settled``."""
        task = asyncio.get_running_loop().create_task(self._follow(self._following))
        self._following = task

    async def settled(self) -> None:
        """Wait until all folders so far have their chores."""
        if self._following is not None:
            await asyncio.wait((self._following,))

    async def _follow(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait((before,))
        try:
            await self._adapt()
        except Exception:  # what starts after this waits for it, and must not fail with it
            log.exception("the chores of a folder could not be set up")

    async def _adapt(self) -> None:
        wanted = {workspace.root: workspace for workspace in self._folders if not workspace.loose}
        for root, chores in tuple(self._chores.items()):
            if wanted.get(root) is not chores.workspace:
                del self._chores[root]
                await chores.close()
        for root, workspace in wanted.items():
            if (known := self._chores.get(root)) is not None:
                known.configure()
            else:
                await self._open(workspace)
        if wanted:
            limits = limits_of([workspace.settings for workspace in wanted.values()])
            self._runner.limit(*limits)

    async def _open(self, workspace: Workspace) -> None:
        def told(change: Change) -> None:
            self._told(chores, change)

        scan = self._scan(workspace)
        chores = Chores(
            workspace,
            self._runner,
            scan,
            told,
            self._conditions,
            "editor",
            typed_at=self._typed_at,
            shown=self._documents.texts_of,
        )
        self._chores[workspace.root] = chores
        shown: dict[str, int] = {}
        try:
            await chores.start()
            shown = await self._take_newest(chores, {})
        except (OSError, sqlite3.Error) as error:
            log.warning("tasks of %s cannot run: %s", workspace.root, error)
        self._spawn(self._watch_others(chores, shown))
        self._tell_soon(workspace.root)

    async def close(self) -> None:
        await self.settled()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*(chores.close() for chores in self._chores.values()))
        self._chores.clear()

    @property
    def chores(self) -> Iterable[Chores]:
        """Of the folders that are open."""
        return tuple(self._chores.values())

    def short(self, pressure: Pressure) -> bool:
        """Something of the machine runs short; whether that was told, which one folder does."""
        return any(chores.short(pressure) for chores in self._chores.values())

    @property
    def troubles(self) -> Iterable[str]:
        """What is wrong with the disks, and with what starts tasks, for the status."""
        for chores in self._chores.values():
            yield chores.engine.trouble
            yield chores.triggering.notice
            yield chores.automated.problem

    # ── what the developer does ─────────────────────────────────────────────────────────────────

    def happened(self, event: events.Event) -> None:
        """The core has taken it."""
        if not isinstance(event, events.Edited | events.Saved):
            return
        if (document := self._documents.get(event.uri)) is None:
            return
        if isinstance(event, events.Saved):
            self._spawn(self._saved(document.workspace, document.path))
        elif (chores := self._chores.get(document.workspace.root)) is not None:
            chores.triggering.active()

    async def _saved(self, workspace: Workspace, path: str) -> None:
        await self.settled()
        if (chores := self._chores.get(workspace.root)) is not None:
            await chores.look()
            await chores.triggering.saved(path)

    # ── what a person asks for ──────────────────────────────────────────────────────────────────

    async def run(
        self, task: str, parameters: Mapping[str, Any], root: Path | None
    ) -> dict[str, Any]:
        """Run a task; the job's payload, with its ``root``. Raises ValueError, for people."""
        for each in self._chores.values():
            await each.look()
        chores = self._of(root, task)
        if complaint := chores.engine.tasks[task].complaint(parameters):
            raise ValueError(complaint)
        self._last = Asked(chores.workspace.root, task, parameters)
        cause = (MANUAL, "asked for in the editor")
        id_ = await chores.engine.submit(task, parameters, cause=cause)
        record = await chores.engine.jobs.get(id_)
        assert record is not None
        return {**job_payload(record), "root": str(chores.workspace.root)}

    async def parameters(self, task: str, root: Path | None) -> list[dict[str, Any]]:
        """What can be given to a task, as ``task_payload`` has it. Raises ValueError."""
        payload = task_payload(self._of(root, task).engine.tasks[task])
        return list(payload["parameters"])

    async def run_tests(self, parameters: Mapping[str, Any], root: Path | None) -> dict[str, Any]:
        """As ``run``, for the tests."""
        return await self.run(TESTS, parameters, root)

    async def run_again(self) -> dict[str, Any]:
        """What was asked for last. Raises ValueError when nothing was."""
        if self._last is None:
            raise ValueError("no task was run yet in this session")
        return await self.run(self._last.task, self._last.parameters, self._last.root)

    async def cancel(self, root: Path, job: int) -> bool:
        """Whether there was something to cancel."""
        return await self._of(root).engine.cancel(job)

    async def stop(self, workspace: Workspace) -> None:
        """The workspace is trusted no more."""
        if (chores := self._chores.get(workspace.root)) is not None:
            await chores.distrust()

    async def answer(self, root: Path, job: int, *, again: bool) -> bool:
        return await self._of(root).engine.answer(job, again=again)

    async def output(self, root: Path, job: int) -> str:
        """What a job printed, its end."""
        engine = self._of(root).engine
        record = await engine.jobs.get(job)
        return newest_log(engine, record) if record is not None else ""

    async def listed(self) -> list[dict[str, Any]]:
        """For each folder its tasks and its newest jobs."""
        return [await self._listed(chores) for chores in self._chores.values()]

    async def _listed(self, chores: Chores) -> dict[str, Any]:
        engine = chores.engine
        recent = await engine.jobs.recent(limit=_LISTED, but=(DELIVER,))
        return {
            "root": str(chores.workspace.root),
            "tasks": [task_payload(task) for task in engine.tasks.values() if not task.hidden],
            "jobs": [job_payload(record) for record in recent],
            "heldBack": engine.held_back,
        }

    def _of(self, root: Path | None, task: str = "") -> Chores:
        having = [
            chores
            for chores in self._chores.values()
            if root in (None, chores.workspace.root) and (not task or task in chores.engine.tasks)
        ]
        if not having:
            if task:
                raise ValueError(f"there is no task {task!r} in the folders that are open")
            raise ValueError(f"{root} is not open as a folder")
        return having[0]

    # ── what the engine tells ───────────────────────────────────────────────────────────────────

    def _told(self, chores: Chores, change: Change) -> None:
        root, job = chores.workspace.root, change.job
        match change.kind:
            case "started":
                self._begin(chores, job)
            case "progress":
                if (shown := self._shown.get((root, job.id))) is not None:
                    shown[1].report(change.text, change.fraction)
            case "output":
                self._sink.job_output(root, job.id, change.output.decode("utf-8", "replace"))
            case "asking":
                self._sink.ask_again(root, job.id, job_line(job))
            case "ended":
                self._take(chores, job)
                self._ended(chores.workspace, job)
                by_hand = any(cause.by_hand for cause in job.causes)
                if by_hand and job.status not in (DONE, CANCELLED):
                    self._sink.message(job_line(job), error=True)
        if change.kind in ("ended", "retrying"):
            stack, _ = self._shown.pop((root, job.id), (ExitStack(), None))
            stack.close()
        if change.kind not in ("progress", "output"):
            self._tell_soon(root)

    def _begin(self, chores: Chores, job: Record) -> None:
        task = chores.engine.tasks.get(job.task)

        def cancel() -> None:
            self._spawn(chores.engine.cancel(job.id))

        stack = ExitStack()
        title = task.title if task else job.task
        progress = stack.enter_context(when_slow(self._sink, title, cancel))
        self._shown[chores.workspace.root, job.id] = (stack, progress)

    def _take(self, chores: Chores, job: Record) -> None:
        """Show what a task found, in place of what it found before."""
        reports = found_by(job.value)
        if reports is not None:
            paths = chores.workspace.tasked.take(job.task, reports, job.ended)
            self._found(chores.workspace, paths)

    async def _take_newest(self, chores: Chores, shown: Mapping[str, int]) -> dict[str, int]:
        """Show what each task found last: it is still so, as far as is known. ``shown`` are those
        jobs by task; those that are now."""
        newest = await chores.engine.jobs.last_values()
        for record in newest:
            if shown.get(record.task) != record.id:
                self._take(chores, record)
        return {record.task: record.id for record in newest}

    async def _watch_others(self, chores: Chores, shown: Mapping[str, int]) -> None:
        """While another process runs the jobs, show what becomes of them, too."""
        engine, root = chores.engine, chores.workspace.root
        while self._chores.get(root) is chores:
            poked = engine.next_poke()
            if not engine.runs_here:
                try:
                    shown = await self._take_newest(chores, shown)
                except sqlite3.Error as error:
                    log.warning("the jobs of another process cannot be seen: %s", error)
                self._tell_soon(root)
            await poked
            await asyncio.sleep(_TELL_SECONDS)  # what comes together is looked at once

    def _tell_soon(self, root: Path) -> None:
        if root not in self._timers:
            loop = asyncio.get_running_loop()
            at = max(loop.time() + _TELL_SECONDS, self._listed_at + _TELL_AGAIN_SECONDS)
            self._timers[root] = loop.call_at(at, self._tell, root)

    def _tell(self, root: Path) -> None:
        del self._timers[root]
        self._listed_at = asyncio.get_running_loop().time()
        if (chores := self._chores.get(root)) is not None:
            self._spawn(self._send(chores))

    async def _send(self, chores: Chores) -> None:
        try:
            self._sink.jobs(await self._listed(chores))
        except sqlite3.Error as error:
            log.warning("the jobs cannot be listed: %s", error)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
