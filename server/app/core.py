"""The core: takes events, one arm each, and tells its sink what is to be seen.

It belongs to one event loop, which owns all of its state; what leaves it is frozen. Nothing here
waits on disk, tool or network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any, TypeVar, assert_never

from ..analyzers.table import ANALYZERS
from ..checks.engine import Checks
from ..model import Status
from ..runner.execute import Runner
from ..settings.ignoring import edit_ignore
from . import events
from .actions import Actions
from .document import OpenDocument
from .explanations import Explanations
from .folders import Folders
from .scan import Scan, Seen
from .sinks import Progress, Sink, when_slow
from .status import status_of
from .workspace import Workspace

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_STATUS_SECONDS = 0.1


class Core:
    """``trusted``: what the editor says of its workspaces; None when it leaves that to us."""

    def __init__(self, sink: Sink, *, trusted: bool | None = None) -> None:
        self._sink = sink
        self.folders = Folders(sink, trusted=trusted)
        self._runner = Runner()
        self.checks = Checks(self._runner)
        self.actions = Actions(self.checks)
        self.explanations = Explanations(self.checks)
        self.documents: dict[str, OpenDocument] = {}
        self._inbox: asyncio.Queue[events.Event] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._status_timer: asyncio.TimerHandle | None = None
        self._scans: dict[Path, asyncio.Task[Scan]] = {}
        self._rescans: dict[Path, asyncio.Task[None]] = {}
        self._told: Status | None = None

    def start(self) -> None:
        """Begin to take events."""
        self.checks.warm()
        self._spawn(self._loop())

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
        await self._runner.close()
        for workspace in self.folders:
            await workspace.close()

    async def _loop(self) -> None:
        while True:
            event = await self._inbox.get()
            try:
                await self._take(event)
            except Exception:
                log.exception("%s was not handled", type(event).__name__)
            finally:
                self._inbox.task_done()
            if not isinstance(event, events.Edited):
                self._status_soon()

    async def _take(self, event: events.Event) -> None:  # noqa: C901 - one arm each
        match event:
            case events.Opened():
                await self._opened(event)
            case events.Edited():
                if (document := self.documents.get(event.uri)) is not None:
                    document.edited(event.text, event.version, event.edits)
            case events.Saved():
                await self._saved(event)
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
            case _:
                assert_never(event)

    # ── documents ───────────────────────────────────────────────────────────────────────────────

    async def _opened(self, event: events.Opened) -> None:
        if (before := self.documents.pop(event.uri, None)) is not None:
            before.close()
        if (name := _uri(event.path)) != event.uri:
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
        document.analyse()

    async def _saved(self, event: events.Saved) -> None:
        document = self.documents.get(event.uri)
        if document is None:
            return
        if document.path == str(document.workspace.config_path):
            await self._reload([document.workspace])
        elif self._configures(Path(document.path)):
            self._analyse_again()
        document.saved()

    async def _closed(self, event: events.Closed) -> None:
        document = self.documents.pop(event.uri, None)
        if document is None:
            return
        document.close()
        workspace, path = document.workspace, document.path
        if path == str(workspace.config_path):
            return  # what is shown of it is what is wrong on disk
        if path not in workspace.files or event.uri != _uri(path):
            self._sink.problems(event.uri, None, None, ())
        if path in workspace.files:
            self._rescan(workspace, [path])
        if workspace.loose and all(d.workspace is not workspace for d in self.documents.values()):
            self.folders.remove(workspace.root)
            await self._stop_scans(workspace)
            await workspace.close()

    def _changed(self, document: OpenDocument) -> None:
        if self.documents.get(document.uri) is not document:
            return
        if document.path == str(document.workspace.config_path):
            return
        self._sink.problems(document.uri, document.version, document.text, document.problems())
        self._status_soon()

    # ── files and folders ───────────────────────────────────────────────────────────────────────

    async def _touched(self, event: events.FilesTouched) -> None:
        self._forget(event.deleted)
        touched = (*event.written, *event.deleted)
        reload = [w for w in self.folders if w.config_path in touched]
        if reload:
            await self._reload(reload)
        if any(self._configures(path) for path in touched):
            self._analyse_again()
        for workspace in self.folders:
            written = (str(path) for path in event.written)
            self._rescan(workspace, [path for path in written if path in workspace.files])

    async def _renamed(self, event: events.FilesRenamed) -> None:
        for old, new in event.renames:
            for workspace in self.folders:
                moved = [str(new) + path[len(str(old)) :] for path in workspace.below([old])]
                self._rescan(workspace, moved)
            self._forget([old])

    def _forget(self, paths: Collection[Path]) -> None:
        """What was said of files, or of all files in folders, is said no more."""
        still_open = {document.path for document in self.documents.values()}
        for workspace in self.folders if paths else ():
            gone = workspace.below(paths)
            workspace.results.forget(gone)
            for known in gone:
                del workspace.files[known]
                if known not in still_open:
                    self._sink.problems(_uri(known), None, None, ())

    def _rescan(self, workspace: Workspace, paths: Iterable[str]) -> None:
        """Analyse files as they are on disk, without waiting for it. One pass at a time: a new wish
        begins it again with what is left, so that the newest configuration has the last word."""
        workspace.stale.update(paths)
        if not workspace.stale:
            return
        if (running := self._rescans.get(workspace.root)) is not None:
            running.cancel()
        self._rescans[workspace.root] = self._task(self._freshen(workspace))

    async def _freshen(self, workspace: Workspace) -> None:
        if (whole := self._scans.get(workspace.root)) is not None:
            await asyncio.wait((whole,))
        stale = set(workspace.stale)
        existing = await asyncio.to_thread(workspace.existing, stale)
        gone = stale - set(map(str, existing))
        self._forget([Path(path) for path in gone])
        workspace.stale -= gone
        if existing:
            await self._scan(workspace, existing, None)
        for path in workspace.files.keys() & stale:
            # What was shown of a buffer gives way to what is on disk, though that is as it was.
            self._show_file(workspace, path)

    def _is_open(self, path: str) -> bool:
        return any(document.path == path for document in self.documents.values())

    @staticmethod
    def _configures(path: Path) -> bool:
        return any(path.name in analyzer.sources for analyzer in ANALYZERS)

    def _analyse_again(self) -> None:
        """A configuration changed: results under the old one are stale."""
        for document in self.documents.values():
            document.analyse(again=True)
        for workspace in self.folders:
            self._rescan(workspace, workspace.files)

    # ── workspaces ──────────────────────────────────────────────────────────────────────────────

    async def _roots_changed(self, event: events.RootsChanged) -> None:
        left = [found for root in event.removed if (found := self.folders.remove(root))]
        for workspace in left:
            await self._stop_scans(workspace)
            for path in workspace.files:
                if not self._is_open(path):
                    self._sink.problems(_uri(path), None, None, ())
        for root in event.added:
            await self.folders.open(root)
        for document in self.documents.values():
            workspace = await self.folders.of(document.path)
            if workspace is not document.workspace:
                document.workspace = workspace
                document.analyse(again=True)
        for workspace in left:
            await workspace.close()

    async def _stop_scans(self, workspace: Workspace) -> None:
        root = workspace.root
        for task in (self._scans.get(root), self._rescans.pop(root, None)):
            if task is not None:
                task.cancel()
                await asyncio.wait((task,))

    async def _reload(self, workspaces: Iterable[Workspace]) -> None:
        for workspace in tuple(workspaces):
            if await self.folders.load(workspace):
                for document in self.documents.values():
                    if document.workspace is workspace:
                        document.placed.show_under(workspace.settings)
                        document.analyse(again=True)
                        self._changed(document)
                for path in workspace.files:
                    self._show_file(workspace, path)
                self._rescan(workspace, workspace.files)

    async def _trust_decided(self, event: events.TrustDecided) -> None:
        changed = await self.folders.decide(
            event.root, trusted=event.trusted, lasting=event.lasting
        )
        if changed:
            await self._reload(changed)
            self._analyse_again()

    async def ignore_rules(self, path: str, rules: Sequence[str]) -> None:
        """Ignore the rules in the settings of the project that ``path`` lies in."""
        workspace = await self.folders.of(path)
        if workspace.loose:
            self._sink.message(f"{path} is in no folder that is open as a project.", error=True)
            return
        config = workspace.config_path
        shown = next((d for d in self.documents.values() if d.path == str(config)), None)
        try:
            if shown is not None:
                self._sink.replace_text(shown.uri, reduce(edit_ignore, rules, shown.text))
                return
            await asyncio.to_thread(workspace.ignore_rules, rules)
        except (OSError, ValueError) as error:
            self._sink.message(f"{', '.join(rules)} could not be ignored: {error}", error=True)
        await self._reload([workspace])

    # ── scans ───────────────────────────────────────────────────────────────────────────────────

    async def scan(self, root: Path | None = None) -> tuple[Scan, ...]:
        """Scan the workspace folders (None: all), with progress; results are shown as they come.

        A scan of the same folder that is under way is joined; who gives up waiting does not end it.
        Raises CancelledError when the user cancels it.
        """
        wanted = [w for w in self.folders if root in (None, w.root) and not w.loose]
        for workspace in wanted:
            if workspace.root not in self._scans:
                self._scans[workspace.root] = self._task(self._scan_with_progress(workspace))
        waiting = [asyncio.shield(self._scans[workspace.root]) for workspace in wanted]
        return tuple(await asyncio.gather(*waiting))

    async def _scan_with_progress(self, workspace: Workspace) -> Scan:
        task = asyncio.current_task()
        assert task is not None
        with when_slow(self._sink, f"Scanning {workspace.root.name}", task.cancel) as progress:
            try:
                return await self._scan(workspace, [workspace.root], progress)
            finally:
                del self._scans[workspace.root]

    async def _scan(
        self, workspace: Workspace, paths: list[Path], progress: Progress | None
    ) -> Scan:
        def seen(file: Seen) -> None:
            workspace.stale.discard(file.path)
            if file.changed:
                self._show_file(workspace, file.path)
            if progress is not None:
                progress.report(f"{file.done} of {file.files} files", file.done / file.files)

        try:
            found = await workspace.scan(self.checks, paths, seen)
        except OSError as error:
            self._sink.message(f"The scan could not begin: {error}", error=True)
            return Scan(workspace.root, {}, {})
        if paths == [workspace.root]:
            self._forget([Path(p) for p in workspace.files.keys() - set(map(str, found.reports))])
        self._status_soon()
        return found

    def _show_file(self, workspace: Workspace, path: str) -> None:
        if not self._is_open(path):
            self._sink.problems(_uri(path), None, None, workspace.files[path].problems)

    # ── status ──────────────────────────────────────────────────────────────────────────────────

    def status(self) -> Status:
        return status_of(
            tuple(self.folders), self.documents.values(), self._runner, self.folders.trouble
        )

    def _status_soon(self) -> None:
        if self._status_timer is None:
            loop = asyncio.get_running_loop()
            self._status_timer = loop.call_later(_STATUS_SECONDS, self._send_status)

    def _send_status(self) -> None:
        self._status_timer = None
        if (status := self.status()) != self._told:
            self._told = status
            self._sink.status(status)
        if status.running:
            self._status_soon()

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


def _uri(path: str) -> str:
    """How we call a file; what was never saved has no such name."""
    return Path(path).as_uri() if path.startswith("/") else ""
