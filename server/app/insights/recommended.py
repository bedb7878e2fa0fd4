"""Recommendations for the folders that are open, for the core. It does nothing by itself: it looks
when somebody asks."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...disk import why
from ...model import Edit
from ..feature import Feature
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..open.document import OpenDocument

if TYPE_CHECKING:  # what reads workflows is imported when somebody asks
    from ...insights.workflows.model import Workflow
    from .recommending import Outlook, Recommending, Standing


log = logging.getLogger(__name__)

_ENDS = (".yml", ".yaml", "akefile", "package.json", "noxfile.py")
"""Of the files in which edits can do something."""


class Offered(NamedTuple):
    """What can be done in an open document, by edits of its text."""

    root: Path
    id: str
    title: str
    edits: tuple[Edit, ...]


class Recommended(Feature):
    """Belongs to the event loop. What is asked for raises ValueError, for people, OSError and
    sqlite3.Error."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._open: dict[Path, Recommending] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def follow(self) -> None:
        wanted = {each.root for each in self._folders if not each.loose}
        for root in self._open.keys() - wanted:
            task = asyncio.get_running_loop().create_task(self._open.pop(root).close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        await asyncio.gather(*self._closing, *(each.close() for each in self._open.values()))
        self._open.clear()

    async def workflows(self) -> str:
        """How all of them are laid out and go, as Markdown."""
        from .workflow_listing import workflow_page

        return "\n".join([workflow_page(each) for each in await self._outlooks()])

    async def page(self) -> str:
        """What could be changed, as Markdown."""
        from .workflow_listing import recommendation_page

        return "\n".join([recommendation_page(each) for each in await self._outlooks()])

    async def open(self) -> list[tuple[Path, Standing]]:
        """What is proposed or accepted in all folders, the best of each first."""
        return [(e.root, one) for e in await self._outlooks() for one in e.stand.open]

    async def of(self, root: Path | None) -> Recommending:
        """Raises ValueError, for people, where that is no folder that is open, or one of several
        has to be named."""
        found = [each for each in self._rooted() if root in (None, each.root)]
        if len(found) != 1:
            folders = ", ".join(str(each.root) for each in self._rooted()) or "none"
            raise ValueError(f"one folder has to be named of those that are open ({folders})")
        return await self._opened(found[0])

    async def offers(self, document: OpenDocument, first: int, last: int) -> list[Offered]:
        """What is recommended on these rows of a workflow definition, and an edit does."""
        workspace = document.workspace
        inside = Path(document.path).is_relative_to(workspace.root)
        if workspace.loose or not inside or not document.path.endswith(_ENDS):
            return []
        path = Path(document.path).relative_to(workspace.root).as_posix()
        text = document.text
        found = await asyncio.to_thread(_offers, workspace.root, path, text, first, last)
        try:
            dismissed = await (await self._opened(workspace)).dismissed() if found else ()
        except (OSError, sqlite3.Error) as error:  # what nobody wants to see is not offered again
            log.warning("what was dismissed in %s is not known: %s", workspace.root, why(error))
            return []
        return [each for each in found if each.id not in dismissed]

    async def _outlooks(self) -> list[Outlook]:
        """Raises ValueError, for people, where there is none."""
        if not (rooted := self._rooted()):
            raise ValueError("no folder is open, and workflows are those of folders")
        return [await (await self._opened(each)).look() for each in rooted]

    def _rooted(self) -> list[Workspace]:
        return [each for each in self._folders if not each.loose]

    async def _opened(self, workspace: Workspace) -> Recommending:
        made = await asyncio.to_thread(_recommending)
        if workspace.root not in self._open:
            own = workspace.root, workspace.state, lambda: workspace.settings
            self._open[workspace.root] = made(*own)
        return self._open[workspace.root]


def _recommending() -> Callable[..., Recommending]:
    """For a thread: it takes long to import."""
    from .recommending import Recommending

    return Recommending


def _offers(root: Path, path: str, text: str, first: int, last: int) -> list[Offered]:
    from ...insights.recommend.model import id_of
    from ...insights.workflows.definitions.table import is_workflow
    from .reading import read, remedied

    workflow: Workflow | None = read(root, path, text) if is_workflow(path) else None
    found = []
    for issue in workflow.issues if workflow else ():
        if issue.remedy is None or not first <= issue.place.line - 1 <= last:
            continue
        try:
            made = remedied(root, id_of(issue), issue.remedy, text)
        except ValueError:
            continue
        found.append(Offered(root, id_of(issue), issue.remedy.title, made))
    return found
