"""What a broken client sends: a clear answer where there is one to give, and the server goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Start
from .connection import Connection, Refused
from .editor import CAPABILITIES, Editor
from .text import Json
from .tools import SlowBandit

INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602
NOT_INITIALIZED = -32002

A = {"uri": "file:///a.py"}
UNNAMEABLE: Json = {"languageId": "python", "version": 1, "text": "import os\n"}
DEBUG = {"command": "understudy.debugInfo"}
_UNREADABLE = (
    b'{"jsonrpc": "2.0", "id":',
    b"\xff\xfe{}",
    b"[]",
    b"5",
    b"{}",
    b"[" * 100_000,
    b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "1.0", "method": "textDocument/didSave", "params": {}}',
    b'{"jsonrpc": "2.0", "method": 5}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didSave"}',
)
_WRONG_REQUESTS: tuple[tuple[str, Any], ...] = (
    ("textDocument/codeAction", None),
    ("textDocument/codeAction", {"textDocument": A, "range": "all", "context": {}}),
    ("textDocument/codeLens", None),
    ("codeLens/resolve", {"data": 3}),
    ("textDocument/hover", []),
    ("textDocument/hover", {"textDocument": A, "position": "here"}),
    ("textDocument/hover", {"textDocument": A, "position": {"line": -1, "character": 0}}),
    ("workspace/executeCommand", {"command": "no.such.command"}),
    ("workspace/executeCommand", {"command": "understudy.ignoreRules", "arguments": []}),
    ("workspace/executeCommand", {"command": "understudy.showStatus", "arguments": [1]}),
)
_WRONG_NOTIFICATIONS: tuple[tuple[str, Any], ...] = (
    ("no/such/notification", {}),
    ("$/noSuchNotification", {}),
    ("textDocument/didOpen", {"textDocument": {"uri": 5, "version": "one"}}),
    ("textDocument/didOpen", {"textDocument": {"uri": "http://[", "languageId": "python"}}),
    ("textDocument/didChange", {"textDocument": A, "contentChanges": 5}),
    ("textDocument/didChange", {"textDocument": {**A, "version": 2}, "contentChanges": []}),
    ("textDocument/didSave", {}),
    ("textDocument/didSave", {"textDocument": A}),
    ("textDocument/didClose", None),
    ("textDocument/didClose", {"textDocument": A}),
    ("understudy/trust", None),
    ("understudy/trust", []),
    ("understudy/trust", {"trusted": "yes"}),
    ("workspace/didChangeConfiguration", {"settings": 5}),
    ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "http://[x", "type": 9}]}),
    ("workspace/didRenameFiles", {"files": [{"oldUri": "x", "newUri": ""}]}),
    ("workspace/didDeleteFiles", {"files": [{"uri": "no uri"}]}),
    ("$/cancelRequest", {}),
    ("$/cancelRequest", {"id": 99_999}),
    ("$/cancelRequest", {"id": {"of": 1}}),
    ("$/cancelRequest", {"id": [1]}),
    ("textDocument/didOpen", {"textDocument": UNNAMEABLE | {"uri": "file:///a%00.py"}}),
    ("textDocument/didOpen", {"textDocument": UNNAMEABLE | {"uri": "file:///\ud800.py"}}),
    ("workspace/didDeleteFiles", {"files": [{"uri": "file:///a%00"}]}),
    ("window/workDoneProgress/cancel", {"token": "unknown"}),
)


async def error_code(connection: Connection, method: str, params: Any) -> int:
    """With which code a request is refused; 0 when it is not."""
    try:
        await connection.request(method, params)
    except Refused as refused:
        return refused.code
    return 0


async def test_unreadable_messages_are_passed_over(start: Start, workspace: Path) -> None:
    editor = await start()
    editor.expected_errors = "Unable to handle message"
    for body in _UNREADABLE:
        editor.send_body(body)
    editor.send_raw(b"Content-Length: none\r\n\r\nno header at all\r\n\r\n")
    await editor.sees(editor.open(workspace / "a.py", "import os\n"), "Ruff F401")


async def test_messages_that_come_in_pieces_or_together(
    start: Start, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = await start()
    long = "# " + "é" * 40_000
    file = editor.open(workspace / "a.py", f"import os\n{long}\n")
    await editor.sees(file, "Ruff F401")
    together = [editor.ask("workspace/executeCommand", DEBUG)[1] for _ in range(300)]
    editor.rewrite(file, f"{long}\n")
    editor.save(file)
    await asyncio.gather(*together)
    await editor.sees(file)
    at_once = editor.send_raw
    with monkeypatch.context() as patch:
        patch.setattr(editor, "send_raw", lambda content: [at_once(bytes([b])) for b in content])
        editor.rewrite(file, "import sys\n")
        editor.save(file)
        await editor.request("workspace/executeCommand", DEBUG)
    await editor.sees(file, "Ruff F401")


async def test_a_request_with_wrong_parameters_is_refused(start: Start) -> None:
    editor = await start()
    editor.expected_errors = "Unable to deserialize message"
    codes = [await error_code(editor, method, params) for method, params in _WRONG_REQUESTS]
    assert codes == [INVALID_PARAMS] * len(_WRONG_REQUESTS)
    assert await error_code(editor, "no/such/method", {}) == METHOD_NOT_FOUND


async def test_wrong_notifications_change_nothing(start: Start, workspace: Path) -> None:
    editor = await start(trusted=False)
    editor.expected_errors = "Unable to deserialize message"
    file = editor.open(workspace / "a.py", "import os\n")
    shown = await editor.sees(file, "Ruff F401")
    await editor.idle()
    for method, params in _WRONG_NOTIFICATIONS:
        editor.notify(method, params)
        await editor.command("debugInfo")
    await editor.idle()
    assert editor.shown(file) == shown
    assert editor.status["trusted"] is False
    assert editor.said("window/showMessage") == []
    editor.edit(file, "import os", "import sys, os")
    editor.save(file)
    await editor.sees(file, "Ruff F401", "Ruff F401")


async def test_what_is_no_folder_does_not_keep_others_from_being_opened(
    start: Start, tmp_path: Path
) -> None:
    editor = await start(None)
    (root := tmp_path / "root").mkdir()
    (root / "a.py").write_text("import os\n")
    uris = ("file:///a%00b", "file:///\ud800", "untitled:folder", "http://[", root.as_uri())
    added = [{"uri": uri, "name": "a folder"} for uri in uris]
    change = {"event": {"added": added, "removed": added[:3]}}
    editor.notify("workspace/didChangeWorkspaceFolders", change)
    assert (await editor.command("scanWorkspace"))["files"] == 1
    await editor.sees(root / "a.py", "Ruff F401")


async def test_requests_that_wait_at_the_end_are_cancelled(start: Start) -> None:
    editor = await start()
    status = {"command": "understudy.showStatus"}
    waiting = [editor.ask("workspace/executeCommand", status)[1] for _ in range(3)]
    assert await editor.quit() == 0
    for answer in waiting:
        with pytest.raises(Refused, match="is canceled"):
            await answer


async def test_positions_outside_the_text(start: Start, workspace: Path) -> None:
    """A client that is out of step gets an answer for the nearest place, not an error."""
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    far = {"line": 10**6, "character": 10**6}
    for place in ({"line": 0, "character": 10**6}, far):
        await editor.request("textDocument/hover", {"textDocument": A, "position": place})
    everywhere = {"start": {"line": 0, "character": 0}, "end": far}
    answer = await editor.request(
        "textDocument/codeAction",
        {"textDocument": {"uri": file.uri}, "range": everywhere, "context": {"diagnostics": []}},
    )
    assert any("F401" in action["title"] for action in answer)
    backwards = {"start": far, "end": {"line": 5, "character": 5}}
    editor.notify(
        "textDocument/didChange",
        {
            "textDocument": {"uri": file.uri, "version": 2},
            "contentChanges": [{"range": backwards, "text": "\nimport sys\n"}],
        },
    )
    editor.notify("textDocument/didSave", {"textDocument": {"uri": file.uri}})
    await editor.sees(file, "Ruff F401", "Ruff F401")


async def test_a_client_that_refuses_whatever_it_is_asked(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path, slow_bandit: SlowBandit
) -> None:
    """It said that it can; the server does its job without."""

    def refuse(_: Json) -> None:
        raise Refused({"code": METHOD_NOT_FOUND, "message": "no"})

    can = CAPABILITIES["workspace"] | {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text(f"bandit:\n  interpreter: {slow_bandit.interpreter}\n")
    async with Editor.start(environment, tmp_path) as editor:
        editor.expected_errors = "telling the client something failed"
        for method in (
            "workspace/configuration",
            "client/registerCapability",
            "window/showMessageRequest",
            "window/workDoneProgress/create",
            "workspace/applyEdit",
        ):
            editor.replies[method] = refuse
        await editor.initialize(
            workspace, trusted=None, capabilities=CAPABILITIES | {"workspace": can}
        )
        await editor.until(lambda: editor.said("window/showMessageRequest"))
        await editor.command("trust")
        file = editor.open(workspace / "a.py", "import os\n")
        await slow_bandit.started()
        await editor.until(lambda: editor.said("window/workDoneProgress/create"))
        slow_bandit.let_go()
        await editor.sees(file, "Ruff F401")
        await editor.idle()
        editor.open(config, language="yaml")
        slow_bandit.let_go(5)
        actions = await editor.actions(file, "os")
        await editor.choose(actions["Ignore F401 in this project"])
        await editor.until(lambda: editor.said("workspace/applyEdit"))
        assert await editor.command("showStatus")
        assert editor.said("$/progress") == []


async def test_requests_out_of_turn(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path
) -> None:
    async with Editor.start(environment, tmp_path) as editor:
        hover = {"textDocument": A, "position": {"line": 0, "character": 0}}
        document = {**A, "languageId": "python", "version": 1, "text": "import os\n"}
        editor.notify("textDocument/didOpen", {"textDocument": document})
        assert await error_code(editor, "textDocument/hover", hover) == NOT_INITIALIZED
        await editor.initialize(workspace)
        assert await editor.request("textDocument/hover", hover) is None
        again = {"processId": None, "rootUri": None, "capabilities": CAPABILITIES}
        assert await error_code(editor, "initialize", again) == INVALID_REQUEST
        editor.notify("initialized", {})
        await editor.sees(editor.open(workspace / "a.py", "import os\n"), "Ruff F401")
        await editor.request("shutdown", None)
        assert await error_code(editor, "textDocument/hover", hover) == INVALID_REQUEST
        assert await error_code(editor, "shutdown", None) == INVALID_REQUEST
        assert await editor.exit() == 0


async def test_shutdown_before_anything(environment: Mapping[str, str], tmp_path: Path) -> None:
    async with Editor.start(environment, tmp_path) as editor:
        assert await editor.quit() == 0


async def test_exit_without_shutdown(start: Start, workspace: Path) -> None:
    """The specification wants exit code 1; and still, nothing may be left."""
    editor = await start()
    await editor.sees(editor.open(workspace / "a.py", "import os\n"), "Ruff F401")
    assert await editor.exit() == 1


@pytest.mark.parametrize("options", [5, [], {"trusted": "yes", "settings": 5}])
async def test_wrong_initialization_options(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path, options: Any
) -> None:
    """They trust nothing, and what is said of them is said in words."""
    capabilities = {key: value for key, value in CAPABILITIES.items() if key != "workspace"}
    async with Editor.start(environment, tmp_path) as editor:
        await editor.request(
            "initialize",
            {
                "processId": None,
                "rootUri": workspace.as_uri(),
                "capabilities": capabilities,
                "initializationOptions": options,
            },
        )
        editor.notify("initialized", {})
        await editor.sees(editor.open(workspace / "a.py", "import os\n"), "Ruff F401")
        await editor.idle()
        await editor.until(lambda: editor.status)
        assert editor.status["trusted"] is False
        said = json.dumps(editor.said("window/showMessage"))
        assert ("must be a group of settings, not 5" in said) == isinstance(options, dict)
