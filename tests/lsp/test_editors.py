"""A session as each editor begins it: its capabilities, recorded from the editor itself.

Through pytest-lsp, whose client knows LSP's types and objects to what an editor did not announce.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter
from pytest_lsp import LanguageClient, make_test_lsp_client

from .connection import COMMAND, ENDING_SECONDS, PATIENCE
from .processes import MARK, started_by, survivors
from .text import Json, apply, place

SNAPSHOTS = {file.stem: file for file in Path(__file__).parent.glob("capabilities/*.json")}
ENCODINGS = {
    "vscode": "utf-16",
    "nvim-0.10": "utf-16",
    "nvim-0.12": "utf-8",
    "emacs-30-eglot": "utf-32",
    "helix-25.01": "utf-8",
}
TEXT = 's = "🧾é"; x = eval("1")\n'
CALL = 'eval("1")'

pytestmark = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")


@dataclass
class Session:
    """What the editor is asked and told."""

    client: LanguageClient
    capabilities: types.ClientCapabilities
    encoding: str
    registered: list[str] = field(default_factory=list)

    @property
    def hover_formats(self) -> list[types.MarkupKind]:
        document = self.capabilities.text_document
        assert document is not None
        assert document.hover is not None
        return list(document.hover.content_format or ())

    def edits(
        self, action: types.CodeAction | types.Command, document: types.TextDocumentItem
    ) -> list[Json]:
        """Of one document, in the form that the editor understands."""
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None
        can = self.capabilities.workspace and self.capabilities.workspace.workspace_edit
        if not (can and can.document_changes):
            assert action.edit.changes is not None
            edits: Sequence[object]
            (edits,) = action.edit.changes.values()
        else:
            (change,) = action.edit.document_changes or ()
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version == document.version
            edits = change.edits
        return [get_converter().unstructure(edit) for edit in edits]

    async def until(self, condition: Callable[[], Any]) -> None:
        async def holds() -> None:
            while not condition():
                await self.client.wait_for_notification("textDocument/publishDiagnostics")

        await asyncio.wait_for(holds(), PATIENCE)


@pytest.fixture(params=sorted(SNAPSHOTS))
async def session(
    request: pytest.FixtureRequest, environment: Mapping[str, str], workspace: Path, tmp_path: Path
) -> AsyncIterator[Session]:
    snapshot = json.loads(SNAPSHOTS[request.param].read_text())
    params = get_converter().structure(
        {
            "processId": os.getpid(),
            "rootUri": workspace.as_uri(),
            "workspaceFolders": [{"uri": workspace.as_uri(), "name": "workspace"}],
            "initializationOptions": {"trusted": True},
            **snapshot,
        },
        types.InitializeParams,
    )
    client = make_test_lsp_client()
    session = Session(client, params.capabilities, ENCODINGS[request.param])

    def register(params: types.RegistrationParams) -> None:
        session.registered += [registration.method for registration in params.registrations]

    client.feature(types.CLIENT_REGISTER_CAPABILITY)(register)

    await client.start_io(*COMMAND, env=environment, cwd=tmp_path)
    result = await client.initialize_session(params)
    assert result.capabilities.position_encoding == session.encoding
    yield session
    await client.shutdown_session()
    left = [process.pid for process in started_by(environment[MARK])]
    assert await survivors(left, ENDING_SECONDS) == []
    await client.stop()  # type: ignore[no-untyped-call]
    assert client.error is None


async def test_the_main_road(session: Session, workspace: Path) -> None:
    """Open, see, hover, fix, save, seen to be gone: in the encoding and form the editor knows."""
    client, path = session.client, workspace / "a.py"
    path.write_bytes(TEXT.encode())
    document = types.TextDocumentItem(path.as_uri(), "python", 1, TEXT)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    name = types.TextDocumentIdentifier(document.uri)

    def shown() -> list[tuple[str | None, str | int | None]]:
        return [(each.source, each.code) for each in client.diagnostics.get(document.uri, ())]

    await session.until(lambda: shown() == [("Bandit, Ruff", "B307")])
    (diagnostic,) = client.diagnostics[document.uri]
    plain = get_converter().unstructure(diagnostic)
    assert plain["range"] == place(TEXT, CALL, session.encoding)

    asked = types.HoverParams(name, diagnostic.range.start)
    told = await client.text_document_hover_async(asked)
    assert told is not None
    assert isinstance(told.contents, types.MarkupContent)
    assert "CWE-78" in told.contents.value
    assert told.contents.kind in session.hover_formats
    assert ("](" in told.contents.value) == (told.contents.kind is types.MarkupKind.Markdown)

    context = types.CodeActionContext([diagnostic], [types.CodeActionKind.QuickFix])
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(name, diagnostic.range, context)
    )
    fix = next(each for each in actions or () if each.title.startswith("Fix: "))
    fixed = apply(TEXT, session.edits(fix, document), session.encoding)
    assert fixed == TEXT.replace(CALL, 'ast.literal_eval("1")').join(("import ast\n\n", ""))
    version = types.VersionedTextDocumentIdentifier(2, document.uri)
    whole = types.TextDocumentContentChangeWholeDocument(fixed)
    client.text_document_did_change(types.DidChangeTextDocumentParams(version, [whole]))
    path.write_bytes(fixed.encode())
    client.text_document_did_save(types.DidSaveTextDocumentParams(name))
    await session.until(lambda: shown() == [])

    workspace_can = session.capabilities.workspace
    assert workspace_can is not None
    watching = workspace_can.did_change_watched_files
    registers = bool(watching and watching.dynamic_registration)
    assert session.registered == ["workspace/didChangeWatchedFiles"] * registers
