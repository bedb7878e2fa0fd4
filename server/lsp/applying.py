"""Changes of files as one workspace edit, so that open buffers and the editor's own undo work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types as lsp

from ..app.changes import Change, Entry, Kind, State, printable
from ..disk import mask, why
from ..model import Edit, Range
from ..text import Lines, opcodes
from . import convert

if TYPE_CHECKING:
    from ..app.trials import Applying
    from .server import Server

_CHANGE = "change"
_NEW_FILE, _NEW_FOLDER = 0o666, 0o777
"""What an editor gives what is new, without the bits of its mask: ours is the one it gave us."""

_Step = lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile


class _Operation(NamedTuple):
    kind: lsp.ResourceOperationKind
    what: str


_OPERATIONS: Mapping[type, _Operation] = {
    lsp.CreateFile: _Operation(lsp.ResourceOperationKind.Create, "is new"),
    lsp.RenameFile: _Operation(lsp.ResourceOperationKind.Rename, "has moved"),
    lsp.DeleteFile: _Operation(lsp.ResourceOperationKind.Delete, "is deleted"),
}


class Beyond(Exception):
    """An editor cannot do that: which file, and why, for people, without an end."""


Shown = Mapping[str, lsp.OptionalVersionedTextDocumentIdentifier | None]
"""What is open, by its path; None for a notebook."""


def shown_now(ls: Server) -> Shown:
    return {
        path: None
        if each.uri in ls.notebooks
        else lsp.OptionalVersionedTextDocumentIdentifier(each.uri, each.version)
        for each in ls.documents.values()
        if (path := convert.to_path(each.uri))
    }


async def resource_edit(ls: Server, applying: Applying, shown: Shown) -> lsp.WorkspaceEdit:
    """With change annotations, where the client knows them, the user confirms what is done; who
    does not know them changes texts alone, that end with a line: files would come and go unseen,
    and not as they are to be. What is ``shown`` was as on disk in that version: a client refuses
    the edit for a later one. Raises Beyond where the client cannot make all of it exactly so."""
    workspace = ls.client_capabilities.workspace
    known = workspace.workspace_edit if workspace else None
    # Who knows operations on files knows document changes, which alone carry them: Neovim says the
    # one and not the other.
    if known is None or not (known.document_changes or known.resource_operations):
        raise Beyond("this editor does not take changes of files from a server")
    annotates = known.change_annotation_support is not None and ls.confirms_files
    edit = _Edit(applying, shown, ls.encoding, _CHANGE if annotates else None)
    try:
        steps = await asyncio.to_thread(lambda: list(edit.steps()))
    except OSError as error:
        raise Beyond(why(error)) from error
    can = frozenset(known.resource_operations or ()) if annotates else frozenset()
    for step in steps:
        if (does := _OPERATIONS.get(type(step))) and does.kind not in can:
            raise Beyond(f"{_named(applying, step)} {does.what}, which this editor does not show")
    if not annotates:
        return lsp.WorkspaceEdit(document_changes=steps)
    tried = None if applying.undoes else "It was tried in the sandbox."
    annotation = lsp.ChangeAnnotation(applying.label, needs_confirmation=True, description=tried)
    return lsp.WorkspaceEdit(document_changes=steps, change_annotations={_CHANGE: annotation})


def _named(applying: Applying, step: _Step) -> str:
    uri = step.new_uri if isinstance(step, lsp.RenameFile) else getattr(step, "uri", "")
    return printable(str(Path(convert.to_path(uri) or uri).relative_to(applying.root)))


class _Edit:
    """Reads what stands on disk: for a thread."""

    def __init__(
        self,
        applying: Applying,
        shown: Shown,
        encoding: convert.Encoding,
        annotation: str | None,
    ) -> None:
        self._shown = shown
        self._encoding = encoding
        self._root = applying.root
        self._changes = applying.changes
        self._annotation = annotation
        self._mask = mask()
        self._gone = {
            each.path
            for each in applying.changes
            if each.kind is Kind.DELETED and each.before and each.before.is_folder
        }

    def steps(self) -> Iterator[_Step]:
        """What is renamed or made first, so that nothing is in the way; what goes last."""
        order = (Kind.RENAMED, Kind.CREATED, Kind.MODIFIED, Kind.DELETED, Kind.MODE)
        for change in sorted(self._changes, key=lambda each: order.index(each.kind)):
            yield from self._step(change)

    def _step(self, change: Change) -> Iterator[_Step]:
        before, after = change.before, change.after
        uri = self._uri(change.path)
        match change.kind:
            case Kind.CREATED if after and after.is_folder:
                self._want_usual(change.path, after.mode, _NEW_FOLDER)
                self._want_filled(change.path)
            case Kind.CREATED if after:
                self._want_usual(change.path, after.mode, _NEW_FILE)
                yield lsp.CreateFile(uri, annotation_id=self._annotation)
                if text := _text(change.path, after):
                    yield self._write(change.path, "", text)
            case Kind.DELETED:
                if before and not before.is_folder:
                    _want_file(change.path, before)
                if not self._goes_with_another(change.path):
                    options = lsp.DeleteFileOptions(recursive=change.path in self._gone)
                    yield lsp.DeleteFile(uri, options=options, annotation_id=self._annotation)
            case Kind.MODIFIED | Kind.RENAMED if before and after and before.mode == after.mode:
                if change.old:
                    old = self._uri(change.old)
                    yield lsp.RenameFile(old, uri, annotation_id=self._annotation)
                if before.digest != after.digest:
                    place = str(self._root / (change.old or change.path))
                    text = _text(change.path, replace(before, place=place))
                    new = self._ended(change.path, _text(change.path, after))
                    yield self._write(change.path, text, new)
            case _:
                raise _beyond(change.path, "gets other permissions")

    def _ended(self, path: str, text: str) -> str:
        """Who does not show what it makes may end the last line, too."""
        if self._annotation is None and text and not text.endswith("\n"):
            raise _beyond(path, "has a last line without an end, which this editor may add")
        return text

    def _uri(self, path: str) -> str:
        return convert.to_uri(self._root / path)

    def _want_usual(self, path: str, mode: int, new: int) -> None:
        """What is for fewer eyes, or can be run, does not come out so from an editor."""
        if mode != new & ~self._mask:
            usual = f"{new & ~self._mask:o}"
            raise _beyond(path, f"has the permissions {mode:o}, and an editor gives it {usual}")

    def _want_filled(self, folder: str) -> None:
        """An editor makes a folder only for what it puts there."""
        made = (each for each in self._changes if each.after and not each.after.is_folder)
        if not any(each.path.startswith(f"{folder}/") for each in made):
            raise _beyond(folder, "is an empty folder")

    def _goes_with_another(self, path: str) -> bool:
        return any(path.startswith(f"{folder}/") for folder in self._gone)

    def _write(self, path: str, before: str, after: str) -> lsp.TextDocumentEdit:
        """Line by line, so that cursors and marks stay where they are."""
        identifier = self._identifier(path)
        lines = Lines(before)
        plain = [convert.edit(each, lines, self._encoding) for each in line_edits(before, after)]
        if (annotation := self._annotation) is None:
            return lsp.TextDocumentEdit(identifier, plain)
        edits = [lsp.AnnotatedTextEdit(annotation, each.range, each.new_text) for each in plain]
        return lsp.TextDocumentEdit(identifier, edits)

    def _identifier(self, path: str) -> lsp.OptionalVersionedTextDocumentIdentifier:
        unknown = lsp.OptionalVersionedTextDocumentIdentifier(self._uri(path), None)
        if (identifier := self._shown.get(str(self._root / path), unknown)) is None:
            raise _beyond(path, "is open as a notebook")
        return identifier


def line_edits(before: str, after: str) -> Iterator[Edit]:
    """What makes the one text the other, line by line, from above to below."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = list(accumulate(map(len, old), initial=0))
    lines = Lines(before)
    for kind, first, last, begin, end in opcodes(old, new):
        if kind == "equal":
            continue
        start, stop, text = starts[first], starts[last], "".join(new[begin:end])
        if start == len(before) and before.endswith("\n") and text.endswith("\n"):
            # Before the last line's end, to the same effect: behind it, some put an empty line.
            start, stop, text = start - 1, stop - 1, f"\n{text[:-1]}"
        yield Edit(Range(lines.position(start), lines.position(stop)), text)


def _beyond(path: str, what: str) -> Beyond:
    return Beyond(f"{printable(path)} {what}")


def _want_file(path: str, state: State) -> None:
    if state.entry is not Entry.FILE:
        raise _beyond(path, f"is a {state.entry.name.lower()}")


def _text(path: str, state: State) -> str:
    """Lines that end otherwise than an editor writes them are not made exactly so by it."""
    _want_file(path, state)
    try:
        text = state.read().decode("utf-8")
    except UnicodeDecodeError:
        raise _beyond(path, "is no text in UTF-8") from None
    if "\r" in text or "\0" in text or text.startswith("\ufeff"):
        raise _beyond(path, "has lines that end otherwise than an editor ends them")
    return text
