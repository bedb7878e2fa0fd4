"""Safe fixes that are made after a save. The save was told of when this begins: it never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from ...text import apply
from ..sinks import FileFix, Sink
from .actions import Actions
from .document import OpenDocument

SAFE = "safe"
"""In ``fixes.onSave``: every rule that has a safe fix."""


class _Made(NamedTuple):
    """Neither text is fixed again: who undoes a fix does not want it, and who saves it has it."""

    before: str
    after: str


class FixOnSave:
    """Belongs to the event loop; of each document the newest save counts."""

    def __init__(
        self,
        actions: Actions,
        sink: Sink,
        task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._actions = actions
        self._sink = sink
        self._task = task
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._made: dict[str, _Made] = {}

    def saved(self, document: OpenDocument) -> None:
        self.give_up(document.uri)
        rules = document.workspace.settings.fixes.on_save
        if rules and document.text not in self._made.get(document.uri, ()):
            fixing = self._task(self._fix(document, frozenset(rules), document.version))
            self._under_way[document.uri] = fixing

    def give_up(self, uri: str) -> None:
        """The document was saved again, or is closed."""
        if (fixing := self._under_way.pop(uri, None)) is not None:
            fixing.cancel()

    def closed(self, uri: str) -> None:
        self.give_up(uri)
        self._made.pop(uri, None)

    def made(self, uri: str, fix: FileFix) -> None:
        """The editor has made it; one that it refused is tried again with the next save."""
        self._made[uri] = _Made(fix.file.text, apply(fix.file.text, fix.offer.edits))

    async def _fix(self, document: OpenDocument, rules: frozenset[str], version: int) -> None:
        if document.version != version:
            return
        fix = await self._actions.fix_new(document, None if SAFE in rules else rules)
        if fix is not None and document.version == version:
            self._sink.fix(document.uri, fix)
