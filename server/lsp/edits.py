"""Edits of several files as one workspace edit, in the richest form that the client knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ..model import Edit
from ..text import Lines
from . import convert
from .documents import Document

if TYPE_CHECKING:
    from ..app.sinks import FileFix
    from .server import Server

_FIX = "fix"


def workspace_edit(
    ls: Server, label: str, fixes: Sequence[FileFix], *, asks: bool = True
) -> lsp.WorkspaceEdit:
    """What is open and has another text by now is left out. With ``asks`` a client that knows
    annotations shows the edits before it makes them."""
    workspace = ls.client_capabilities.workspace
    known = workspace.workspace_edit if workspace else None
    edits = [each for fix in fixes for each in _document_edits(ls, fix)]
    if known is None or not known.document_changes:
        changes = {each.text_document.uri: plain(each) for each in edits}
        return lsp.WorkspaceEdit(changes=changes)
    if known.change_annotation_support is None or not asks:
        return lsp.WorkspaceEdit(document_changes=edits)
    annotated = [
        lsp.TextDocumentEdit(
            each.text_document,
            [lsp.AnnotatedTextEdit(_FIX, e.range, e.new_text) for e in plain(each)],
        )
        for each in edits
    ]
    annotation = lsp.ChangeAnnotation(label, True, "Each was verified.")
    return lsp.WorkspaceEdit(document_changes=annotated, change_annotations={_FIX: annotation})


def _document_edits(ls: Server, fix: FileFix) -> list[lsp.TextDocumentEdit]:
    path, text = fix.file.path, fix.file.text
    for shown in ls.documents.values():
        if convert.to_path(shown.uri) == path:
            return document_edits(ls, shown, fix.offer.edits) if shown.text == text else []
    lines = Lines(text)
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(convert.to_uri(path), None)
    edits = [convert.edit(each, lines, ls.encoding) for each in fix.offer.edits]
    return [lsp.TextDocumentEdit(identifier, edits)]


def document_edits(
    ls: Server, shown: Document, edits: Iterable[Edit]
) -> list[lsp.TextDocumentEdit]:
    """Edits of an open document, or of the cells of a notebook; none where one is in several
    cells."""
    notebook = ls.notebooks.get(shown.uri)
    found: dict[str, tuple[Document, list[lsp.TextEdit]]] = {}
    for edit in edits:
        try:
            document, own = notebook.own(edit) if notebook else (shown, edit)
        except ValueError:
            return []
        _, listed = found.setdefault(document.uri, (document, []))
        listed.append(convert.edit(own, document.lines, ls.encoding))
    return [
        lsp.TextDocumentEdit(
            lsp.OptionalVersionedTextDocumentIdentifier(document.uri, document.version), listed
        )
        for document, listed in found.values()
    ]


def plain(edit: lsp.TextDocumentEdit) -> list[lsp.TextEdit]:
    return [each for each in edit.edits if isinstance(each, lsp.TextEdit)]
