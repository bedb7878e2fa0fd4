"""What is shown of the files that are not open: of each folder no more than its settings let."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ...checks import compose
from ...findings.limits import Tally, most_important, shares, tally
from ..presentation.status import unshown_line
from ..sinks import Sink
from .workspace import Workspace

_SHARE_OUT_SECONDS = 0.2
"""While there is too much to show all, it is shared out anew no more often."""

SLICE_SECONDS = 0.005
"""For so long files are shown before the loop does what else there is to do."""


def uri_of(path: str) -> str:
    """How we call a file; what was never saved has no such name."""
    return Path(path).as_uri() if path.startswith("/") else ""


@dataclass(slots=True)
class _Folder:
    """``found`` and ``tallies`` are by path: how many problems there are, and those that the limit
    of one file lets be shown. ``shared`` is empty while all of them are. ``due``: those that are to
    be shown, and how much of each."""

    found: dict[str, int] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    total: int = 0
    shared: dict[str, int] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    due: dict[str, int] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    told: bool = False

    def note(self, path: str, found: int, counts: Tally) -> None:
        self.total += sum(counts) - sum(self.tallies.pop(path, ()))
        self.found.pop(path, None)
        self.due.pop(path, None)
        if found:
            self.found[path], self.tallies[path] = found, counts

    @property
    def unshown(self) -> int:
        shown = sum(self.shared.values()) if self.shared else self.total
        return sum(self.found.values()) - shown


class ClosedShown:
    """Belongs to the event loop. ``changed`` is called when more or less is left unshown."""

    def __init__(
        self, sink: Sink, is_open: Callable[[str], bool], changed: Callable[[], None]
    ) -> None:
        self._sink = sink
        self._is_open = is_open
        self._changed = changed
        self._folders: dict[Path, _Folder] = {}

    @property
    def unshown(self) -> int:
        """How many problems of files that are not open are known and not shown."""
        return sum(folder.unshown for folder in self._folders.values())

    def show(self, workspace: Workspace, paths: Iterable[str]) -> None:
        for path in paths:
            self._show(workspace, path)

    def _show(self, workspace: Workspace, path: str) -> None:
        folder = self._folders.setdefault(workspace.root, _Folder())
        if self._is_open(path):
            folder.note(path, 0, ())
            if folder.shared:
                self._share_out_soon(workspace)
            return
        problems, limits = workspace.view(path).shown, workspace.settings.results
        counts = tally(most_important(problems, limits.max_per_file))
        folder.note(path, len(problems), counts)
        if folder.total > limits.max_in_all or folder.shared:
            folder.again.add(path)
            self._share_out_soon(workspace)
        else:
            self._publish(workspace, path, limits.max_per_file)

    def _share_out_soon(self, workspace: Workspace) -> None:
        folder = self._folders[workspace.root]
        if folder.timer is None:
            loop = asyncio.get_running_loop()
            folder.timer = loop.call_later(_SHARE_OUT_SECONDS, self._share_out, workspace)

    def _share_out(self, workspace: Workspace) -> None:
        folder, limits = self._folders[workspace.root], workspace.settings.results
        folder.timer = None
        for path in [path for path in folder.tallies if self._is_open(path)]:
            folder.note(path, 0, ())
        before, again, folder.again = folder.shared, folder.again, set()
        too_many = folder.total > limits.max_in_all
        folder.shared = shares(folder.tallies, limits.max_in_all) if too_many else {}
        for path, counts in folder.tallies.items():
            share = folder.shared.get(path, sum(counts))
            if path in again or share != before.get(path, sum(counts)):
                folder.due[path] = share
        folder.due |= dict.fromkeys(again - folder.tallies.keys(), 0)
        self._publish_due(workspace)
        self._changed()

    def _publish_due(self, workspace: Workspace) -> None:
        folder, loop = self._folders[workspace.root], asyncio.get_running_loop()
        folder.timer = None
        until = loop.time() + SLICE_SECONDS
        while folder.due and loop.time() < until:
            self._publish(workspace, *folder.due.popitem())
        if folder.due:
            folder.timer = loop.call_later(0, self._publish_due, workspace)
        elif folder.again:
            self._share_out_soon(workspace)

    def _publish(self, workspace: Workspace, path: str, most: int) -> None:
        if not self._is_open(path):
            shown = compose.within(workspace.view(path).shown, most)
            self._sink.problems(uri_of(path), None, None, shown)

    def tell(self, workspace: Workspace) -> None:
        """All of the folder was looked at: say, once, that not all of it is shown."""
        folder = self._folders.get(workspace.root)
        if folder is None or folder.told:
            return
        if folder.timer is not None:
            folder.timer.cancel()
            self._share_out(workspace)
        if unshown := folder.unshown:
            folder.told = True
            self._sink.message(unshown_line(unshown))

    def hide(self, path: str) -> None:
        """Nothing is known of the file any more, or nobody wants to."""
        for folder in self._folders.values():
            folder.note(path, 0, ())
        if not self._is_open(path):
            self._sink.problems(uri_of(path), None, None, ())

    def leave(self, root: Path) -> None:
        """The folder is no longer open; what was shown there is hidden or another's by now."""
        folder = self._folders.pop(root, None)
        if folder is not None and folder.timer is not None:
            folder.timer.cancel()
