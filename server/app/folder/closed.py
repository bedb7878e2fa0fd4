"""Files that are not open: what is known and shown of them is kept as it is on disk.

What is known begins with a scan of a folder. From then on, what is said to have changed there is
looked at again, as the scan would look at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from pathlib import Path
from typing import Any

from ...checks.engine import Checks
from ...model import Importance, Priority
from ...runner.calls import Urgency
from ..results.scan import Scan, Seen
from ..sinks import Progress, Sink, when_slow
from .closed_shown import SLICE_SECONDS, ClosedShown
from .folders import Folders
from .workspace import Workspace


class ClosedFiles:
    """Belongs to the event loop. In each folder one pass at a time is under way: a scan of all of
    it goes before looks at what is stale, which it ends.

    ``changed`` is called when what is known has changed; ``task`` starts work in the background.
    """

    def __init__(
        self,
        folders: Folders,
        checks: Checks,
        sink: Sink,
        is_open: Callable[[str], bool],
        changed: Callable[[], None],
        task: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
    ) -> None:
        self._folders = folders
        self._checks = checks
        self._sink = sink
        self._shown = ClosedShown(sink, is_open, changed)
        self._changed = changed
        self._task = task
        self._scans: dict[Path, asyncio.Task[Scan | OSError]] = {}
        self._urgencies: dict[Path, Urgency] = {}
        """Of each scan: who waits for it."""
        self._looks: dict[Path, asyncio.Task[None]] = {}
        self._showings: dict[Path, asyncio.Task[None]] = {}

    @property
    def passes(self) -> int:
        """How many scans, looks and showings of all files are under way."""
        under_way = (self._scans, self._looks, self._showings)
        return sum(_is_under_way(task) for each in under_way for task in each.values())

    # ── what is shown ───────────────────────────────────────────────────────────────────────────

    @property
    def unshown(self) -> int:
        """How many problems are known and, since they are too many, not shown."""
        return self._shown.unshown

    def show(self, workspace: Workspace) -> None:
        """All files, bit by bit: a later call begins anew."""
        if (before := self._showings.get(workspace.root)) is not None:
            before.cancel()
        showing = self._showings[workspace.root] = self._task(self._show(workspace))
        showing.add_done_callback(lambda _: self._changed())

    async def _show(self, workspace: Workspace) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + SLICE_SECONDS
        for path in workspace.paths():
            if workspace.knows(path):  # it may be another folder's by now
                self._shown.show(workspace, [path])
            if loop.time() >= until:
                await asyncio.sleep(0)
                until = loop.time() + SLICE_SECONDS

    def show_again(self, workspace: Workspace, paths: Iterable[str]) -> None:
        """Something else than the files has changed."""
        self._shown.show(workspace, paths)
        if workspace.comparison.is_on:
            _ = self._task(self._compare(workspace, tuple(paths)))

    async def _compare(self, workspace: Workspace, paths: Collection[str]) -> None:
        moved = await workspace.compare(paths)
        if workspace in self._folders:  # it may have been closed meanwhile
            self._shown.show(workspace, moved)

    def forget(self, paths: Iterable[str]) -> None:
        """What was said of files, or of all files in folders, is said no more."""
        if not (gone := frozenset(paths)):
            return
        for workspace in self._folders:
            tasked = workspace.tasked.gone(gone)
            self._forget(workspace, workspace.below(gone))
            for path in tasked:
                self._shown.hide(path)

    def _forget(self, workspace: Workspace, known: Collection[str]) -> None:
        workspace.results.forget(known)
        workspace.lives.gone(known)
        if known:
            self._changed()
        for path in known:
            del workspace.files[path]
        self._shown.show(workspace, known)

    # ── looks at what is stale ──────────────────────────────────────────────────────────────────

    def look_again(
        self, workspace: Workspace, places: Iterable[str], *, anew: bool = False
    ) -> None:
        """Files, or folders with all that lies in them, may have come, changed or gone: look, and
        do not wait for it. ``anew``: what is under way for them has to begin again."""
        looking = self._looks.get(workspace.root)
        if not (workspace.files or self._is_kept(workspace) or _is_under_way(looking)):
            return  # nothing is known, and nobody asked
        workspace.stale.mark(places)
        if workspace.stale and (anew or not _is_under_way(looking)):
            if looking is not None:
                looking.cancel()
            look = self._looks[workspace.root] = self._task(self._look(workspace))
            look.add_done_callback(lambda _: self._changed())
            self._changed()

    async def _look(self, workspace: Workspace) -> None:
        looking = asyncio.current_task()
        assert looking is not None

        def give_up() -> None:
            workspace.stale.clear()  # or the next event would resume it
            looking.cancel()

        while workspace.stale:
            if (scan := self._scans.get(workspace.root)) is not None:
                await asyncio.wait((scan,))
            title = f"Looking again at {workspace.root.name}"
            with when_slow(self._sink, title, give_up) as progress:
                await self._look_at(workspace, frozenset(workspace.stale), progress)

    async def _look_at(
        self, workspace: Workspace, places: frozenset[str], progress: Progress
    ) -> None:
        look = workspace.stale.begin()
        files = await asyncio.to_thread(workspace.find, places)
        if not workspace.scanned:
            files = [found for found in files if found.path in workspace.files]
        there = {found.path for found in files}
        self._forget(workspace, [p for p in workspace.below(places) if p not in there])
        await workspace.analyse(self._checks, files, self._seen(workspace, look, progress))
        for place in places:
            workspace.stale.seen(place, look)

    def _seen(self, workspace: Workspace, look: int, progress: Progress) -> Callable[[Seen], None]:
        def seen(file: Seen) -> None:
            # What was shown of a buffer gives way to what is on disk, though that is as it was.
            if workspace.stale.seen(file.path, look) or file.changed:
                self._shown.show(workspace, [file.path])
            progress.report(f"{file.done} of {file.files} files", file.done / file.files)

        return seen

    def renamed(self, old: str, new: str) -> None:
        """A file or a folder has another name: what is known moves along, to be looked at again."""
        for workspace in self._folders:
            for path in workspace.below({old}):
                moved = new + path[len(old) :]
                if (home := self._folders.around(moved)) is not None:
                    home.show(moved, workspace.files[path].reports)
                    self._shown.show(home, [moved])
        self.forget([old])

    # ── scans of whole folders ──────────────────────────────────────────────────────────────────

    async def scan(
        self, root: Path | None = None, task: Importance | None = None
    ) -> tuple[Scan, ...]:
        """Scan the folders (None: all), with progress; results are shown as they come. ``task``:
        how important the task is that wants it; None: a person does.

        A scan of the same folder that is under way is joined; who gives up waiting does not end it.
        Raises CancelledError when the user cancels it, and OSError when a folder cannot be read,
        of which the user was told.
        """
        wanted = [w for w in self._folders if root in (None, w.root) and not w.loose]
        scans = [asyncio.shield(self._scan_of(workspace, task)) for workspace in wanted]
        found: list[Scan] = []
        for scan in await asyncio.gather(*scans):
            if isinstance(scan, OSError):
                raise scan
            found.append(scan)
        return tuple(found)

    def _scan_of(
        self, workspace: Workspace, task: Importance | None
    ) -> asyncio.Task[Scan | OSError]:
        root = workspace.root
        under_way = self._scans.get(root)
        if under_way is not None and not under_way.done():
            self._urgencies[root].join(task)
            return under_way
        urgency = self._urgencies[root] = Urgency(Priority.BACKGROUND, task)
        scan = self._scans[root] = self._task(self._scan(workspace, urgency, task))

        def ended(_: object) -> None:
            if self._scans.get(root) is scan:
                del self._scans[root], self._urgencies[root]
            self._changed()

        scan.add_done_callback(ended)  # by itself it could not: one cancelled soon never begins
        self.look_again(workspace, (), anew=True)
        return scan

    async def _scan(
        self, workspace: Workspace, urgency: Urgency, wanted_by: Importance | None
    ) -> Scan | OSError:
        scanning = asyncio.current_task()
        assert scanning is not None
        mark = workspace.scan_mark
        if wanted_by is None:  # what a task wants is resumed with that
            await asyncio.to_thread(mark.put)

        unwanted = False

        def give_up() -> None:
            nonlocal unwanted
            unwanted = True
            scanning.cancel()

        look = workspace.stale.begin()
        with when_slow(self._sink, f"Scanning {workspace.root.name}", give_up) as progress:
            try:
                seen = self._seen(workspace, look, progress)
                found = await workspace.scan(self._checks, [workspace.root], seen, urgency)
            except asyncio.CancelledError:
                # In a thread that goes on, should somebody cancel once more.
                await asyncio.to_thread(mark.lift if unwanted else mark.release)
                raise
            except OSError as error:
                why = error.strerror or str(error)
                self._sink.message(
                    f"{workspace.root} could not be scanned: {why}. Check that the folder exists"
                    " and can be read.",
                    error=True,
                )
                await asyncio.to_thread(mark.lift)
                return error
        await asyncio.to_thread(mark.lift)
        workspace.scanned = True
        there = set(map(str, found.reports))
        self._forget(workspace, [path for path in workspace.files if path not in there])
        await self._folders.show_settings(workspace)
        self._shown.tell(workspace)
        self._changed()
        return found

    async def stop(self, *workspaces: Workspace) -> None:
        """End what is under way in folders; returns when it has ended. What is stale stays so."""
        roots = [workspace.root for workspace in workspaces]
        passes: list[asyncio.Task[Any]] = [self._scans[r] for r in roots if r in self._scans]
        passes += [self._looks.pop(r) for r in roots if r in self._looks]
        for task in passes:
            task.cancel()
        if passes:
            await asyncio.wait(passes)

    # ── folders that come and go ────────────────────────────────────────────────────────────────

    def _is_kept(self, workspace: Workspace) -> bool:
        """Whether all files of the folder are wanted, not only those that happen to be known."""
        return workspace.scanned or workspace.root in self._scans

    def enter(self, workspace: Workspace) -> None:
        """The folder was opened: it takes over its files from the one around it."""
        around = self._folders.around(str(workspace.root.parent))
        if around is not None:
            workspace.scanned |= self._is_kept(around)
            self._hand_over(around, workspace, str(workspace.root))
        _ = self._task(self._resume(workspace))

    async def _resume(self, workspace: Workspace) -> None:
        """Go on with the scan that the last session was at: what it has found is known."""
        if await asyncio.to_thread(workspace.scan_mark.was_left):
            _ = self._scan_of(workspace, None)

    async def leave(self, workspace: Workspace) -> None:
        """The folder is no longer open: end what is under way there, and leave its files to the
        one around it. When that does not want them, nothing is shown of them any more."""
        root = workspace.root
        await self.stop(workspace)
        if (showing := self._showings.pop(root, None)) is not None:
            showing.cancel()
        around = self._folders.around(str(root))
        if around is not None and self._is_kept(around):
            self._hand_over(workspace, around, str(root))
        else:
            for path in workspace.paths():
                self._shown.hide(path)
        self._shown.leave(root)

    def _hand_over(self, giver: Workspace, taker: Workspace, place: str) -> None:
        moved = giver.below({place})
        for path in moved:
            taker.show(path, giver.files.pop(path).reports)
        self.look_again(taker, [place, *moved])


def _is_under_way(task: asyncio.Task[Any] | None) -> bool:
    return task is not None and not task.done()
