"""A file far above its own past, in the editor: when it is opened, saved, and after a scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..core.repositories import Git
from ..core.test_growth import LARGE, growing
from .conftest import Start


@pytest.fixture
def git(workspace: Path, tmp_path: Path) -> Git:
    git = Git(workspace, tmp_path / "home")
    git("init", "--quiet")
    for text in growing():
        git.commit({"a.py": text, "closed.py": text})
    return git


async def test_it_is_told_and_goes_with_a_save(start: Start, git: Git) -> None:
    editor = await start()
    file = editor.open(git.root / "a.py", LARGE)
    await editor.sees(file, "Growth growth")
    (shown,) = editor.shown(file)
    assert shown["message"].startswith("This file has 250 lines, 2.5 times the 102 of its median")
    editor.edit(file, LARGE, growing()[0])
    editor.save(file)
    await editor.sees(file)
    editor.edit(file, growing()[0], LARGE)
    editor.save(file)
    await editor.sees(file, "Growth growth")
    await editor.configure({"complexity": {"growth": {"enabled": False}}})
    await editor.sees(file)


async def test_a_scan_tells_it_of_files_that_are_not_open(start: Start, git: Git) -> None:
    closed = git.root / "closed.py"
    closed.write_text(LARGE)
    editor = await start()
    await editor.command("scanWorkspace")
    await editor.sees(closed, "Growth growth")
    file = editor.open(closed)
    await editor.sees(file, "Growth growth")
    editor.close(file)
    closed.write_text(growing()[0])
    editor.touch(closed)
    await editor.sees(closed)
