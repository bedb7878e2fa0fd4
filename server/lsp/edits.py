"""Edits of several files as one workspace edit, in the richest form that the client knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ..text import Lines
from . import convert

if TYPE_CHECKING:
    from ..app.fixing import FileFix
    from .server import Server

_FIX = "fix"


def workspace_edit(
    ls: Server, label: str, fixes: Sequence[FileFix], *, asks: bool = True
) -> lsp.WorkspaceEdit:
    """What is open and has another text by now is left out. With ``asks`` a client that knows
    annotations shows the edits before it makes them."""
    workspace = ls.client_capabilities.workspace
    known = workspace.workspace_edit if workspace else None
    edits = [each for fix in fixes if (each := _document_edit(ls, fix))]
    if known is None or not known.document_changes:
        changes = {each.text_document.uri: _plain(each) for each in edits}
        return lsp.WorkspaceEdit(changes=changes)
    if known.change_annotation_support is None or not asks:
        return lsp.WorkspaceEdit(document_changes=edits)
    annotated = [
        lsp.TextDocumentEdit(
            each.text_document,
            [lsp.AnnotatedTextEdit(_FIX, e.range, e.new_text) for e in _plain(each)],
        )
        for each in edits
    ]
    annotation = lsp.ChangeAnnotation(label, True, "Each was verified.")
    return lsp.WorkspaceEdit(document_changes=annotated, change_annotations={_FIX: annotation})


def _document_edit(ls: Server, fix: FileFix) -> lsp.TextDocumentEdit | None:
    path, text = fix.file.path, fix.file.text
    uri, version, lines = convert.to_uri(path), None, Lines(text)
    for shown in ls.documents.values():
        if convert.to_path(shown.uri) == path:
            if shown.text != text:
                return None
            uri, version, lines = shown.uri, shown.version, shown.lines
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(uri, version)
    edits = [convert.edit(each, lines, ls.encoding) for each in fix.offer.edits]
    return lsp.TextDocumentEdit(identifier, edits)


def _plain(edit: lsp.TextDocumentEdit) -> list[lsp.TextEdit]:
    return [each for each in edit.edits if isinstance(each, lsp.TextEdit)]
