"""The dashboard from an editor: opened in the browser, as long as the server lives, and no longer."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .conftest import Start
from .connection import Refused
from .editor import CAPABILITIES, Editor
from .text import Json

OPENS: Json = copy.deepcopy(CAPABILITIES)
OPENS["window"]["showDocument"] = {"support": True}


async def answer(link: str) -> str:
    """What a browser is answered that follows a link: the head of it."""
    parts = urlsplit(link)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    path = f"{parts.path}?{parts.query}"
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
    )
    told = (await reader.read()).decode()
    writer.close()
    return told.partition("\r\n")[0]


async def opened(editor: Editor) -> list[str]:
    """The addresses that the editor was asked to open, after it asked for one."""
    await editor.command("showDashboard")
    shown = editor.said("window/showDocument")
    assert all(each["external"] for each in shown)
    return [each["uri"] for each in shown]


async def test_it_is_opened_and_opened_again(start: Start) -> None:
    editor = await start(capabilities=OPENS)
    editor.replies["window/showDocument"] = lambda _: {"success": True}
    assert editor.processes("dashboard") == []
    (first,) = await opened(editor)
    assert await answer(first) == "HTTP/1.1 200 OK"
    assert await answer(first) == "HTTP/1.1 403 Forbidden"
    _, second = await opened(editor)
    assert urlsplit(second).port == urlsplit(first).port
    assert await answer(second) == "HTTP/1.1 200 OK"
    assert len(editor.processes("dashboard")) == 1


async def test_an_editor_that_shows_the_page_itself_is_given_the_address(start: Start) -> None:
    editor = await start(capabilities=OPENS)
    assert await answer(await editor.command("showDashboard", "link")) == "HTTP/1.1 200 OK"
    assert editor.said("window/showDocument") == []


@pytest.mark.parametrize("capabilities", [CAPABILITIES, OPENS])
async def test_an_editor_that_opens_nothing_is_told(start: Start, capabilities: Json) -> None:
    editor = await start(capabilities=capabilities)
    editor.replies["window/showDocument"] = lambda _: {"success": False}
    await editor.command("showDashboard")
    said = editor.said("window/showMessage")[-1]["message"]
    assert await answer(said.rpartition(" ")[2]) == "HTTP/1.1 200 OK"


async def test_an_editor_that_fails_to_open_it_is_told(start: Start) -> None:
    editor = await start(capabilities=OPENS)

    def refuse(_: Json) -> Json:
        raise Refused({"code": -32603, "message": "no browser is there"})

    editor.replies["window/showDocument"] = refuse
    await editor.command("showDashboard")
    assert "within a minute: http://127.0.0.1:" in editor.said("window/showMessage")[-1]["message"]


async def test_without_a_folder_there_is_nothing_to_show(start: Start) -> None:
    editor = await start(None, capabilities=OPENS)
    await editor.command("showDashboard")
    assert "no folder is open" in editor.said("window/showMessage")[-1]["message"]


async def test_another_folder_is_shown_too(start: Start, workspace: Path, tmp_path: Path) -> None:
    editor = await start(capabilities=OPENS)
    editor.replies["window/showDocument"] = lambda _: {"success": True}
    await opened(editor)
    (pid,) = editor.processes("dashboard")
    other = tmp_path / "other"
    other.mkdir()
    added = {"added": [{"uri": other.as_uri(), "name": "other"}], "removed": []}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": added})
    _, second = await opened(editor)
    assert await answer(second) == "HTTP/1.1 200 OK"
    assert editor.processes(str(other)) != [pid]


async def test_it_ends_where_a_folder_is_trusted_no_more(start: Start) -> None:
    """It was told to trust it; the next one is not."""
    editor = await start(capabilities=OPENS)
    await editor.command("trust")
    await editor.command("showDashboard", "link")
    assert len(editor.processes("--trusted")) == 1
    await editor.command("untrust")
    await editor.command("showStatus")  # all before it is done
    assert editor.processes("dashboard") == []
    await editor.command("showDashboard", "link")
    assert len(editor.processes("--untrusted")) == 1


async def test_it_ends_with_a_server_that_is_killed(start: Start) -> None:
    """What is left behind is a fault of the session's."""
    editor = await start(capabilities=OPENS)
    editor.replies["window/showDocument"] = lambda _: {"success": True}
    await opened(editor)
    assert editor.processes("dashboard")
    await editor.kill()
