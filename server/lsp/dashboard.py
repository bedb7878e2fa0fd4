"""The dashboard of the open folders, which a browser shows."""

from __future__ import annotations

from typing import Any

from ..app import commands
from .asking import asked, padded
from .browser import opened
from .part import Part
from .server import Server


async def show_dashboard(ls: Server, *given: Any) -> str | None:
    """Argument: ``link``, for who shows the page itself: the address is returned. Else the editor
    is to open it; one that cannot is told the address."""
    (how,) = padded(given, 1)
    link: str | None = await asked(ls, ls.core.dashboard.link)
    if link is None or how == "link":
        return link
    if not await opened(ls, link):
        ls.publisher.message(f"The dashboard, for one browser within a minute: {link}")
    return None


PART = Part(commands={commands.DASHBOARD: show_dashboard})
