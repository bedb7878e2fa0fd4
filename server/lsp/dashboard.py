"""The dashboard of the open folders, which a browser shows."""

from __future__ import annotations

from lsprotocol import types as lsp

from ..app import commands
from .asking import asked
from .part import Part
from .server import Server


async def show_dashboard(ls: Server) -> None:
    """Have the editor open it; one that cannot is told the address."""
    link = await asked(ls, ls.core.dashboard.link)
    if link is None:
        return
    window = ls.client_capabilities.window
    if window is not None and window.show_document is not None and window.show_document.support:
        wanted = lsp.ShowDocumentParams(uri=link, external=True)
        if (await ls.window_show_document_async(wanted)).success:
            return
    ls.publisher.message(f"The dashboard, for one browser within a minute: {link}")


PART = Part(commands={commands.DASHBOARD: show_dashboard})
