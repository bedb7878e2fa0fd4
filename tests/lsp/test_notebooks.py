"""Notebooks in an editor: each cell has what belongs to it, also while cells come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from understudy import notebooks
from understudy.app.core import Core
from understudy.lsp import sync
from understudy.lsp.convert import Encoding
from understudy.lsp.notebooks import OpenNotebook, difference
from understudy.lsp.server import Server
from understudy.notebooks import join
from understudy.text import apply as applied

from ..core.support import until
from ..unit.test_notebooks import MARKDOWN, SOURCES, file, source
from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .test_actions import begins
from .text import Json

NOTEBOOKS: Json = CAPABILITIES | {"notebookDocument": {"synchronization": {}}}
EVAL = ["Bandit, Ruff B307"]


async def opened(start: Start, workspace: Path, *cells: str) -> tuple[Editor, str, list[Buffer]]:
    editor: Editor = await start(capabilities=NOTEBOOKS)
    uri = (workspace / "b.ipynb").as_uri()
    return editor, uri, editor.open_notebook(uri, *cells)


def lines(editor: Editor, cell: Buffer) -> list[int]:
    return sorted(each["range"]["start"]["line"] for each in editor.shown(cell))


async def test_every_cell_has_what_is_said_of_it(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(
        start, workspace, "%pip list\nimport os\n", "%%bash\nls", 'é = "😀"; x = eval("1")', "y = 1"
    )
    assert editor.server["notebookDocumentSync"]["save"] is True
    await editor.until(lambda: editor.found(cells[2]) == EVAL)
    await editor.sees(cells[0], "Ruff F401")
    assert lines(editor, cells[0]) == [1]
    (found,) = editor.shown(cells[2])
    assert found["range"] == {
        "start": {"line": 0, "character": 14},
        "end": {"line": 0, "character": 23},
    }
    assert not editor.shown(uri)
    assert not editor.shown(cells[1])
    assert not editor.shown(cells[3])


async def test_a_fix_lands_in_its_cell(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(start, workspace, "!ls\nz = 2", "import os", "x = 1")
    await editor.sees(cells[1], "Ruff F401")
    await editor.idle()
    fix = begins(await editor.actions(cells[1], "os"), "Fix: Remove unused import")
    assert [each["code"] for each in fix["diagnostics"]] == ["F401"]
    await editor.choose(fix)
    assert [cell.text.strip() for cell in cells] == ["!ls\nz = 2", "", "x = 1"]
    editor.notify("notebookDocument/didSave", {"notebookDocument": {"uri": uri}})
    await editor.sees(cells[1])


async def test_a_fix_may_need_another_cell(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(start, workspace, "z = 2", '!ls\nx = eval("1")')
    await editor.until(lambda: editor.found(cells[1]) == EVAL)
    await editor.idle()
    await editor.choose(begins(await editor.actions(cells[1], "eval"), "Fix: Use ast.literal_eval"))
    assert cells[1].text == '!ls\nx = ast.literal_eval("1")'
    assert cells[0].text.split() == ["import", "ast", "z", "=", "2"]
    editor.notify("notebookDocument/didSave", {"notebookDocument": {"uri": uri}})
    await editor.sees(cells[1])


async def test_ignoring_is_said_beside_the_finding(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(start, workspace, "%cd ..", "y = 1\nassert y")
    await editor.sees(cells[1], "Ruff, Bandit S101")
    await editor.idle()
    await editor.choose(begins(await editor.actions(cells[1], "assert"), "Ignore S101, B101 here"))
    assert cells[1].text.startswith("y = 1\nassert y  # ")
    editor.notify("notebookDocument/didSave", {"notebookDocument": {"uri": uri}})
    await editor.sees(cells[1])
    assert cells[0].text == "%cd .."


async def test_findings_stay_with_their_cells(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(
        start, workspace, "a = 1", "import os\nx = eval('1')", "b = 1"
    )
    both = [*EVAL, "Ruff F401"]
    await editor.until(lambda: editor.found(cells[1]) == both)
    new = editor.cell(uri, "assert a\nc = 2\n")
    editor.splice(uri, 0, [cells[0]], [new])
    editor.edit(cells[1], "import os", "import os\n\n")
    editor.notify("notebookDocument/didSave", {"notebookDocument": {"uri": uri}})
    await editor.sees(new, "Ruff, Bandit S101")
    assert editor.found(cells[1]) == both
    await editor.until(lambda: lines(editor, cells[1]) == [0, 3])
    editor.splice(uri, 1, [cells[1]], [])
    await editor.until(lambda: not editor.shown(cells[1]))


async def test_a_hover_and_a_reason_speak_of_the_cell(start: Start, workspace: Path) -> None:
    editor, _, cells = await opened(start, workspace, "a = 1\n", "b = 1\nx = eval('1')")
    await editor.until(lambda: editor.found(cells[1]) == EVAL)
    await editor.idle()
    assert "B307" in (await editor.hover(cells[1], "eval") or "")
    assert await editor.hover(cells[0], "a") is None
    assert "Explain B307 in line 2" in await editor.actions(cells[1], "eval")


async def test_a_hover_outlives_the_run_of_a_cell(start: Start, workspace: Path) -> None:
    editor, uri, cells = await opened(start, workspace, "x = eval('1')")
    await editor.until(lambda: editor.found(cells[0]) == EVAL)
    await editor.idle()
    ran = {"kind": 2, "document": cells[0].uri, "executionSummary": {"executionOrder": 1}}
    editor.change_notebook(uri, {"data": [ran]}, metadata={"kernel": "python3"})
    assert "B307" in (await editor.hover(cells[0], "eval") or "")


async def test_reasons_count_no_cells_where_not_all_are_known(
    start: Start, workspace: Path
) -> None:
    """A client does not tell of those in Markdown, which have numbers too."""
    first = "# understudy: ignore-file[B101] -- so\nx = 1\n"
    editor, uri, cells = await opened(start, workspace, first, "y = 1\nassert y")
    await editor.idle()  # in between, what Ruff says may be shown, and need not be
    assert not editor.shown(cells[1])
    reasons = await editor.command("explain", uri, 6, "B101")
    told = {each["kind"]: each["text"] for each in reasons}
    assert "says so in line 2 of this cell: " in told["found"]
    assert told["ignored-by-comment"].startswith("A comment in line 1 of a cell above lets B101")


async def test_closed_it_is_as_it_is_on_disk(start: Start, workspace: Path) -> None:
    notebook = workspace / "b.ipynb"
    notebook.write_bytes(file([MARKDOWN, source("y = 1\n"), source("x = 1\nz = eval('1')")]))
    editor, uri, cells = await opened(start, workspace, "y = 1\n", "import os")
    await editor.sees(cells[1], "Ruff F401")
    await editor.command("scanWorkspace")
    assert not editor.shown(uri)
    editor.notify(
        "notebookDocument/didClose",
        {
            "notebookDocument": {"uri": uri},
            "cellTextDocuments": [{"uri": cell.uri} for cell in cells],
        },
    )
    await editor.until(lambda: editor.found(uri) == EVAL)
    assert not editor.shown(cells[1])
    (found,) = editor.shown(uri)
    assert found["message"].endswith("(cell 3, line 2)")
    written = notebook.read_text().splitlines()[found["range"]["start"]["line"]]
    start_, end = (found["range"][which]["character"] for which in ("start", "end"))
    assert written[start_:end] == "eval('1')"
    editor.open_notebook(uri, "x = 1")
    await editor.until(lambda: not editor.shown(uri))


@given(SOURCES, SOURCES)
def test_one_edit_makes_a_text_of_another(old: list[str], new: list[str]) -> None:
    for was, now in ((join(old), join(new)), ("a\nb", "a\nb\nc"), ("a\nb\nb", "a\nb")):
        assert applied(was, difference(was, now)) == now


def notebook(*sources: str) -> OpenNotebook:
    """With the cells ``0``, ``1``, ..."""
    texts = [lsp.TextDocumentItem(str(at), "python", 1, each) for at, each in enumerate(sources)]
    cells = [lsp.NotebookCell(lsp.NotebookCellKind.Code, each.uri) for each in texts]
    return OpenNotebook(lsp.NotebookDocument("b.ipynb", "jupyter-notebook", 1, cells), texts)


def typed(cell: str, row: int, text: str) -> lsp.NotebookDocumentCellContentChanges:
    """At the begin of a row."""
    at = lsp.Position(row, 0)
    change = lsp.TextDocumentContentChangePartial(lsp.Range(at, at), text)
    return lsp.NotebookDocumentCellContentChanges(
        lsp.VersionedTextDocumentIdentifier(2, cell), [change]
    )


def changed(*contents: lsp.NotebookDocumentCellContentChanges) -> lsp.NotebookDocumentChangeEvent:
    return lsp.NotebookDocumentChangeEvent(
        cells=lsp.NotebookDocumentCellChanges(text_content=contents)
    )


@given(st.data(), st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_edits_of_cells_are_edits_of_the_whole(data: st.DataObject, rows: list[int]) -> None:
    """In whatever order the client tells of them."""
    book = notebook(*("x = 1\n" * each for each in rows))
    where = st.integers(0, len(rows) - 1)
    cells = data.draw(st.lists(where, max_size=6))
    contents = [
        typed(str(cell), data.draw(st.integers(0, rows[cell])), data.draw(st.sampled_from(TYPED)))
        for cell in cells
    ]
    text = book.whole.text
    for edit in book.change(changed(*contents), Encoding("utf-16")):
        text = applied(text, [edit])
    assert text == book.whole.text == join(each.text for each in book.cells)
    assert [each.version for each in book.cells] == [1 + (at in cells) for at in range(len(rows))]


TYPED = ["a", "\n", "a\nb\n\n"]


def test_many_edits_build_the_whole_once(monkeypatch: pytest.MonkeyPatch) -> None:
    book = notebook(*["x = 1"] * 50)
    built: list[notebooks.Notebook] = []
    of = notebooks.of

    def build(sources: Iterable[tuple[int, str]]) -> notebooks.Notebook:
        built.append(of(sources))
        return built[-1]

    monkeypatch.setattr(notebooks, "of", build)
    edits = book.change(changed(*(typed(str(at), 0, "y\n") for at in range(50))), Encoding("utf-8"))
    assert len(edits) == 50
    assert len(built) == 1


Shown = dict[str, list[int]]
"""The rows of what is shown, by URI."""


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """In this process, where a test is between an edit and the core, which has not heard of it."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    server = Server()
    monkeypatch.setattr(server.publisher, "status", lambda _: None)
    server.core = Core(server.publisher, trusted=True)
    server.core.start()
    yield server
    await server.core.close()


@pytest.fixture
def shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown: Shown = {}

    def publish(params: lsp.PublishDiagnosticsParams) -> None:
        shown[params.uri] = [each.range.start.line for each in params.diagnostics]

    monkeypatch.setattr(server, "text_document_publish_diagnostics", publish)
    return shown


async def test_a_new_cell_overtakes_what_is_told_of_the_text_before(
    server: Server, shown: Shown, tmp_path: Path
) -> None:
    uri = (tmp_path / "b.ipynb").as_uri()
    texts = [lsp.TextDocumentItem("eval", "python", 1, "z = 1\nx = eval('1')\n")]
    cells = [lsp.NotebookCell(lsp.NotebookCellKind.Code, "eval")]
    book = lsp.NotebookDocument(uri, "jupyter-notebook", 1, cells)
    sync.did_open_notebook(server, lsp.DidOpenNotebookDocumentParams(book, texts))
    await until(lambda: shown.get("eval") == [1])
    document = server.core.documents[uri]
    told = document.version, document.text, document.problems()
    structure = lsp.NotebookDocumentCellChangeStructure(
        lsp.NotebookCellArrayChange(0, 0, [lsp.NotebookCell(lsp.NotebookCellKind.Code, "new")]),
        [lsp.TextDocumentItem("new", "python", 1, "a = 1\nb = 1\n")],
    )
    change = lsp.NotebookDocumentChangeEvent(
        cells=lsp.NotebookDocumentCellChanges(structure=structure)
    )
    identifier = lsp.VersionedNotebookDocumentIdentifier(2, uri)
    sync.did_change_notebook(server, lsp.DidChangeNotebookDocumentParams(identifier, change))
    server.publisher.forget(["eval"])
    shown.clear()
    server.publisher.problems(uri, *told)
    assert shown == {}
    await server.core.settle()
    assert shown == {"eval": [1]}


async def test_a_new_line_overtakes_what_is_told_of_the_text_before(
    server: Server, shown: Shown, tmp_path: Path
) -> None:
    uri = (tmp_path / "a.py").as_uri()
    item = lsp.TextDocumentItem(uri, "python", 1, "z = 1\nx = eval('1')\n")
    sync.did_open(server, lsp.DidOpenTextDocumentParams(item))
    await until(lambda: shown.get(uri) == [1])
    document = server.core.documents[uri]
    told = document.version, document.text, document.problems()
    top = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    change = lsp.TextDocumentContentChangePartial(top, "y = 1\n")
    identifier = lsp.VersionedTextDocumentIdentifier(2, uri)
    sync.did_change(server, lsp.DidChangeTextDocumentParams(identifier, [change]))
    server.publisher.problems(uri, *told)
    assert shown == {uri: [1]}
    await server.core.settle()
    assert shown == {uri: [2]}
