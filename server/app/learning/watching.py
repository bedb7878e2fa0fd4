"""The log of one folder: what is done there is written down, and what git notes of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ...automations.commits import Commits
from ...automations.mining.groups import detail_of
from ...automations.mining.history import Op
from ...disk import why
from ...git import GitError, Operation
from ...settings import load, project_file, read_layers, user_file
from ...store.activity import ACTIVITY, FILE, Activity, Did, Log, Mark
from ...store.database import Database
from ..folder.workspace import Workspace

_ENABLED = ("activity", "enabled")
_DONE = {"A": Did.CREATED, "D": Did.DELETED, "R": Did.MOVED}


class Watching:
    """Belongs to the event loop. Everything raises sqlite3.Error and OSError."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = Database(workspace.state / FILE, ACTIVITY)
        self.log = Log(self._database)
        self._commits: Commits | None = None
        self._looking = asyncio.Lock()
        self._seen: tuple[bool, int, int, int] | None = None
        self._unseen = ""

    @property
    def problem(self) -> str:
        """What there is to say of the database, and of what git notes; empty when nothing is."""
        return ". ".join(filter(None, (self._database.problem, self._unseen)))

    async def close(self) -> None:
        await self._database.close()

    async def note(self, activities: Iterable[Activity]) -> None:
        """Write down what was done."""
        settings = self._workspace.settings.activity
        if settings.enabled:
            await self.log.add([*activities], settings.max_tasks)

    async def look_at_git(self) -> None:
        """Write down what was committed since the last look, of whichever process. What is not to
        be remembered is looked through, too, so that it is not written down later; and of what was
        done before the settings were changed, while nobody looked, it is not known whether it was
        to be. A workspace without git has none; what git notes and cannot be read is a
        ``problem``, and no more."""
        async with self._looking:
            if (commits := await self._there()) is None:
                return
            enabled = self._workspace.settings.activity.enabled
            try:
                seen = enabled, *await asyncio.to_thread(commits.look)
                if seen != self._seen:
                    while not await self._look(commits):
                        pass  # the other one is done, and there may be more by now
                    self._seen = seen
            except OSError as error:
                self._unseen = f"the commits of {self._workspace.root} are not seen: {why(error)}"
            else:
                self._unseen = ""

    async def _look(self, commits: Commits) -> bool:
        """False where another process was faster."""
        settings = self._workspace.settings.activity
        was = await self.log.looked()
        found, now = await asyncio.to_thread(commits.new, was)
        now = now._replace(off=not settings.enabled)
        if now == was:
            return True
        if now.off or was.off or await self.log.paused():
            found = []
        if found:
            since = await asyncio.to_thread(_holds_since, self._workspace.root, was)
            found = [each for each in found if each.at >= since]
        kept = found[max(0, len(found) - settings.max_tasks) :]
        done = await asyncio.to_thread(_with_files, commits, kept)
        return await self.log.look(was, now, done, settings.max_tasks)

    @property
    def follows_git(self) -> bool:
        """Whether there is a repository to look at."""
        return self._commits is not None

    async def git_wrote(self, since: float, until: float) -> bool:
        """Whether git has written files by itself between those times, as for a switch of
        branches."""
        commits = await self._there()
        with contextlib.suppress(OSError):
            return commits is not None and await asyncio.to_thread(commits.wrote, since, until)
        return False

    async def _there(self) -> Commits | None:
        if self._commits is None:
            with contextlib.suppress(GitError):
                self._commits = await asyncio.to_thread(Commits, self._workspace.root)
        return self._commits


def _holds_since(root: Path, was: Mark) -> float:
    """When the settings that hold were written, in seconds since the epoch: what was done before,
    and not seen, may not have been to be remembered. At first, that is so where they say whether
    anything is. A file that was taken away was so when its folder was written."""
    if was.is_first:
        sources = load(read_layers(root), trusted=True).sources
        files = [each.path for each in sources if each.path and each.has(_ENABLED)]
    else:
        files = [user_file(os.environ), project_file(root)]
    return max((_written(each) for each in files), default=0.0)


def _written(file: Path) -> float:
    for place in (file, file.parent):
        with contextlib.suppress(OSError):
            return float(int(place.stat().st_mtime))  # git tells of seconds
    return 0.0


def _with_files(commits: Commits, found: Sequence[Activity]) -> list[Activity]:
    """Each commit with what it did to files."""
    told = commits.operations([each.old for each in found if each.did is Did.COMMITTED])
    return [
        replace(each, detail=detail_of(_ops(told.get(each.old, ()))))
        if each.did is Did.COMMITTED
        else each
        for each in found
    ]


def _ops(told: Iterable[Operation]) -> Iterator[Op]:
    for status, old, new in told:
        if status in _DONE:
            yield Op(_DONE[status], new or old, old if status == "R" else "")
