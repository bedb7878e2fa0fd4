"""What is shown in a browser, which the editor opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from .server import Server


async def opened(ls: Server, uri: str) -> bool:
    """Whether the editor has a browser show it."""
    window = ls.client_capabilities.window
    if not (window and window.show_document and window.show_document.support):
        return False
    try:
        answer = await ls.window_show_document_async(lsp.ShowDocumentParams(uri, external=True))
    except JsonRpcException:
        return False
    return answer.success
