"""What happens to documents and notebooks in the editor."""

from __future__ import annotations

from lsprotocol import types as lsp

from ..app import events
from ..notebooks import is_notebook
from ..text import Lines
from . import activity
from .convert import to_path
from .documents import Document
from .notebooks import OpenNotebook
from .part import Part
from .server import Server


def did_open(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    if (path := to_path(item.uri)) is None or is_notebook(path):
        return  # a notebook that is shown as text is one that is not open: as it is on disk
    ls.documents[item.uri] = Document(item.uri, item.version, Lines(item.text))
    ls.core.handle(events.Opened(item.uri, path, item.text, item.version, item.language_id))


def did_change(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    if (document := ls.documents.get(params.text_document.uri)) is None:
        return
    edits = document.change(params.content_changes, ls.encoding)
    document.version = params.text_document.version
    activity.heed_fix(ls, document)
    ls.core.handle(events.Edited(document.uri, document.text, document.version, edits))


def did_save(ls: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    ls.core.handle(events.Saved(params.text_document.uri))


def did_close(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    if ls.documents.pop(params.text_document.uri, None) is not None:
        ls.offered.pop(params.text_document.uri, None)
        ls.core.handle(events.Closed(params.text_document.uri))


def did_open_notebook(ls: Server, params: lsp.DidOpenNotebookDocumentParams) -> None:
    item = params.notebook_document
    if (path := to_path(item.uri)) is None or not is_notebook(path):
        return
    notebook = OpenNotebook(item, params.cell_text_documents)
    whole = notebook.whole
    ls.notebooks[item.uri], ls.documents[item.uri] = notebook, whole
    ls.core.handle(events.Opened(item.uri, path, whole.text, item.version, "python"))


def did_change_notebook(ls: Server, params: lsp.DidChangeNotebookDocumentParams) -> None:
    if (notebook := ls.notebooks.get(params.notebook_document.uri)) is None:
        return
    before = notebook.cells
    edits = notebook.change(params.change, ls.encoding)
    ls.publisher.forget(each.uri for each in before if each.uri not in notebook)
    if edits:  # what else a version tells of, such as that a cell has run, the core does not hear
        whole = notebook.whole
        whole.version = params.notebook_document.version
        ls.core.handle(events.Edited(whole.uri, whole.text, whole.version, edits))


def did_save_notebook(ls: Server, params: lsp.DidSaveNotebookDocumentParams) -> None:
    ls.core.handle(events.Saved(params.notebook_document.uri))


def did_close_notebook(ls: Server, params: lsp.DidCloseNotebookDocumentParams) -> None:
    uri = params.notebook_document.uri
    if (notebook := ls.notebooks.pop(uri, None)) is not None:
        del ls.documents[uri]
        ls.publisher.forget(each.uri for each in notebook.cells)
        ls.core.handle(events.Closed(uri))


PART = Part(
    {
        lsp.TEXT_DOCUMENT_DID_OPEN: did_open,
        lsp.TEXT_DOCUMENT_DID_CHANGE: did_change,
        lsp.TEXT_DOCUMENT_DID_SAVE: did_save,
        lsp.TEXT_DOCUMENT_DID_CLOSE: did_close,
        lsp.NOTEBOOK_DOCUMENT_DID_OPEN: did_open_notebook,
        lsp.NOTEBOOK_DOCUMENT_DID_CHANGE: did_change_notebook,
        lsp.NOTEBOOK_DOCUMENT_DID_SAVE: did_save_notebook,
        lsp.NOTEBOOK_DOCUMENT_DID_CLOSE: did_close_notebook,
    },
    options={lsp.TEXT_DOCUMENT_DID_SAVE: lsp.SaveOptions(include_text=False)},
)
