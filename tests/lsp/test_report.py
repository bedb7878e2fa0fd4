"""The report in editors: the page for one that shows pages, a browser, or Markdown."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from understudy.state import workspace_dir

from ..core.histories_of_work import past
from .conftest import Start
from .connection import PATIENCE, Refused
from .editor import CAPABILITIES
from .text import Json

SHOWS: Json = CAPABILITIES | {"window": {"showDocument": {"support": True}}}
SHOW = "window/showDocument"


@pytest.fixture
async def lived(workspace: Path, tmp_path: Path) -> None:
    await past(workspace_dir(workspace, tmp_path / "state"), time.time())


@pytest.mark.usefixtures("lived")
async def test_an_editor_that_shows_pages_is_given_one(start: Start, workspace: Path) -> None:
    editor = await start()
    page = await editor.command("showReport", str(workspace), "html")
    assert page.startswith("<!doctype html>")
    assert "Findings introduced" in page
    assert not editor.said(SHOW)


@pytest.mark.usefixtures("lived")
async def test_a_browser_is_opened_where_the_editor_can(start: Start) -> None:
    editor = await start(capabilities=SHOWS)
    editor.replies[SHOW] = lambda _: {"success": True}
    assert await editor.command("showReport") is None
    (asked,) = editor.said(SHOW)
    assert asked["external"] is True
    private, text = _looked_at(Path(unquote(urlsplit(asked["uri"]).path)))
    assert "Findings introduced" in text
    assert private


def _looked_at(file: Path) -> tuple[bool, str]:
    """Whether nobody else can read it, and what is in it."""
    return not file.stat().st_mode & 0o077, file.read_text()


def refuse(_: Json) -> Json:
    raise Refused({"code": -32601, "message": "no such method"})


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("answer", [None, lambda _: {"success": False}, refuse])
async def test_else_it_is_markdown(start: Start, answer: object) -> None:
    editor = await start(capabilities=SHOWS if answer else CAPABILITIES)
    if answer:
        editor.replies[SHOW] = answer
    assert "## Time saved" in await editor.command("showReport")


async def test_what_was_just_done_is_in_it(start: Start, workspace: Path) -> None:
    """What is counted is written some time later, and asked for before that."""
    editor = await start()
    buffer = editor.open(workspace / "app.py", "import os\n")
    await editor.sees(buffer, "Ruff F401")
    assert "| ruff | 1 |" in await editor.command("showReport")


async def test_a_folder_that_is_not_open(start: Start, tmp_path: Path) -> None:
    editor = await start()
    assert await editor.command("showReport", str(tmp_path), "html") is None
    (said,) = editor.said("window/showMessage")
    assert "is not open here" in said["message"]


async def test_what_is_saved_is_introduced_and_fixed(start: Start, workspace: Path) -> None:
    """Of a file that stays open: nothing of it is looked at on disk."""
    editor = await start()
    buffer = editor.open(workspace / "app.py", "import re\nimport os\n\nprint(os)\n")

    async def told(words: str) -> None:
        """A save is in the history when all tools have answered, and a moment later."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if words in await editor.command("showReport"):
                    return
                await asyncio.sleep(0.05)

    await told("| medium | 0 | 0 | 1 |")
    editor.edit(buffer, "print(os)", "print(1)")
    editor.save(buffer)
    await told("| medium | 1 | 0 | 2 |")
    editor.edit(buffer, "import os", "import sys; print(sys)")
    editor.save(buffer)
    await told("| medium | 1 | 1 | 1 |")
