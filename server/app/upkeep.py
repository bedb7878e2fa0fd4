"""What is seen follows from files, folders, settings and trust: when one of them changes, it is
brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from ..settings.rule_lists import FIXED_ON_SAVE, IGNORED, RuleList
from ..tasks.testing.detect import CONFIGURATIONS as TEST_CONFIGURATIONS
from . import events
from .feature import Feature
from .folder.workspace import Workspace
from .open.rule_lists import list_rules
from .shared import Shared


class Upkeep:
    """Belongs to the event loop. ``features``: who hears of folders, settings and trust; ``spawn``
    starts what nobody waits for."""

    def __init__(
        self,
        shared: Shared,
        features: Callable[[], Iterable[Feature]],
        spawn: Callable[[Coroutine[Any, Any, object]], None],
    ) -> None:
        self._shared = shared
        self._features = features
        self._spawn = spawn

    async def touched(self, event: events.FilesTouched) -> None:
        missed = [w for w in self._shared.folders if w.misses(map(str, event.deleted))]
        self._shared.closed_files.forget(map(str, event.deleted))
        await self._changed_on_disk({*event.written, *event.deleted}, missed)

    async def renamed(self, event: events.FilesRenamed) -> None:
        missed = [w for w in self._shared.folders if w.misses(str(old) for old, _ in event.renames)]
        for old, new in event.renames:
            self._shared.closed_files.renamed(str(old), str(new))
        await self._changed_on_disk({path for pair in event.renames for path in pair}, missed)

    async def _changed_on_disk(
        self, paths: AbstractSet[Path], missed: Collection[Workspace]
    ) -> None:
        """Files, or folders with what lies in them; any of it may be a configuration. ``missed``:
        where the baseline has files that may be called otherwise now."""
        reload = [
            w
            for w in self._shared.folders
            if not paths.isdisjoint((*w.sources, w.config_path.parent))
        ]
        if reload:
            await self.reload(reload)
        if asking := [w for w in missed if w not in reload]:
            self._spawn(self.reload(asking))  # it waits for git
        if self._shared.folders.configuring(paths):
            self.analyse_again()
        if any(path.name in TEST_CONFIGURATIONS for path in paths):
            self._shared.sink.lenses_changed()
        # What is open is looked at when it is closed.
        open_paths = {document.path for document in self._shared.documents.values()}
        places = {place(path) for path in paths} - open_paths
        for workspace in self._shared.folders:
            self._shared.closed_files.look_again(workspace, places)

    def analyse_again(self) -> None:
        """A configuration changed: results under the old one are stale."""
        self._shared.tell_soon()
        self._shared.sink.lenses_changed()
        for document in self._shared.documents.values():
            document.analyse(again=True)
        for workspace in self._shared.folders:
            self._shared.closed_files.look_again(workspace, [str(workspace.root)], anew=True)

    async def roots_changed(self, event: events.RootsChanged) -> None:
        left = [found for root in event.removed if (found := self._shared.folders.remove(root))]
        for workspace in left:
            await self._shared.closed_files.leave(workspace)
        for root in event.added:
            self._shared.closed_files.enter(await self._shared.folders.open(root))
        for document in self._shared.documents.values():
            before = document.workspace
            document.workspace = await self._shared.folders.of(document.path)
            if document.workspace is not before:
                document.analyse(again=True)
                await self.leave_if_empty(before)
        self._follow()
        for workspace in left:
            await workspace.close()

    async def leave_if_empty(self, workspace: Workspace) -> None:
        if not workspace.loose or workspace not in self._shared.folders:
            return
        if not self._shared.documents.of(workspace):
            self._shared.folders.remove(workspace.root)
            await self._shared.closed_files.leave(workspace)
            await workspace.close()

    async def reload(self, workspaces: Iterable[Workspace]) -> None:
        for workspace in tuple(workspaces):
            if await self._shared.folders.load(workspace) and workspace in self._shared.folders:
                self.show_anew(workspace)
                for document in self._shared.documents.of(workspace):
                    document.analyse(again=True)
                self._shared.closed_files.look_again(workspace, [str(workspace.root)], anew=True)
                self._shared.sink.lenses_changed()
        self._follow()

    def show_anew(self, workspace: Workspace) -> None:
        """The same reports are seen otherwise."""
        for document in self._shared.documents.of(workspace):
            document.show_anew()
        self._shared.tell_soon()
        self._shared.closed_files.show(workspace)

    async def trust_decided(self, event: events.TrustDecided) -> None:
        changed = await self._shared.folders.decide(
            event.root, trusted=event.trusted, lasting=event.lasting
        )
        if not event.trusted:
            await self._stop(changed)
        if changed:
            await self.reload(changed)
            self.analyse_again()

    async def _stop(self, distrusted: Collection[Workspace]) -> None:
        """What is under way there began in trust, which it asks for only once: end it all."""
        for workspace in distrusted:
            for document in self._shared.documents.of(workspace):
                document.close()
        await self._shared.closed_files.stop(*distrusted)
        for workspace in distrusted:
            await self._shared.checks.versions.stop(workspace.root)
            for feature in self._features():
                await feature.stop(workspace)

    async def ignore(self, path: str, rules: Sequence[str]) -> None:
        """From now on, in the project that ``path`` lies in: its settings say so."""
        await self._list_rules(path, IGNORED, rules)

    async def fix_on_save(self, path: str, rule: str) -> None:
        """The same for who is fixed after each save."""
        await self._list_rules(path, FIXED_ON_SAVE, [rule])

    async def _list_rules(self, path: str, listed: RuleList, rules: Sequence[str]) -> None:
        workspace = await self._shared.folders.of(path)
        if await list_rules(workspace, self._shared.documents, self._shared.sink, listed, rules):
            await self.reload([workspace])

    def _follow(self) -> None:
        for feature in self._features():
            feature.follow()


def place(touched: Path) -> str:
    """Where files may have come, changed or gone."""
    return str(touched.parent if touched.name == ".gitignore" else touched)
