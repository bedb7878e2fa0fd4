"""Hover on a finding: why it matters."""

from __future__ import annotations

import asyncio
import re

from lsprotocol import types as lsp

from ..app.presentation.problems import hover
from ..model import Range
from .notebooks import lower
from .part import Part
from .server import Server

_LINK = re.compile(r"\[((?:\\.|[^\]])*)\]\(<?[^)>]*>?\)")
_MARKS = re.compile(r"\*\*(\w+)\*\*|\\(.)")


async def answer(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    if (found_at := ls.shown(params.text_document.uri)) is None:
        return None
    text, above = found_at
    document = ls.core.documents.get(text.uri)
    if document is None or document.version != text.version:
        return None
    asked = lsp.Position(params.position.line + above, params.position.character)
    at = ls.encoding.position(asked, text.lines)
    place = Range(at, at)
    found = [problem for problem in document.problems() if problem.lead.range.touches(place)]
    if not found:
        return None
    shown = lower(ls.encoding.to_lsp(found[0].lead.range, text.lines), -above)  # as it is now
    explained = await asyncio.gather(*map(ls.core.explanations.of, found))
    told = (
        hover(problem, why, document.versions)
        for problem, why in zip(found, explained, strict=True)
    )
    value = "\n\n---\n\n".join(told)
    kind = lsp.MarkupKind.Markdown
    if not _shows_markdown(ls.client_capabilities.text_document):
        kind, value = lsp.MarkupKind.PlainText, _plain(value)
    return lsp.Hover(lsp.MarkupContent(kind, value), shown)


def _shows_markdown(client: lsp.TextDocumentClientCapabilities | None) -> bool:
    """Also when it does not say what it shows."""
    formats = client.hover.content_format if client and client.hover else None
    return not formats or lsp.MarkupKind.Markdown in formats


def _plain(markdown: str) -> str:
    return _MARKS.sub(r"\1\2", _LINK.sub(r"\1", markdown))


PART = Part({lsp.TEXT_DOCUMENT_HOVER: answer})
