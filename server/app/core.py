"""The core: takes events, one arm each, and tells its sink what is to be seen.

It belongs to one event loop, which owns all of its state; what leaves it is frozen. Nothing here
waits on disk, tool or network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, assert_never

from ..checks import compose
from ..checks.engine import Checks
from ..model import Importance, Status
from ..runner.budget import Conditions
from ..runner.execute import Runner
from ..settings.rule_lists import RuleList
from ..tasks.testing.detect import CONFIGURATIONS as TEST_CONFIGURATIONS
from . import events
from .chores.background import Background
from .chores.chores import ScanAll
from .chores.machine import Machine
from .explain.explanations import Explanations
from .folder.closed import ClosedFiles
from .folder.closed_shown import uri_of
from .folder.folders import Folders
from .folder.workspace import Workspace
from .install.tools import Tools
from .learning.learning import Learning
from .open.actions import Actions
from .open.document import OpenDocument
from .open.documents import OpenDocuments
from .open.fix_on_save import FixOnSave
from .open.rule_lists import list_rules
from .presentation.problems import left_out_lines
from .results.scan import Scan
from .sinks import Sink, when_slow
from .status import StatusTeller, status_of
from .trials import Trials

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_LOOK_SECONDS = 1.0
"""So often, for what the user does in another process, of which nobody tells us."""
_FLOW_SECONDS = 3.0
"""Who typed so shortly ago is not to be disturbed."""

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
        self._fix_on_save = FixOnSave(self.actions, sink, self._task)
        self.explanations = Explanations(self.checks)
        self.documents = OpenDocuments()
        self._telling = StatusTeller(self.status, sink.status)
        self._closed_files = ClosedFiles(
            self.folders, self.checks, sink, self.documents.is_open, self._telling.soon, self._task
        )
        self.learning = Learning(
            self.folders,
            self.documents,
            self.checks,
            self._runner,
            self._conditions,
            self._telling.after(sink.learned),
        )
        self.background = Background(
            self.folders,
            self._runner,
            sink,
            self._scan_of,
            self._conditions,
            lambda: self._typed_at,
            self._tasked,
            self.learning.recording.ended,
            self.documents.texts_of,
        )
        self._typed_at = float("-inf")
        self.tools = Tools(
            self._runner.execute, sink, lambda: [w.root for w in self.folders], self._analyse_again
        )
        self.trials = Trials(self.folders, self._runner, sink)
        self._inbox: asyncio.Queue[events.Event] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._machine = Machine(self.folders.state, self.background.short)

    def start(self) -> None:
        """Begin to take events."""
        self.checks.warm()
        self._spawn(self._loop())
        self._spawn(self._machine.run(self._telling.soon))  # a full disk is no event
        self._spawn(self._heed_others())

    def handle(self, event: events.Event) -> None:
        """Take note of an event; events are worked off in order."""
        self._inbox.put_nowait(event)

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
        await self.tools.close()
        await self.background.close()
        await self.learning.close()
        await self._runner.close()
        for workspace in self.folders:
            await workspace.close()

    async def _loop(self) -> None:
        while True:
            event = await self._inbox.get()
            try:
                await self._take(event)
                self.learning.happened(event)
            except Exception:  # one event that goes wrong must not end all that come after it
                log.exception("%s was not handled", type(event).__name__)
            finally:
                self._inbox.task_done()
            if not isinstance(event, _FREQUENT):
                self._telling.soon()

    async def _heed_others(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for workspace in self.folders:
                if workspace.new_day():
                    self._show_anew(workspace)
            for workspace in await self.folders.moved():
                self._show_anew(workspace)
            for root, trusted in (await self.folders.decided_elsewhere()).items():
                self.handle(events.TrustDecided(trusted, root))
            await self.learning.heed()

    async def _take(self, event: events.Event) -> None:  # noqa: C901, PLR0912 - one arm each
        match event:
            case events.Opened():
                await self._opened(event)
            case events.Edited():
                self._typed_at = asyncio.get_running_loop().time()
                if (document := self.documents.get(event.uri)) is not None:
                    document.edited(event.text, event.version, event.edits)
                    self.background.active(document.workspace)
            case events.Overtaken():
                document = self.documents.get(event.uri)
                if document is not None and document.version == event.version:
                    self._changed(document)
            case events.Saved():
                await self._saved(event)
            case events.Fixed():
                if (document := self.documents.get(event.uri)) is not None:
                    self._fix_on_save.made(event.uri, event.fix)
                    document.analyse()
            case events.Closed():
                await self._closed(event)
            case events.FilesTouched():
                await self._touched(event)
            case events.FilesRenamed():
                await self._renamed(event)
            case events.RootsChanged():
                await self._roots_changed(event)
            case events.EditorSettings():
                self.folders.editor = event.values
                await self._reload(self.folders)
            case events.TrustDecided():
                await self._trust_decided(event)
            case events.JobAnswered():
                await self.background.answer(event.root, event.job, again=event.again)
            case events.CommandEnded():
                pass  # it is remembered, and changes nothing
            case _:
                assert_never(event)

    # ── documents ───────────────────────────────────────────────────────────────────────────────

    async def _opened(self, event: events.Opened) -> None:
        if (before := self.documents.pop(event.uri, None)) is not None:
            before.close()
        for name in {uri_of(event.path), *self.documents.names_of(event.path)} - {event.uri}:
            self._sink.problems(name, None, None, ())  # a file is shown under one name
        workspace = await self.folders.of(event.path)
        document = self.documents[event.uri] = OpenDocument(
            event.uri,
            event.path,
            event.text,
            event.version,
            event.language,
            workspace,
            self.checks,
            self._changed,
            partial(when_slow, self._sink),
        )
        self._closed_files.show_again(workspace, [event.path])  # it is none of them any more
        if workspace.tasks_on(event.path):
            document.tasked()
        document.analyse()

    async def _saved(self, event: events.Saved) -> None:
        document = self.documents.get(event.uri)
        if document is None:
            return
        if Path(document.path) in document.workspace.sources:
            await self._reload([document.workspace])
        elif self.folders.configuring([Path(document.path)]):
            self._analyse_again()
        elif Path(document.path).name in TEST_CONFIGURATIONS:
            self._sink.lenses_changed()
        elif (place := _place(Path(document.path))) != document.path:
            self._closed_files.look_again(document.workspace, [place])
        document.saved()
        self._fix_on_save.saved(document)
        self.background.saved(document.workspace, document.path)

    async def _closed(self, event: events.Closed) -> None:
        document = self.documents.pop(event.uri, None)
        if document is None:
            return
        document.close()
        self._fix_on_save.closed(event.uri)
        workspace, path = document.workspace, document.path
        if path == str(workspace.config_path):
            return  # what is shown of it is what is wrong on disk
        if (twin := self.documents.shown_for(path)) is not None:
            self._sink.problems(event.uri, None, None, ())
            self._changed(twin)  # which the opening of this one may have hidden
            return
        if path not in workspace.files or event.uri != uri_of(path):
            self._sink.problems(event.uri, None, None, ())
        self._closed_files.look_again(workspace, [path])
        await self._leave_if_empty(workspace)

    async def _leave_if_empty(self, workspace: Workspace) -> None:
        if not workspace.loose or workspace not in self.folders:
            return
        if not self.documents.of(workspace):
            self.folders.remove(workspace.root)
            await self._closed_files.leave(workspace)
            await workspace.close()

    def _changed(self, document: OpenDocument) -> None:
        if self.documents.shown_for(document.path) is not document:
            return
        if document.path == str(document.workspace.config_path):
            return
        most = document.workspace.settings.results.max_per_file
        shown = compose.within(document.problems(), most)
        self._sink.problems(document.uri, document.version, document.text, shown)
        self._telling.soon()

    # ── files and folders ───────────────────────────────────────────────────────────────────────

    async def _touched(self, event: events.FilesTouched) -> None:
        missed = [w for w in self.folders if w.misses(map(str, event.deleted))]
        self._closed_files.forget(map(str, event.deleted))
        await self._changed_on_disk({*event.written, *event.deleted}, missed)

    async def _renamed(self, event: events.FilesRenamed) -> None:
        missed = [w for w in self.folders if w.misses(str(old) for old, _ in event.renames)]
        for old, new in event.renames:
            self._closed_files.renamed(str(old), str(new))
        await self._changed_on_disk({path for pair in event.renames for path in pair}, missed)

    async def _changed_on_disk(
        self, paths: AbstractSet[Path], missed: Collection[Workspace]
    ) -> None:
        """Files, or folders with what lies in them; any of it may be a configuration. ``missed``:
        where the baseline has files that may be called otherwise now."""
        reload = [
            w for w in self.folders if not paths.isdisjoint((*w.sources, w.config_path.parent))
        ]
        if reload:
            await self._reload(reload)
        if asking := [w for w in missed if w not in reload]:
            self._spawn(self._reload(asking))  # it waits for git
        if self.folders.configuring(paths):
            self._analyse_again()
        if any(path.name in TEST_CONFIGURATIONS for path in paths):
            self._sink.lenses_changed()
        # What is open is looked at when it is closed.
        open_paths = {document.path for document in self.documents.values()}
        places = {_place(path) for path in paths} - open_paths
        for workspace in self.folders:
            self._closed_files.look_again(workspace, places)

    def _analyse_again(self) -> None:
        """A configuration changed: results under the old one are stale."""
        self._telling.soon()
        self._sink.lenses_changed()
        for document in self.documents.values():
            document.analyse(again=True)
        for workspace in self.folders:
            self._closed_files.look_again(workspace, [str(workspace.root)], anew=True)

    # ── workspaces ──────────────────────────────────────────────────────────────────────────────

    async def _roots_changed(self, event: events.RootsChanged) -> None:
        left = [found for root in event.removed if (found := self.folders.remove(root))]
        for workspace in left:
            await self._closed_files.leave(workspace)
        for root in event.added:
            self._closed_files.enter(await self.folders.open(root))
        for document in self.documents.values():
            before = document.workspace
            document.workspace = await self.folders.of(document.path)
            if document.workspace is not before:
                document.analyse(again=True)
                await self._leave_if_empty(before)
        self.background.follow()
        for workspace in left:
            await workspace.close()

    async def _reload(self, workspaces: Iterable[Workspace]) -> None:
        for workspace in tuple(workspaces):
            if await self.folders.load(workspace) and workspace in self.folders:
                self._show_anew(workspace)
                for document in self.documents.of(workspace):
                    document.analyse(again=True)
                self._closed_files.look_again(workspace, [str(workspace.root)], anew=True)
                self._sink.lenses_changed()
        self.background.follow()

    def _show_anew(self, workspace: Workspace) -> None:
        """The same reports are seen otherwise."""
        for document in self.documents.of(workspace):
            document.show_anew()
        self._telling.soon()
        self._closed_files.show(workspace)

    async def _trust_decided(self, event: events.TrustDecided) -> None:
        changed = await self.folders.decide(
            event.root, trusted=event.trusted, lasting=event.lasting
        )
        if not event.trusted:
            await self._stop(changed)
        if changed:
            await self._reload(changed)
            self._analyse_again()

    async def _stop(self, distrusted: Collection[Workspace]) -> None:
        """What is under way there began in trust, which it asks for only once: end it all."""
        for workspace in distrusted:
            for document in self.documents.of(workspace):
                document.close()
        await self._closed_files.stop(*distrusted)
        for workspace in distrusted:
            await self.checks.versions.stop(workspace.root)
            await self.background.stop(workspace)

    async def list_rules(self, path: str, listed: RuleList, rules: Sequence[str]) -> None:
        """Write rules into a list in the settings of the project that ``path`` lies in."""
        workspace = await self.folders.of(path)
        if await list_rules(workspace, self.documents, self._sink, listed, rules):
            await self._reload([workspace])

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

    def _conditions(self) -> Conditions:
        since = asyncio.get_running_loop().time() - self._typed_at
        return Conditions(
            typing=since < _FLOW_SECONDS,
            on_battery=self._machine.pressure.on_battery,
            pressure=self._machine.pressure.shortage,
        )

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
            (self.folders.trouble, *self.background.troubles, *self.learning.troubles),
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


def _place(touched: Path) -> str:
    """Where files may have come, changed or gone."""
    return str(touched.parent if touched.name == ".gitignore" else touched)
