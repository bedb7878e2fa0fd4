"""Hover on a finding: why it matters."""

from __future__ import annotations

from lsprotocol import types as lsp

from ..app import presentation
from ..model import Range
from .server import Server


def answer(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    uri = params.text_document.uri
    text, document = ls.documents.get(uri), ls.core.documents.get(uri)
    if text is None or document is None or document.version != text.version:
        return None
    at = ls.encoding.position(params.position, text.lines)
    place = Range(at, at)
    found = [problem for problem in document.problems() if problem.lead.range.touches(place)]
    if not found:
        return None
    value = "\n\n---\n\n".join(presentation.hover(problem) for problem in found)
    return lsp.Hover(
        lsp.MarkupContent(lsp.MarkupKind.Markdown, value),
        ls.encoding.to_lsp(found[0].lead.range, text.lines),
    )
