"""Several workspaces at once, and who waits for changes in them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .parts import Part
from .watched import Watched, watched

log = logging.getLogger(__name__)


class Change(NamedTuple):
    """``revision`` grows with each change of all."""

    revision: int
    workspace: str
    part: Part


class Overview:
    """Belongs to the event loop. ``workspaces`` by their ids, in the order in which they were
    named."""

    def __init__(self, workspaces: Collection[Watched]) -> None:
        self.workspaces = {each.id: each for each in workspaces}
        self.revision = 0
        self.is_closed = False
        self._changes: dict[tuple[str, Part], int] = {}
        self._news = asyncio.Condition()
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None
        self._following: list[asyncio.Task[None]] = []
        self._announcing: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """See how all is now, or how it was when all was closed. Whoever does not wait until that
        is known is told of it as of any change."""
        if self.is_closed:
            return
        looking = self._looking
        if looking is None or looking.done():
            looking = self._looking = asyncio.create_task(self._look())
        await asyncio.wait((looking,))  # none who waits ends it, and its end is none of theirs
        if not looking.cancelled():
            looking.result()

    async def _look(self) -> None:
        for each in self.workspaces.values():
            await each.look(partial(self._note, each.id))

    def since(self, revision: int) -> list[Change]:
        """What has changed after it, each part once, the oldest first."""
        newer = [Change(at, *key) for key, at in self._changes.items() if at > revision]
        return sorted(newer)

    async def changes(self, revision: int) -> AsyncGenerator[list[Change], None]:
        """What has changed after ``revision``, and then what changes, as soon as it does; until all
        is closed."""
        self._follow()
        try:
            while not self.is_closed:
                if news := self.since(revision):
                    revision = news[-1].revision
                    yield news
                else:
                    await self._next()
        finally:
            self._leave()

    async def _next(self) -> None:
        async with self._news:
            await self._news.wait()

    def _follow(self) -> None:
        self._waiting += 1
        if not self._following:
            self._following = [
                asyncio.create_task(self._follow_one(each)) for each in self.workspaces.values()
            ]

    def _leave(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._stop()

    def _stop(self) -> list[asyncio.Task[None]]:
        stopped, self._following = self._following, []
        for task in stopped:
            task.cancel()
        return stopped

    async def _follow_one(self, workspace: Watched) -> None:
        try:
            await workspace.follow(partial(self._note, workspace.id))
        except Exception:  # one workspace that goes wrong keeps no other from being followed
            log.exception("changes in %s are not seen any more", workspace.root)

    def _note(self, workspace: str, part: Part) -> None:
        self.revision += 1
        self._changes[workspace, part] = self.revision
        announcing = asyncio.get_running_loop().create_task(self._announce())
        self._announcing.add(announcing)
        announcing.add_done_callback(self._announcing.discard)

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def close(self) -> None:
        """Who waits for changes need not wait any more; returns when nothing is looked at."""
        self.is_closed = True
        await self._announce()
        looking = [self._looking] if self._looking is not None else []
        for task in looking:
            task.cancel()
        tasks = (*looking, *self._stop(), *self._announcing)
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def overview(roots: Mapping[Path, bool | None]) -> AsyncIterator[Overview]:
    """``roots`` with whether each is trusted; None: what is decided on disk holds. On leaving,
    everything that was started is gone. Raises OSError (the state folder)."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(watched(root, trusted=trusted))
            for root, trusted in roots.items()
        ]
        found = Overview(opened)
        try:
            yield found
        finally:
            await found.close()
