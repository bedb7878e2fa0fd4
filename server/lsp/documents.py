"""The client's open documents, kept in step with incremental changes.

This replaces pygls' own copy, whose ``str.splitlines`` also breaks lines at form feeds and at
Unicode separators, which neither LSP nor Python does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types as lsp

from ..model import Edit, Position, Range
from ..text import Lines, apply
from .convert import Encoding


@dataclass(slots=True)
class Document:
    uri: str
    version: int
    lines: Lines

    @property
    def text(self) -> str:
        return self.lines.text

    def change(
        self, changes: Sequence[lsp.TextDocumentContentChangeEvent], encoding: Encoding
    ) -> tuple[Edit, ...]:
        """Apply the changes in order; the edits they were, in the vocabulary's positions."""
        edits: list[Edit] = []
        for change in changes:
            if isinstance(change, lsp.TextDocumentContentChangePartial):
                edit = Edit(encoding.range(change.range, self.lines), change.text)
                if edit.range.end < edit.range.start:
                    edit = Edit(Range(edit.range.end, edit.range.start), edit.text)
            else:
                whole = Range(Position(0, 0), self.lines.position(len(self.text)))
                edit = Edit(whole, change.text)
            self.lines = Lines(apply(self.text, [edit]))
            edits.append(edit)
        return tuple(edits)
