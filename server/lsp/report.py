"""The report of what was saved: handed to an editor that shows pages, else opened in a browser,
else as Markdown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..app import commands
from .asking import asked, padded, root_of
from .browser import opened
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.insights.efficiency import Report

_PAGE = "html"


async def show(ls: Server, *given: Any) -> Any:
    """Arguments: a folder (null: all), and "html" for the page of the first. Otherwise null where a
    browser shows it, Markdown where none does."""
    root, form = padded(given, 2)
    return await asked(ls, lambda: _show(ls, root_of(root), form))


async def _show(ls: Server, root: Path | None, form: Any) -> str | None:
    """Raises ValueError, OSError."""
    from ..app.insights.efficiency import reports

    found = await reports(ls.core.folders, root)
    if form == _PAGE:
        return await asyncio.to_thread(lambda: found[0].html)
    if await _opened(ls, found):
        return None
    return "\n".join(each.markdown for each in found)


async def _opened(ls: Server, found: Sequence[Report]) -> bool:
    """Whether the editor has a browser show all of them."""
    for each in found:
        file = await asyncio.to_thread(each.write)
        if not await opened(ls, file.as_uri()):
            return False
    return True


PART = Part(commands={commands.EFFICIENCY: show})
