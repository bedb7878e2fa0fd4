"""The client's open notebooks. The core knows one as a document of its own name, whose text is that
of its Python cells (``notebooks``); here what is said of it is told of its cells, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types as lsp

from .. import notebooks
from ..model import Edit, Position, Range
from ..text import Lines
from .convert import Encoding
from .documents import Document

SYNC = lsp.NotebookDocumentSyncOptions(
    [
        lsp.NotebookDocumentFilterWithCells(
            notebook=lsp.NotebookDocumentFilterNotebookType("jupyter-notebook"),
            cells=[lsp.NotebookCellLanguage("python")],
        )
    ],
    save=True,
)


class OpenNotebook:
    """``whole`` is the document that the core knows, ``book`` its cells, numbered from 0."""

    def __init__(self, item: lsp.NotebookDocument, texts: Sequence[lsp.TextDocumentItem]) -> None:
        self._order = [cell.document for cell in item.cells]
        self._texts: dict[str, Document] = {}
        self._open(texts)
        self.whole = Document(item.uri, item.version, Lines(""))
        self._settle()

    def __contains__(self, uri: str) -> bool:
        return uri in self._above

    @property
    def cells(self) -> list[Document]:
        """Those in Python, in order."""
        return [self._texts[uri] for uri in self._order if uri in self._texts]

    def change(
        self, change: lsp.NotebookDocumentChangeEvent, encoding: Encoding
    ) -> tuple[Edit, ...]:
        """Apply a change; the edits of the whole that it comes to, made one by one."""
        if change.cells is None:
            return ()
        edits: list[Edit] = []
        if (structure := change.cells.structure) is not None:
            before = self.whole.text
            start, count = structure.array.start, structure.array.delete_count
            new = [cell.document for cell in structure.array.cells or ()]
            self._order[start : start + count] = new
            for closed in structure.did_close or ():
                self._texts.pop(closed.uri, None)
            self._open(structure.did_open or ())
            self._settle()
            edits += difference(before, self.whole.text)
        if contents := change.cells.text_content:
            edits += self._edit(contents, encoding)
            self._settle()
        return tuple(edits)

    def _edit(
        self, contents: Iterable[lsp.NotebookDocumentCellContentChanges], encoding: Encoding
    ) -> Iterator[Edit]:
        """From the last cell up: so each is still below the rows that were above it before."""
        here = [each for each in contents if each.document.uri in self]
        for content in sorted(here, key=lambda each: self._above[each.document.uri], reverse=True):
            cell, above = self._texts[content.document.uri], self._above[content.document.uri]
            own = cell.change(content.changes, encoding)
            cell.version = content.document.version
            yield from (Edit(notebooks.moved(edit.range, above), edit.text) for edit in own)

    def _open(self, items: Iterable[lsp.TextDocumentItem]) -> None:
        for item in items:
            if item.language_id == "python":
                self._texts[item.uri] = Document(item.uri, item.version, Lines(item.text))

    def _settle(self) -> None:
        self._shown = self.cells
        self.book = notebooks.of((at, each.text) for at, each in enumerate(self._shown))
        uris = (each.uri for each in self._shown)
        rows = (cell.row for cell in self.book.cells)
        self._above = dict(zip(uris, rows, strict=True))
        self.whole.lines = Lines(self.book.text)

    def above(self, uri: str) -> int:
        """How many rows of the whole are above a cell."""
        return self._above[uri]

    def cell_at(self, row: int) -> tuple[Document, int] | None:
        """The cell that a row belongs to, and the rows above it; None where there is no cell."""
        if not self._shown:
            return None
        cell = self.book.cell_at(row)
        return self._shown[cell.number], cell.row

    def diagnostics(
        self, told: Iterable[lsp.Diagnostic], encoding: Encoding
    ) -> Iterator[tuple[Document, list[lsp.Diagnostic]]]:
        """Of each cell what is said of it, at its own rows."""
        by_cell: dict[str, list[lsp.Diagnostic]] = {each.uri: [] for each in self._shown}
        for each in told:
            if (found := self.cell_at(each.range.start.line)) is not None:
                cell, above = found
                each.range = within(each.range, cell, above, encoding)
                by_cell[cell.uri].append(each)
        yield from ((cell, by_cell[cell.uri]) for cell in self._shown)

    def own(self, edit: Edit) -> tuple[Document, Edit]:
        """The cell that an edit of the whole is in, and the edit of that. Raises ValueError when it
        is in several."""
        (start, end), text = edit
        if (found := self.cell_at(start.line)) is None:
            raise ValueError("there is no cell")
        cell, above = found
        start, end = notebooks.moved(edit.range, -above)
        rows = len(cell.lines)
        if end >= Position(rows, 1):
            raise ValueError("it is in several cells")
        if end.line == rows:
            # Behind a cell there is a line end that is none of its own.
            last = Position(rows - 1, len(cell.lines.line(rows - 1)))
            if start.line == rows:
                start, text = last, f"\n{text}"
            elif not text and start.column == 0 and start.line:
                start = Position(start.line - 1, len(cell.lines.line(start.line - 1)))
            text, end = text.removesuffix("\n"), last
        return cell, Edit(Range(start, end), text)


def seen_from(book: notebooks.Notebook, here: int, row: int) -> tuple[str, int]:
    """What the cell of a row is called in that of ``here``, and the rows above it. It has no
    number: cells that are not in Python count too, and the client does not tell of them."""
    own, cell = book.cell_at(here), book.cell_at(row)
    if cell == own:
        return "this cell", cell.row
    return f"a cell {'above' if cell.row < own.row else 'below'}", cell.row


def within(range_: lsp.Range, cell: Document, above: int, encoding: Encoding) -> lsp.Range:
    """A range of the whole, as rows of a cell; what is longer ends with the cell."""
    start = lsp.Position(range_.start.line - above, range_.start.character)
    end = lsp.Position(range_.end.line - above, range_.end.character)
    if end.line >= len(cell.lines):
        last = cell.lines.line(len(cell.lines) - 1)
        end = lsp.Position(len(cell.lines) - 1, encoding.units(last, len(last)))
    return lsp.Range(start, end)


def lower(range_: lsp.Range, rows: int) -> lsp.Range:
    """So many rows further down."""
    start, end = range_.start, range_.end
    return lsp.Range(
        lsp.Position(start.line + rows, start.character),
        lsp.Position(end.line + rows, end.character),
    )


def difference(old: str, new: str) -> list[Edit]:
    """One edit that makes a text of another, of the rows that differ."""
    was, now = old.split("\n"), new.split("\n")
    most = min(len(was), len(now))
    same = next((at for at in range(most) if was[at] != now[at]), most)
    begin = min(len(old), len(new), sum(len(row) + 1 for row in was[:same]))
    tail = next((at for at in range(most) if was[-1 - at] != now[-1 - at]), most)
    end = sum(len(row) + 1 for row in was[len(was) - tail :])
    end = min(end, len(old) - begin, len(new) - begin)
    lines = Lines(old)
    place = Range(lines.position(begin), lines.position(len(old) - end))
    return [Edit(place, new[begin : len(new) - end])] if old != new else []
