"""What a broken client sends: a clear answer where there is one to give, and the server goes on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Start
from .connection import Refused
from .editor import Editor

_ORIGIN = {"line": 0, "character": 0}
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


async def code_of(editor: Editor, method: str, params: Any) -> int:
    with pytest.raises(Refused) as refused:
        await editor.request(method, params)
    return refused.value.code


async def test_unreadable_messages_are_passed_over(start: Start, workspace: Path) -> None:
    editor = await start()
    editor.expected_errors = "Unable to handle message"
    for body in _UNREADABLE:
        editor.send_body(body)
    editor.send_raw(b"Content-Length: none\r\n\r\nno header at all\r\n\r\n")
    await editor.sees(editor.open(workspace / "a.py", "import os\n"), "F401")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/codeAction", None),
        ("textDocument/codeAction", {"textDocument": {"uri": "file:///a.py"}, "range": "all"}),
        ("textDocument/hover", []),
        ("textDocument/hover", {"textDocument": {"uri": "file:///a.py"}, "position": "here"}),
        ("textDocument/hover", {"textDocument": {"uri": "file:///a.py"}, "position": {"line": -1}}),
        ("workspace/executeCommand", {"command": "no.such.command"}),
        ("workspace/executeCommand", {"command": "understudy.ignoreRules", "arguments": []}),
        ("workspace/executeCommand", {"command": "understudy.ignoreRules", "arguments": [5, {}]}),
        ("workspace/executeCommand", {"command": "understudy.showStatus", "arguments": [1]}),
    ],
)
async def test_wrong_parameters_are_refused(method: str, params: Any, one: Editor) -> None:
    one.expected_errors = "."
    assert await code_of(one, method, params) == -32602


async def test_unknown_methods(start: Start) -> None:
    editor = await start()
    editor.expected_errors = "no/such/method"
    assert await code_of(editor, "no/such/method", {}) == -32601
    editor.notify("$/noSuchNotification", {})
    editor.notify("no/such/notification", {})
    assert await editor.command("showStatus")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/didOpen", {"textDocument": {"uri": 5, "version": "one"}}),
        ("textDocument/didChange", {"textDocument": {"uri": "{a}"}, "contentChanges": 5}),
        ("textDocument/didChange", {"textDocument": {"uri": "{a}", "version": 2}}),
        ("textDocument/didSave", {}),
        ("textDocument/didSave", {"textDocument": {"uri": "file:///never-opened.py"}}),
        ("textDocument/didClose", None),
        ("textDocument/didClose", {"textDocument": {"uri": "file:///never-opened.py"}}),
        ("understudy/trust", None),
        ("understudy/trust", []),
        ("workspace/didChangeConfiguration", {"settings": 5}),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "http://[x", "type": 9}]}),
        ("workspace/didRenameFiles", {"files": [{"oldUri": "x", "newUri": ""}]}),
        ("workspace/didDeleteFiles", {"files": [{"uri": "no uri"}]}),
        ("$/cancelRequest", {}),
        ("$/cancelRequest", {"id": 99_999}),
        ("window/workDoneProgress/cancel", {"token": "unknown"}),
    ],
)
async def test_wrong_notifications_change_nothing(
    start: Start, workspace: Path, method: str, params: Any
) -> None:
    raise NotImplementedError
