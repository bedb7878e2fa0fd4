"""The core: takes events, one arm each, and tells its sink what is to be seen.

It belongs to one event loop, which owns all of its state; what leaves it is frozen. Nothing here
waits on disk, tool or network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar, assert_never

from .. import spans
from ..checks.engine import Checks
from ..model import Importance, Status
from ..resources import Pressure, Sampler
from ..runner.execute import Runner
from ..settings import Settings
from ..settings.resources import Resources
from . import events
from .chores.background import Background
from .chores.chores import ScanAll
from .chores.machine import Machine, levels_in, watched
from .chores.relief import Relieving
from .editing import Editing
from .explain.explanations import Explanations
from .feature import Feature
from .folder.closed import ClosedFiles
from .folder.folders import Folders
from .folder.workspace import Workspace
from .insights.hints import Hints
from .insights.profiling import Profiling
from .insights.recommended import Recommended
from .insights.saved import Saved
from .install.tools import Tools
from .learning.learning import Learning
from .open.actions import Actions
from .open.documents import OpenDocuments
from .open.fix_on_save import FixOnSave
from .overview.beside import Dashboard
from .presentation.problems import left_out_lines
from .results.scan import Scan
from .shared import Shared
from .sinks import Sink
from .status import StatusTeller, status_of
from .trials import Trials
from .upkeep import Upkeep

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_LOOK_SECONDS = 1.0
"""So often, for what the user does in another process, of which nobody tells us."""

_FREQUENT = (events.Edited, events.Overtaken, events.FilesTouched)
"""What changes nothing of the status by itself."""


class Core:
    """``trusted``: what the editor says of its workspaces; None when it leaves that to us."""

    def __init__(self, sink: Sink, *, trusted: bool | None = None) -> None:
        self._sink = sink
        self.folders = Folders(sink, trusted=trusted)
        self._runner = Runner()
        self.checks = Checks(self._runner)
        self.actions = Actions(self.checks)
        self.explanations = Explanations(self.checks)
        self.documents = OpenDocuments()
        self._telling = StatusTeller(self.status, sink.status)
        self._closed_files = ClosedFiles(
            self.folders, self.checks, sink, self.documents.is_open, self._telling.soon, self._task
        )
        shared = Shared(
            self.folders,
            self.documents,
            self.checks,
            self._closed_files,
            sink,
            self._telling.soon,
        )
        self.upkeep = Upkeep(shared, lambda: self._features, self._spawn)
        fix_on_save = FixOnSave(self.actions, sink, self._task)
        self._editing = Editing(shared, self.upkeep, fix_on_save)
        relieving = Relieving(
            self._runner, self.checks, lambda: self.background.chores, sink.message
        )
        self.machine = Machine(
            Sampler(lambda: watched(self.folders.state, [w.root for w in self.folders])),
            self._resources,
            self._short,
            relieving,
            levels_in(self.folders.state),
        )
        self.learning = Learning(
            self.folders,
            self.documents,
            self.checks,
            self._runner,
            self.machine.conditions,
            self._telling.after(sink.learned),
        )
        self.background = Background(
            self.folders,
            self._runner,
            sink,
            self._scan_of,
            self.machine.conditions,
            lambda: self.machine.typed_at,
            self._tasked,
            self.learning.recording.ended,
            self.documents,
        )
        self.tools = Tools(
            self._runner.execute,
            sink,
            lambda: [w.root for w in self.folders],
            self.upkeep.analyse_again,
        )
        self.recommended = Recommended(self.folders)
        self.dashboard = Dashboard(self.folders, sink.message)
        self.trials = Trials(self.folders, self._runner, sink)
        self.hints = Hints(self.folders, self._runner, sink)
        self._features: tuple[Feature, ...] = (
            self.machine,
            self.tools,
            self.background,
            self.learning,
            Profiling(self.folders),
            self.recommended,
            Saved(self.folders, self.documents),
            self.dashboard,
        )
        """Whatever hangs into the core is named here."""
        self._inbox: asyncio.Queue[tuple[events.Event, float]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin to take events."""
        self.checks.warm()
        self._spawn(self._loop())
        self._spawn(self.machine.run(self._telling.soon))  # a full disk is no event
        self._spawn(self._heed_others())

    def handle(self, event: events.Event) -> None:
        """Take note of an event; events are worked off in order."""
        self._inbox.put_nowait((event, spans.mark()))

    async def settle(self) -> None:
        """Wait until every event so far was taken."""
        await self._inbox.join()

    async def close(self) -> None:
        """Cancel everything; returns when all that was started is gone and all results are kept."""
        for task in tuple(self._tasks):
            task.cancel()
        for document in self.documents.values():
            document.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for feature in self._features:
            await feature.close()
        await self._runner.close()
        for workspace in self.folders:
            await workspace.close()

    async def _loop(self) -> None:
        while True:
            event, came = await self._inbox.get()
            kind = type(event).__name__
            spans.add("queue", came, tool=kind)
            try:
                async with spans.span("event", tool=kind):
                    await self._take(event)
                for feature in self._features:
                    feature.happened(event)
            except Exception:  # one event that goes wrong must not end all that come after it
                log.exception("%s was not handled", type(event).__name__)
            finally:
                self._inbox.task_done()
            if not isinstance(event, _FREQUENT):
                self._telling.soon()

    async def _heed_others(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._heed()
            except Exception:  # a moment that goes wrong must not end all that come after it
                log.exception("what others did was not heeded")

    async def _heed(self) -> None:
        for workspace in self.folders:
            if workspace.new_day():
                self.upkeep.show_anew(workspace)
        for workspace in await self.folders.moved():
            self.upkeep.show_anew(workspace)
        for root, trusted in (await self.folders.decided_elsewhere()).items():
            self.handle(events.TrustDecided(trusted, root))
        for feature in self._features:
            await feature.heed()

    async def _take(self, event: events.Event) -> None:  # noqa: C901, PLR0912 - one arm each
        match event:
            case events.Opened():
                await self._editing.opened(event)
            case events.Edited():
                self._editing.edited(event)
            case events.Overtaken():
                self._editing.overtaken(event)
            case events.Saved():
                await self._editing.saved(event)
            case events.Fixed():
                self._editing.fixed(event)
            case events.Closed():
                await self._editing.closed(event)
            case events.FilesTouched():
                await self.upkeep.touched(event)
            case events.FilesRenamed():
                await self.upkeep.renamed(event)
            case events.RootsChanged():
                await self.upkeep.roots_changed(event)
            case events.EditorSettings():
                self.folders.editor = event.values
                await self.upkeep.reload(self.folders)
            case events.TrustDecided():
                await self.upkeep.trust_decided(event)
            case events.JobAnswered():
                await self.background.answer(event.root, event.job, again=event.again)
            case events.CommandEnded():
                pass  # it is remembered, and changes nothing
            case _:
                assert_never(event)

    async def scan(self, root: Path | None = None) -> tuple[Scan, ...]:
        """Scan the workspace folders (None: all), with progress; results are shown as they come.

        Raises CancelledError when the user cancels it, OSError when a folder cannot be read.
        """
        return await self._closed_files.scan(root)

    async def left_out(self) -> list[str]:
        """What scans of the workspace folders pass over, and why: lines for people."""
        lines: list[str] = []
        for workspace in [each for each in self.folders if not each.loose]:
            found = await asyncio.to_thread(workspace.left_out, [workspace.root])
            lines += left_out_lines(workspace.root, found)
        return lines

    # ── chores ──────────────────────────────────────────────────────────────────────────────────

    def _scan_of(self, workspace: Workspace) -> ScanAll:
        async def scan(task: Importance, _progress: Callable[[str, float], object]) -> Scan:
            (found,) = await self._closed_files.scan(workspace.root, task)  # which shows its own
            return found

        return scan

    def _resources(self) -> Resources:
        """As the first folder has them."""
        return next((each.settings for each in self.folders), Settings()).resources

    def _short(self, pressure: Pressure) -> bool:
        return self.background.short(pressure)

    def _tasked(self, workspace: Workspace, paths: Iterable[str]) -> None:
        for path in paths:
            for uri in self.documents.names_of(path):
                self.documents[uri].tasked()
        self._closed_files.show_again(workspace, paths)
        self._telling.soon()

    # ── status ──────────────────────────────────────────────────────────────────────────────────

    def status(self) -> Status:
        return status_of(
            tuple(self.folders),
            self.documents.values(),
            self._runner,
            self._closed_files,
            (self.folders.trouble, *(each for one in self._features for each in one.troubles)),
            self.machine.strain,
        )

    def tell_status(self) -> Status:
        """How things stand, told to the sink too when that is news there."""
        return self._telling.tell()

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        _ = self._task(work)

    def _task(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work broke", exc_info=error)
            self._sink.message(f"Understudy made a mistake of its own: {error}", error=True)
