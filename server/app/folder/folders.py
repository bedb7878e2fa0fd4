"""The workspace folders: which are open, which one holds a file, and whether each is trusted."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...analyzers.table import SOURCES, named, sources
from ...checks import compose
from ...discover import why_excluded
from ...disk import read_regular, why
from ...settings import MAX_BYTES, Settings
from ...settings.forms import OFF
from ...state import state_dir, workspace_dir
from ...trust import Trust
from ..sinks import Sink
from ..stamps import Stamps
from .config import config_report
from .workspace import Workspace

_INSTALLATIONS = frozenset({".package-lock.json", ".yarn-integrity", ".modules.yaml"})
"""What npm, Yarn and pnpm write into ``node_modules`` in the end."""
_ESLINT = ("node_modules", "eslint", "package.json")
_OURS = __package__.partition(".")[0]


class Folders:
    """``trusted``: what the editor says of its workspaces; None when it leaves that to us.

    ``editor`` is what it says of the settings.
    """

    def __init__(self, sink: Sink, *, trusted: bool | None) -> None:
        self._sink = sink
        self._editor_trusts = trusted
        self.state = _state(sink)
        self._trust = Trust(self.state)
        self._decisions = Stamps([self._trust.file])
        self._open: dict[Path, Workspace] = {}
        self._store_trouble = ""
        self.editor: Mapping[str, Any] | None = None
        self._compared = ""
        """The revision that the user chose for this session; empty: the settings have it."""

    def __iter__(self) -> Iterator[Workspace]:
        return iter(tuple(self._open.values()))

    @property
    def trouble(self) -> str:
        """What is wrong with the state folder; empty when nothing is."""
        return self._trust.problem or self._store_trouble

    async def of(self, path: str) -> Workspace:
        """The innermost root that holds the file; for a file outside all, its own folder."""
        if (around := self.around(path)) is not None:
            return around
        rooted = [workspace for workspace in self if not workspace.loose]
        if not path.startswith("/") and rooted:
            return rooted[0]
        folder = Path(path).parent if path.startswith("/") else self.state / "unsaved"
        return await self.open(folder, loose=True)

    def around(self, path: str) -> Workspace | None:
        """The innermost root that holds the path, or a folder that is open for a single file."""
        around = [each for each in self if Path(path).is_relative_to(each.root)]
        return max(around, key=lambda each: (not each.loose, len(each.root.parts)), default=None)

    def configuring(self, paths: Iterable[Path]) -> bool:
        """Whether one of them may decide what tools say: of what lies where nobody's sources are,
        only what tells of a finished installation does."""
        names = SOURCES.union(*(sources(workspace.settings) for workspace in self))
        places = [w.root / each for w in self for each in named(w.settings)]
        return any(
            any(path.is_relative_to(place) for place in places)
            or (path.name in names and not self._foreign(path))
            or (path.name in _INSTALLATIONS and path.parent.name == "node_modules")
            or path.parts[-3:] == _ESLINT
            for path in paths
        )

    def _foreign(self, path: Path) -> bool:
        workspace = self.around(str(path))
        return workspace is not None and bool(why_excluded(str(path), workspace.root, ()))

    async def open(self, root: Path, *, loose: bool = False) -> Workspace:
        """Open a folder, ask for trust where nobody has decided, and read its settings."""
        if (known := self._open.get(root)) is not None and (loose or not known.loose):
            return known
        trusted = self._editor_trusts
        if trusted is None:
            trusted = await asyncio.to_thread(self._trust.decision, root)
            if trusted is None and not loose:
                self._sink.ask_trust(root)
        store = await asyncio.to_thread(self._store, root)
        workspace = Workspace(root, store, trusted=bool(trusted), loose=loose)
        await self.load(workspace)
        if known is not None:
            await known.close()
        self._open[root] = workspace
        self._nest()
        return workspace

    def _store(self, root: Path) -> Path:
        try:
            return workspace_dir(root, self.state)
        except OSError as error:
            self._store_trouble = f"nothing is remembered of {root}: {why(error)}"
            return Path(os.devnull)

    def remove(self, root: Path) -> Workspace | None:
        """A folder is no longer open; nothing is said of its settings any more."""
        removed = self._open.pop(root, None)
        if removed is not None and not removed.loose:
            self._sink.problems(removed.config_path.as_uri(), None, None, ())
        self._nest()
        return removed

    def _nest(self) -> None:
        """What lies in an inner root belongs to that alone."""
        roots = [workspace.root for workspace in self if not workspace.loose]
        for workspace in self:
            inside = [each for each in roots if each.is_relative_to(workspace.root)]
            workspace.inner = frozenset(map(str, inside)) - {str(workspace.root)}

    async def load(self, workspace: Workspace) -> bool:
        """Read a folder's settings anew and show what is wrong with them; whether they changed."""
        before = workspace.config_problems
        changed = await workspace.load(self.editor)
        if await workspace.compare_with(self._only_changed(workspace)):
            self._tell_of_comparison(workspace)
            changed = True
        if not workspace.loose:
            logging.getLogger(_OURS).setLevel(workspace.settings.log.level.upper())
        await self.show_settings(workspace)
        for problem in workspace.config_problems:
            if problem.path != workspace.config_path and problem not in before:
                where = str(problem.path or "the editor's settings")
                self._sink.message(f"{where}: {problem.message}", error=True)
        return changed

    async def show_settings(self, workspace: Workspace) -> None:
        """What is wrong with the settings of a folder, in its settings file."""
        path, idle = workspace.config_path, workspace.suppressions
        here = workspace.own_problems
        wrong = [each for each in here if each.is_flaw]
        # No rule that is ignored hides what is wrong with the settings.
        shown = Settings(severity=workspace.settings.severity)
        problems = compose.problems([config_report(wrong)], shown)
        problems += workspace.seen(str(path), (config_report(idle),)).shown
        # With its text, since the editor may have it open: that hides what is said of a file alone.
        text = await asyncio.to_thread(_text, workspace.config_path) if here else ""
        self._sink.problems(workspace.config_path.as_uri(), None, text, problems)

    async def moved(self) -> list[Workspace]:
        """The folders in which other rows are changed, since git has something else by now."""
        moved = [each for each in self if await each.compare_with(each.comparison.revision)]
        for workspace in moved:
            self._tell_of_comparison(workspace)
        return moved

    def toggle_only_changed(self) -> str:
        """Take what was not changed as known from the next load on, or all as news; in words."""
        if any(workspace.comparison.revision != OFF for workspace in self):
            self._compared = OFF
            return "All findings are shown, whether or not their lines were changed."
        of_settings = {workspace.settings.analysis.only_changed for workspace in self} - {OFF}
        self._compared = "" if of_settings else "HEAD"
        since = ", ".join(sorted(of_settings)) or self._compared
        return f"Findings on lines that were not changed since {since} are shown as known."

    def _only_changed(self, workspace: Workspace) -> str:
        return self._compared or workspace.settings.analysis.only_changed

    def _tell_of_comparison(self, workspace: Workspace) -> None:
        if (problem := workspace.comparison.problem) and not workspace.loose:
            self._sink.message(
                f"{workspace.root} cannot be compared as analysis.onlyChanged wants it: {problem}."
                " All findings are shown.",
                error=True,
            )

    async def decided_elsewhere(self) -> dict[Path, bool]:
        """The folders of which the user has decided otherwise by another process, in which the
        editor has no say; cheap when none has."""
        if self._editor_trusts is not None or not self._decisions.changed():
            return {}
        decided = {
            workspace: await asyncio.to_thread(self._trust.decision, workspace.root)
            for workspace in self
        }
        return {w.root: bool(d) for w, d in decided.items() if d not in (None, w.trusted)}

    async def decide(self, root: Path | None, *, trusted: bool, lasting: bool) -> list[Workspace]:
        """Trust a folder (None: all), or do not; those for which this changes something."""
        if root is None and not lasting:
            self._editor_trusts = trusted
        decided = [
            workspace
            for workspace in self
            if workspace.root == root or (root is None and not (lasting and workspace.loose))
        ]
        if lasting:
            for workspace in decided:
                await asyncio.to_thread(self._trust.decide, workspace.root, trusted=trusted)
        changed = [workspace for workspace in decided if workspace.trusted != trusted]
        for workspace in changed:
            workspace.trusted = trusted
        return changed


def _text(path: Path) -> str:
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _state(sink: Sink) -> Path:
    """The state folder; when there is none to rely on, one that lasts as long as this process."""
    try:
        return state_dir()
    except OSError as error:
        sink.message(f"Nothing will be remembered after this session: {why(error)}", error=True)
        folder = tempfile.TemporaryDirectory(prefix="understudy-")
        atexit.register(folder.cleanup)
        return Path(folder.name)
