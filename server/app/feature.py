"""What hangs into the core: named once, in ``core.Core``, it hears of all that happens."""

from __future__ import annotations

from collections.abc import Iterable

from . import events
from .folder.workspace import Workspace


class Feature:
    """Belongs to the event loop, which never waits for it. What one does not care for it leaves as
    it is here."""

    def follow(self) -> None:
        """Other folders are open, or other settings hold in them."""

    def happened(self, event: events.Event) -> None:
        """The core has taken it. Cheap enough for every keystroke."""

    async def heed(self) -> None:
        """A moment has passed, in which others may have done something of which nobody tells. Cheap
        where they did not."""

    async def stop(self, workspace: Workspace) -> None:
        """The workspace is trusted no more: what is under way there began in trust."""

    @property
    def troubles(self) -> Iterable[str]:
        """What is wrong, for the status; empty where nothing is."""
        return ()

    async def close(self) -> None:
        """Returns when all that it started is gone."""
