"""Folders, files that come and go, buffers without a file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import statistics
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from understudy.app.folder.closed import ClosedFiles
from understudy.app.folder.folders import Folders
from understudy.checks.engine import Checks
from understudy.runner.execute import Runner

from .conftest import Start
from .editor import Editor
from .processes import MARK
from .tools import RUFF, Pipe, SlowBandit, program

EVAL = "def f(x):\n    return eval(x)\n"
UNUSED = "import os\n"


def file_at(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def scanned(editor: Editor) -> dict[str, int]:
    answer: dict[str, int] = await editor.command("scanWorkspace")
    return answer


async def test_the_nearest_configuration_holds(start: Start, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    file_at(first / "pyproject.toml", '[tool.ruff]\nlint.select = ["F401"]\nlint.ignore = ["S"]\n')
    file_at(
        first / "inner" / "pyproject.toml",
        '[tool.ruff]\nlint.select = ["E711"]\nlint.ignore = ["S"]\n[tool.bandit]\nskips = ["B307"]\n',
    )
    file_at(second / ".understudy" / "config.yaml", "bandit:\n  enabled: false\n")
    file_at(second / "ruff.toml", 'lint.select = ["F401"]\nlint.ignore = ["S"]\n')
    text = "import os\n\nprint(eval('1') == None)\n"
    editor = await start(first, second)
    await editor.sees(editor.open(first / "a.py", text), "Ruff F401", "Bandit B307")
    await editor.sees(editor.open(first / "inner" / "a.py", text), "Ruff E711")
    await editor.sees(editor.open(first / "inner" / "deep" / "a.py", text), "Ruff E711")
    await editor.sees(editor.open(second / "a.py", text), "Ruff F401")


async def test_a_configuration_without_end_spoils_only_what_lies_there(
    start: Start, workspace: Path
) -> None:
    file_at(workspace / "deep" / "ruff.toml", 'extend = "pipe"\n')
    os.mkfifo(workspace / "deep" / "pipe")
    editor = await start()
    await editor.sees(editor.open(workspace / "a.py", EVAL), "Bandit, Ruff B307")
    await editor.sees(editor.open(workspace / "deep" / "a.py", EVAL), "Bandit B307")
    await editor.until(lambda: "is no regular file" in editor.tool("ruff")["why"])
    await editor.sees(editor.open(workspace / "b.py", UNUSED), "Ruff F401")


async def test_a_file_outside_every_folder_has_ruff_read_nothing_below(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    editor = await start()
    await editor.sees(editor.open(tmp_path / "outside" / "a.py", EVAL), "Bandit, Ruff B307")
    assert not editor.processes("ruff server")
    await editor.sees(editor.open(workspace / "a.py", EVAL), "Bandit, Ruff B307")
    assert editor.processes("ruff server")


async def test_a_changed_configuration_is_obeyed(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", UNUSED + EVAL)
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    project = workspace / "pyproject.toml"
    project.write_text('[tool.ruff]\nlint.select = ["F401"]\nlint.ignore = ["S"]\n')
    editor.touch(project)
    await editor.sees(file, "Ruff F401", "Bandit B307")
    buffer = editor.open(project, language="toml")
    editor.rewrite(buffer, '[tool.bandit]\nskips = ["B307"]\n[tool.ruff]\nlint.select = ["S"]\n')
    editor.save(buffer)
    await editor.sees(file, "Ruff S307")
    project.unlink()
    editor.touch(deleted=[project])
    await editor.until(lambda: "Bandit, Ruff B307" in editor.found(file))


async def test_what_is_installed_configures_nothing_until_all_of_it_is_there(
    start: Start, workspace: Path
) -> None:
    """Else each package that comes would begin everything again."""
    editor = await start()
    file = editor.open(workspace / "a.py", UNUSED)
    await editor.sees(file, "Ruff F401")
    project = file_at(workspace / "pyproject.toml", '[tool.ruff]\nlint.ignore = ["F401"]\n')
    packages = [
        file_at(workspace / folder / "package.json", "{}")
        for folder in ("node_modules/a", "node_modules/a/node_modules/b", ".venv/lib/c")
    ]
    editor.touch(*packages)
    assert await editor.hover(file, "os")  # after what was touched
    await editor.idle()
    assert editor.found(file) == ["Ruff F401"]
    editor.touch(file_at(workspace / "node_modules/.package-lock.json", "{}"))
    await editor.until(lambda: editor.found(file) == [])
    project.unlink()
    editor.touch(project)
    await editor.sees(file, "Ruff F401")


async def test_settings_that_go_with_their_folder(start: Start, workspace: Path) -> None:
    """Some clients tell of the folder alone."""
    config = file_at(workspace / ".understudy" / "config.yaml", "rules:\n  ignore: [F401]\n")
    editor = await start()
    file = editor.open(workspace / "a.py", UNUSED + EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    shutil.rmtree(config.parent)
    editor.touch(deleted=[config.parent])
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")


async def test_a_configuration_that_is_renamed(start: Start, workspace: Path) -> None:
    """Of ours, of a tool, of Git: by a client that tells of nothing else."""
    ours = workspace / ".understudy" / "config.yaml"
    file_at(ours.with_name("x.yaml"), "bandit:\n  enabled: false\n")
    file_at(workspace / "x.toml", 'lint.select = ["F401"]\nlint.ignore = ["S"]\n')
    hidden = file_at(workspace / "b.py", UNUSED)
    file_at(workspace / "ignored", "b.py\n")
    editor = await start()
    await scanned(editor)
    await editor.sees(hidden, "Ruff F401")
    file = editor.open(workspace / "a.py", UNUSED + EVAL)
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    rename(editor, workspace / "x.toml", workspace / "ruff.toml")
    await editor.sees(file, "Ruff F401", "Bandit B307")
    rename(editor, ours.with_name("x.yaml"), ours)
    await editor.sees(file, "Ruff F401")
    rename(editor, ours.parent, workspace / "other")
    await editor.sees(file, "Ruff F401", "Bandit B307")
    rename(editor, workspace / "ignored", workspace / ".gitignore")
    await editor.sees(hidden)


def rename(editor: Editor, old: Path, new: Path) -> None:
    old.rename(new)
    renamed = {"files": [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]}
    editor.notify("workspace/didRenameFiles", renamed)


async def test_buffers_without_a_file(start: Start, workspace: Path) -> None:
    """Only what is Python is looked at, and only what is here."""
    editor = await start()
    untitled = editor.open("untitled:Untitled-1", EVAL)
    await editor.sees(untitled, "Bandit, Ruff B307")
    editor.edit(untitled, "eval", "print")
    editor.save(untitled)
    await editor.sees(untitled)
    script = editor.open(workspace / "script", EVAL)
    await editor.sees(script, "Bandit, Ruff B307")
    others = [
        editor.open("untitled:Untitled-2", EVAL, language="markdown"),
        editor.open(workspace / "Makefile", EVAL, language="makefile"),
        editor.open("git:/a.py?HEAD", EVAL),
        editor.open("output:tasks", EVAL),
        editor.open("vscode-notebook-cell:/n.ipynb#x", EVAL),
        editor.open("file://elsewhere/a.py", EVAL),
        editor.open("http://[", EVAL),
    ]
    for other in others:
        editor.edit(other, "eval", "exec")
        editor.save(other)
        assert await editor.actions(other, "exec") == {}
    await editor.idle()
    assert not {other.uri for other in others} & {news.uri for news in editor.published}


async def test_no_folder_is_open(start: Start, workspace: Path, tmp_path: Path) -> None:
    """A single file is analysed by the configuration that lies around it."""
    editor = await start(None)
    file = editor.open(workspace / "pkg" / "a.py", UNUSED + EVAL)
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    assert await scanned(editor) == {"files": 0, "findings": 0}


async def test_folders_come_and_go(start: Start, workspace: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    file_at(other / "a.py", UNUSED)
    file_at(other / "b.py", UNUSED)
    file_at(other / ".understudy" / "config.yaml", "rulez: {}\n")
    editor = await start()
    assert await scanned(editor) == {"files": 0, "findings": 0}
    change_folders(editor, added=[other])
    await editor.sees(other / ".understudy" / "config.yaml", "Understudy settings")
    assert (await scanned(editor))["files"] == 2
    await editor.sees(other / "a.py", "Ruff F401")
    opened = editor.open(other / "b.py")
    await editor.idle()
    change_folders(editor, removed=[other])
    await editor.sees(other / "a.py")
    await editor.sees(other / ".understudy" / "config.yaml")
    await editor.idle()
    await editor.sees(opened, "Ruff F401")
    editor.close(opened)
    await editor.sees(opened)


def change_folders(
    editor: Editor, *, added: Sequence[Path] = (), removed: Sequence[Path] = ()
) -> None:
    event = {
        "added": [{"uri": each.as_uri(), "name": each.name} for each in added],
        "removed": [{"uri": each.as_uri(), "name": each.name} for each in removed],
    }
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})


async def test_a_folder_in_a_folder(start: Start, workspace: Path) -> None:
    """Each file belongs to the innermost, and is looked at once, under the settings there."""
    inner = workspace / "inner"
    a, b = file_at(workspace / "a.py", UNUSED + EVAL), file_at(inner / "b.py", UNUSED + EVAL)
    config = file_at(inner / ".understudy/config.yaml", "rules:\n  ignore: [F401]\nrulez: {}\n")
    out = ["Ruff F401", "Bandit, Ruff B307"]
    editor = await start(workspace, inner)
    assert await scanned(editor) == {"files": 2, "findings": 3}
    await editor.sees(a, *out)
    await editor.sees(b, "Bandit, Ruff B307")
    assert len([news for news in editor.published if news.uri == b.as_uri()]) == 1

    await editor.sees(config, "Understudy settings")

    change_folders(editor, removed=[inner])
    await editor.sees(b, *out)
    await editor.sees(config)
    change_folders(editor, added=[inner])
    await editor.sees(b, "Bandit, Ruff B307")
    c = file_at(inner / "c.py", UNUSED + EVAL)
    editor.touch(c, inner)
    await editor.sees(c, "Bandit, Ruff B307")
    await editor.idle()
    seen = len(editor.published)
    change_folders(editor, removed=[workspace])
    await editor.sees(a)
    assert await scanned(editor) == {"files": 2, "findings": 2}
    assert {news.uri for news in editor.published[seen:]} == {a.as_uri()}
    change_folders(editor, added=[workspace], removed=[inner])
    await editor.sees(b)
    await editor.sees(c)


async def test_a_folder_around_a_file_is_opened(start: Start, workspace: Path) -> None:
    """The files were open alone before; now the settings of the folder hold."""
    paths = [file_at(workspace / name, UNUSED + EVAL) for name in ("pkg/b.py", "a.py")]
    file_at(workspace / ".understudy" / "config.yaml", "rules:\n  ignore: [F401]\n")
    editor = await start(None)
    files = [editor.open(path) for path in paths]
    for folders, expected in (
        ({}, ["Ruff F401", "Bandit, Ruff B307"]),
        ({"added": [workspace]}, ["Bandit, Ruff B307"]),
        ({"removed": [workspace]}, ["Ruff F401", "Bandit, Ruff B307"]),
    ):
        change_folders(editor, **folders)
        for file in files:
            await editor.sees(file, *expected)
    change_folders(editor, added=[workspace])
    for file in files:
        editor.close(file)
        await editor.sees(file)
    assert await scanned(editor) == {"files": 2, "findings": 2}


async def test_files_that_change_on_disk(start: Start, workspace: Path) -> None:
    paths = [file_at(workspace / "pkg" / f"{name}.py", UNUSED) for name in "abc"]
    editor = await start()
    assert await scanned(editor) == {"files": 3, "findings": 3}
    for path in paths:
        await editor.sees(path, "Ruff F401")
    a, b, c = paths
    a.write_text(EVAL)
    b.unlink()
    editor.touch(a, deleted=[b])
    await editor.sees(a, "Bandit, Ruff B307")
    await editor.sees(b)
    opened = editor.open(c)
    await editor.idle()
    c.write_text("x = 1\n")
    editor.touch(c)
    await editor.idle()
    assert editor.found(c) == ["Ruff F401"], "an open document is what its buffer says"
    editor.close(opened)
    await editor.sees(c)
    c.unlink()
    editor.touch(c)
    shutil.rmtree(workspace / "pkg")
    editor.touch(deleted=[workspace / "pkg"])
    await editor.sees(a)
    assert await scanned(editor) == {"files": 0, "findings": 0}
    assert not any(editor.diagnostics.values())


async def test_files_and_folders_are_renamed_and_deleted(start: Start, workspace: Path) -> None:
    a = file_at(workspace / "pkg" / "a.py", UNUSED)
    b = file_at(workspace / "pkg" / "b.py", EVAL)
    editor = await start()
    await scanned(editor)
    opened = editor.open(b)
    await editor.idle()
    moved = workspace / "moved"
    (workspace / "pkg").rename(moved)
    editor.close(opened)
    again = editor.open(moved / "b.py")
    renames = {"files": [{"oldUri": (workspace / "pkg").as_uri(), "newUri": moved.as_uri()}]}
    editor.notify("workspace/didRenameFiles", renames)
    await editor.sees(a)
    await editor.sees(b)
    await editor.sees(moved / "a.py", "Ruff F401")
    await editor.sees(again, "Bandit, Ruff B307")

    (moved / "a.py").rename(moved / "c.txt")
    editor.notify(
        "workspace/didRenameFiles",
        {"files": [{"oldUri": (moved / "a.py").as_uri(), "newUri": (moved / "c.txt").as_uri()}]},
    )
    await editor.sees(moved / "a.py")
    editor.close(again)
    shutil.rmtree(moved)
    editor.notify("workspace/didDeleteFiles", {"files": [{"uri": moved.as_uri()}]})
    await editor.sees(moved / "b.py")
    await editor.idle()
    assert not any(editor.diagnostics.values())


async def test_closing_shows_what_is_on_disk(start: Start, workspace: Path) -> None:
    path = file_at(workspace / "a.py", UNUSED)
    editor = await start()
    await scanned(editor)
    file = editor.open(path)
    await editor.idle()
    editor.edit(file, UNUSED, EVAL)
    editor.save(file)
    await editor.sees(path, "Bandit, Ruff B307")
    editor.rewrite(file, UNUSED)
    editor.close(file)
    await editor.idle()
    assert editor.found(path) == ["Bandit, Ruff B307"]


async def test_closing_forgets_the_buffer(start: Start, workspace: Path) -> None:
    """A changed setting has it analysed although it was not saved."""
    path = file_at(workspace / "a.py", UNUSED)
    editor = await start()
    await scanned(editor)
    await editor.sees(path, "Ruff F401")
    file = editor.open(path)
    await editor.idle()
    editor.edit(file, UNUSED, EVAL)
    await editor.configure({"complexity": {"max": 5}})
    await editor.sees(path, "Bandit, Ruff B307")
    editor.close(file)
    await editor.sees(path, "Ruff F401")


async def test_files_that_come(start: Start, workspace: Path, tmp_path: Path) -> None:
    """Once a folder was scanned, what is new there is seen as the next scan would see it."""
    file_at(workspace / ".gitignore", "ignored.py\n/build/\n")
    before = file_at(workspace / "before.py", UNUSED)
    editor = await start(settings={"analysis": {"exclude": ["gen/"]}})
    editor.touch(before)
    await editor.idle()
    await editor.sees(before)
    assert await scanned(editor) == {"files": 1, "findings": 1}

    new = file_at(workspace / "new.py", UNUSED)
    others = [
        file_at(workspace / name, UNUSED)
        for name in ("ignored.py", "build/a.py", "gen/a.py", ".venv/a.py", "a.txt")
    ]
    folder = file_at(tmp_path / "made" / "deep" / "a.py", EVAL).parents[1]
    folder.rename(workspace / "pkg")
    moved = workspace / "pkg" / "deep" / "a.py"
    editor.touch(new, *others, workspace / "pkg", workspace / "build")
    await editor.sees(new, "Ruff F401")
    await editor.sees(moved, "Bandit, Ruff B307")
    await editor.idle()
    shown = {uri for uri, diagnostics in editor.diagnostics.items() if diagnostics}
    assert shown == {before.as_uri(), new.as_uri(), moved.as_uri()}

    created = file_at(workspace / "made" / "b.py", UNUSED)
    made = {"files": [{"uri": created.parent.as_uri()}]}
    editor.notify("workspace/didCreateFiles", made)
    await editor.sees(created, "Ruff F401")
    saved = editor.open(workspace / "saved.py", UNUSED)
    await editor.sees(saved, "Ruff F401")
    editor.close(saved)
    await editor.idle()
    await editor.sees(saved, "Ruff F401")

    (workspace / ".gitignore").write_text("/made/\n")
    editor.touch(workspace / ".gitignore")
    await editor.sees(created)
    await editor.sees(others[0], "Ruff F401")
    await editor.configure({})
    await editor.sees(workspace / "gen" / "a.py", "Ruff F401")
    files = sum(map(bool, editor.diagnostics.values()))
    assert await scanned(editor) == {"files": files, "findings": files}


async def test_files_that_come_where_nothing_was_scanned(start: Start, workspace: Path) -> None:
    editor = await start()
    path = file_at(workspace / "a.py", UNUSED)
    editor.touch(path, workspace)
    await editor.idle()
    opened = editor.open(path)
    await editor.sees(opened, "Ruff F401")
    editor.close(opened)
    await editor.sees(path)
    await editor.idle()
    await editor.configure({"complexity": {"max": 5}})
    await editor.idle()
    assert editor.found(path) == []


async def test_what_changes_while_it_is_scanned(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """What the scan read before is not the last that is said of it."""
    a = file_at(workspace / "a.py", UNUSED)
    b = file_at(workspace / "b.py", UNUSED)
    editor = await start(settings={"bandit": slow_bandit.settings})
    scan = asyncio.ensure_future(scanned(editor))
    await slow_bandit.started()
    a.write_text(EVAL)
    b.unlink()
    c = file_at(workspace / "c.py", EVAL)
    editor.touch(a, c, deleted=[b])
    slow_bandit.let_go(9)
    await scan
    await editor.sees(a, "Bandit, Ruff B307")
    await editor.sees(c, "Bandit, Ruff B307")
    await editor.sees(b)


async def test_a_configuration_that_changes_during_a_scan(
    start: Start, workspace: Path, tmp_path: Path, slow_bandit: SlowBandit
) -> None:
    """It holds in the end, also for files of which nothing was known when it came."""
    path = file_at(workspace / "a.py", UNUSED)
    with contextlib.closing(Pipe(tmp_path / "told")) as told:
        ruff = program(tmp_path / "ruff", f'"{RUFF}" "$@"\necho > "{told.path}"')
        editor = await start(settings={"bandit": slow_bandit.settings, "ruff": {"path": ruff}})
        scan = asyncio.ensure_future(scanned(editor))
        await slow_bandit.started()
        await told.readable()
        project = file_at(workspace / "pyproject.toml", '[tool.ruff]\nlint.select = ["I"]\n')
        editor.touch(project)
        slow_bandit.let_go(9)
        # Whether Ruff's answer is taken before it changes or after is a matter of moments.
        assert (await scan)["files"] == 1
        await editor.sees(path)


async def test_what_is_deleted_while_it_is_looked_at(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """It was all that was known, from a scan that was cancelled; it does not come back."""
    file_at(workspace / "a.py", UNUSED)
    path = file_at(workspace / "b.py", "x = 1\n" * 200_000)
    editor = await start(settings={"bandit": slow_bandit.settings})
    _, scan = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    await slow_bandit.started()
    await editor.sees(path, "Understudy too-large")
    (created,) = await editor.until(lambda: editor.said("window/workDoneProgress/create"))
    editor.notify("window/workDoneProgress/cancel", created)
    assert await scan is None
    path.write_text(EVAL)
    editor.touch(path)
    await slow_bandit.started()
    path.unlink()
    editor.touch(deleted=[path])
    await editor.sees(path)
    slow_bandit.let_go(9)
    await editor.idle()
    assert editor.found(path) == []


async def test_a_folder_that_cannot_be_scanned(start: Start, workspace: Path) -> None:
    """That is no clean result; and the next scan is a new one."""
    editor = await start()
    away = workspace.with_name("away")
    shutil.move(workspace, away)
    assert await editor.command("scanWorkspace") is None
    (told,) = editor.said("window/showMessage")
    assert f"{workspace} could not be scanned: No such file or directory. Check" in told["message"]
    shutil.move(away, workspace)
    file_at(workspace / "a.py", UNUSED)
    assert await scanned(editor) == {"files": 1, "findings": 1}


async def test_a_scan_that_is_cancelled_before_it_begins(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one does not join it."""
    monkeypatch.setenv(MARK, str(tmp_path / "state"))
    file_at(workspace / "a.py", UNUSED)
    sink = Mock()
    runner = Runner()
    folders = Folders(sink, trusted=True)
    started: list[asyncio.Task[Any]] = []

    def task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        started.append(asyncio.ensure_future(work))
        if len(started) == 1:
            started[0].cancel()
        return started[-1]

    closed = ClosedFiles(folders, Checks(runner), sink, lambda _: False, lambda: None, task)
    opened = await folders.open(workspace)
    with pytest.raises(asyncio.CancelledError):
        await closed.scan(workspace)
    (found,) = await closed.scan(workspace)
    assert len(found.reports) == 1
    await opened.close()
    await runner.close()


async def test_a_file_has_one_name(start: Start, workspace: Path) -> None:
    """Editors write URIs in their own ways; a file's findings are shown once, under its editor's."""
    path = file_at(workspace / "a(b)+~é.py", UNUSED)
    editor = await start()
    await scanned(editor)
    spelled = workspace.as_uri() + "/a(b)%2B%7E%C3%A9.py"
    assert spelled != path.as_uri()
    editor.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": spelled, "languageId": "python", "version": 1, "text": UNUSED}},
    )
    await editor.sees(spelled, "Ruff F401")
    await editor.idle()
    shown = [uri for uri, diagnostics in editor.diagnostics.items() if diagnostics]
    assert shown == [spelled]
    editor.notify("textDocument/didClose", {"textDocument": {"uri": spelled}})
    await editor.idle()
    await editor.until(lambda: sum(map(bool, editor.diagnostics.values())) == 1)


async def test_what_lies_in_a_scanned_folder(start: Start, workspace: Path) -> None:
    """Odd things are passed over or told of; none of them stops the rest."""
    file_at(workspace / "good.py", UNUSED)
    (workspace / "latin.py").write_bytes(
        "# coding: latin-1\nimport os\ns = 'é'\n".encode("latin-1")
    )
    (workspace / "bytes.py").write_bytes(b"import os\ns = '\xff\xfe'\n")
    (workspace / "dangling.py").symlink_to(workspace / "nowhere.py")
    (workspace / "loop").symlink_to(workspace)
    (workspace / "folder.py").mkdir()
    file_at(workspace / "excluded" / "a.py", UNUSED)
    file_at(workspace / ".gitignore", "excluded/\n")
    file_at(workspace / "node_modules" / "a.py", UNUSED)
    file_at(workspace / "empty.py", "")
    file_at(workspace / "broken.py", "def f(:\n")
    file_at(workspace / "huge.py", "x = 1\n" * 200_000)
    editor = await start()
    assert (await scanned(editor))["files"] == 6
    await editor.until(lambda: len(editor.diagnostics) == 5)
    found = {Path(uri).name: editor.found(uri) for uri in editor.diagnostics}
    assert "Ruff invalid-syntax" in found.pop("broken.py")
    assert found == {
        "good.py": ["Ruff F401"],
        "latin.py": ["Ruff F401"],
        "bytes.py": ["Bandit, complexipy, Radon, Ruff not-analysed"],
        "huge.py": ["Understudy too-large"],
    }


@pytest.mark.alone
async def test_many_files_are_scanned_while_the_editor_is_used(
    start: Start, workspace: Path
) -> None:
    body = "\n\n".join(f"def f{n}(x):\n    return eval(x)" for n in range(60))
    for number in range(150):
        file_at(
            workspace / f"pkg{number % 10}" / f"m{number}.py", f"NUMBER = {number}\n\n\n{body}\n"
        )
    editor = await start(settings={"results": {"maxInAll": 150 * 60}})
    _, answer = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    scan = asyncio.ensure_future(answer)
    waits: list[float] = []
    while not scan.done():
        asked = time.perf_counter()
        await editor.command("debugInfo")
        waits.append(time.perf_counter() - asked)
    assert await scan == {"files": 150, "findings": 150 * 60}
    assert statistics.median(waits) < 0.05
    assert max(waits) < 3
    await editor.until(lambda: [len(each) for each in editor.diagnostics.values()] == [60] * 150)
    await editor.until(lambda: editor.status["running"] == 0)
    spent = editor.status["cost"]["cpuSeconds"]
    assert await scanned(editor) == {"files": 150, "findings": 150 * 60}
    await editor.command("showStatus")
    assert editor.status["cost"]["cpuSeconds"] == spent, "nothing is run again"


async def test_a_file_under_two_names(start: Start, workspace: Path) -> None:
    """What the other name hides is seen again when it is closed."""
    editor = await start()
    file_at(workspace / "c.py", UNUSED)
    await editor.command("scanWorkspace")
    file = editor.open(workspace / "c.py")
    await editor.sees(file, "Ruff F401")
    await editor.idle()
    again = editor.open(file.uri.replace("c.py", "%63.py"), UNUSED)
    await editor.sees(again, "Ruff F401")
    await editor.sees(file)
    editor.close(again)
    await editor.sees(again)
    await editor.sees(file, "Ruff F401")


async def test_late_answers_do_not_show_a_file_under_two_names(
    start: Start, workspace: Path
) -> None:
    editor = await start()
    file = editor.open(file_at(workspace / "c.py", UNUSED))
    again = editor.open(file.uri.replace("c.py", "%63.py"), UNUSED)
    await editor.sees(again, "Ruff F401")
    await editor.idle()
    await editor.sees(file)


async def test_a_name_that_is_no_unicode(start: Start, workspace: Path) -> None:
    name = workspace.as_uri() + "/%FF.py"
    file_at(workspace / os.fsdecode(b"\xff.py"), UNUSED)
    editor = await start()
    await editor.command("scanWorkspace")
    await editor.sees(name, "Ruff F401")
    buffer = editor.open(name, "")
    await editor.sees(name)
    editor.close(buffer)
    await editor.sees(name, "Ruff F401")
