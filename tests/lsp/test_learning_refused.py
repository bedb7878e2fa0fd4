"""What editors are told when a command of what is learned is asked for wrongly, or when a database
cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from understudy.state import workspace_dir

from .conftest import Start
from .editor import Editor
from .test_learning import learned_there, past

ODD: list[Any] = [
    *(None, True, 5, -1.5, "", "no such", "\0", "../..", "x" * 100_000, "\ud800"),
    *([], [[1]], {}, {"file": {"a": 1}}, {"file": [1]}, {"no such": "x"}, {"file": "\0"}),
]
TAKING = ("create", "run", "preview", "dismiss", "enable", "disable")
"""Of these the first argument is a folder, and the second a name."""


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def rows(connection: sqlite3.Connection, path: Path) -> list[Any]:
    """Of the table that is called as the file is."""
    return connection.execute(f"SELECT * FROM {path.stem} ORDER BY id").fetchall()


def said(editor: Editor) -> list[str]:
    kinds = ("window/showMessage", "window/logMessage")
    return [each["message"] for kind in kinds for each in editor.said(kind)]


async def test_whatever_a_command_is_given_it_is_refused_in_words(
    start: Start, workspace: Path
) -> None:
    """Nothing is made, and nothing is a mistake of the server's own."""
    editor, _ = await learned_there(start, workspace)
    (offered,) = await editor.command("automationParameters", str(workspace))
    before = files(workspace)
    root, name = str(workspace), offered["name"]
    given = [(*odd[:at], each) for each in ODD for at in range(3) for odd in ((each,) * 3,)]
    given += [(root, each) for each in ODD if each is not None]
    for kind in TAKING:
        for arguments in given:
            await editor.command(f"{kind}Automation", *arguments)
    for each in ODD:
        await editor.command("automationParameters", each)
        if isinstance(each, list | dict) and each:
            for kind in ("run", "preview"):
                assert await editor.command(f"{kind}Automation", root, name, each) is None
    assert files(workspace) == before
    for line in said(editor):
        assert "Traceback" not in line, line
        assert "Error" not in line, line
        assert len(line) < 2_000, line


@pytest.mark.parametrize(
    ("how", "file"),
    [
        ("corrupt", "automations.db"),
        ("corrupt", "activity.db"),
        ("newer", "automations.db"),
        ("newer", "activity.db"),
        ("locked", "automations.db"),  # of the other a look only reads, which a lock lets it
    ],
)
async def test_what_becomes_of_a_database_is_told(
    start: Start, workspace: Path, how: str, file: str
) -> None:
    """In the status, and to who asks for what is in it; nothing of it is lost."""
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    assert await editor.quit() == 0
    path = workspace_dir(workspace, Path(editor.state)) / file
    connection = sqlite3.connect(path, isolation_level=None)
    match how:
        case "corrupt":
            connection.close()
            path.write_bytes(b"no database" * 1_000)
        case "newer":
            connection.execute("PRAGMA user_version=99")
        case "locked":
            connection.execute("BEGIN EXCLUSIVE")
    before = path.read_bytes() if how == "corrupt" else rows(connection, path)
    editor = await start()
    told = "\n".join(await editor.command("learnNow"))
    notices = await editor.command("showStatus")
    if how == "corrupt":
        (aside,) = path.parent.glob(f"{path.stem}.corrupt-*[0-9]")
        assert aside.read_bytes() == before
        assert f"it was moved to {aside}" in notices
        assert await editor.command("showAutomations")
        return
    wanted = {"newer": "was made by a newer Understudy", "locked": "locked"}[how]
    assert wanted in told, told
    assert wanted in notices, notices
    assert rows(connection, path) == before
    connection.close()
