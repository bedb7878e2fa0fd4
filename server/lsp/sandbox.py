"""Commands in the sandbox: tried, looked at, and what they would change made in the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..disk import LARGEST_FILE, read_regular
from ..text import decode
from . import convert
from .asking import asked, padded, root_of
from .server import Server


async def run(ls: Server, *given: Any) -> Any:
    """Arguments: a command in one line, a folder, which may be left out where one is open."""
    line, root = padded(given, 2)
    return await asked(ls, _tried(ls, str(line or ""), root_of(root)))


async def show(ls: Server) -> Any:
    """A diff, or a sentence when there is none."""
    return await asked(ls, _changes(ls))


async def _tried(ls: Server, line: str, root: Path | None) -> Mapping[str, Any] | None:
    """None when the user does not agree to the level. Raises ValueError, OSError."""
    ready = await ls.core.trials.ready(line, root)
    if ready.question:
        instead = "understudy sandbox run"
        if not await ls.publisher.agrees(ready.question, "Run", instead):
            return None
    done = await ls.core.trials.run(ready, await _unsaved(ls))
    ls.publisher.message(done.said, error=not done.trial.is_clean)
    return done.payload


async def _changes(ls: Server) -> str:
    return await ls.core.trials.changes() or "It would change nothing."


async def _unsaved(ls: Server) -> list[str]:
    """The paths of documents that are open and not as on disk."""
    texts = {
        path: document.text
        for document in ls.documents.values()
        if (path := convert.to_path(document.uri)) and path.startswith("/")
    }
    return await asyncio.to_thread(_differing, texts)


def _differing(texts: Mapping[str, str]) -> list[str]:
    return [path for path, text in texts.items() if _on_disk(path) != text]


def _on_disk(path: str) -> str | None:
    try:
        return decode(read_regular(path, LARGEST_FILE))
    except (OSError, ValueError):
        return None
