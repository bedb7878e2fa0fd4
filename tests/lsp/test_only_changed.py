"""Only what was changed since a revision is news in the editor, with a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..core.repositories import Git
from .conftest import Start
from .test_baseline import BOTH, HINT, OLD, WARNING, severities

MORE = "x = exec('y')\n"
SINCE_HEAD = {"analysis": {"onlyChanged": "HEAD"}}
ERROR = 1
NONE_CHANGED = {"B307": HINT, "F401": HINT}


@pytest.fixture
def git(workspace: Path, tmp_path: Path) -> Git:
    git = Git(workspace, tmp_path / "home-of-git")
    git("init", "--quiet", "--initial-branch=main")
    git.commit({"a.py": OLD, "closed.py": OLD})
    return git


async def test_lines_become_news_when_they_change_and_known_when_they_are_committed(
    start: Start, workspace: Path, git: Git
) -> None:
    editor = await start(settings=SINCE_HEAD)
    file = editor.open(workspace / "a.py")
    await severities(editor, file, **NONE_CHANGED)
    editor.edit(file, "def pay", f"{MORE}\n\ndef pay")
    editor.save(file)
    await severities(editor, file, **NONE_CHANGED, S102=WARNING)
    await editor.until(lambda: editor.status["summary"] == "1 warning")
    editor.edit(file, "eval(order)", "eval(order, {})")
    editor.save(file)
    await severities(editor, file, F401=HINT, B307=ERROR, S102=WARNING)
    git.commit({})
    await severities(editor, file, **NONE_CHANGED, S102=HINT)
    await editor.until(lambda: editor.status["summary"] == "no findings")


async def test_what_is_not_saved_counts(start: Start, workspace: Path, git: Git) -> None:
    editor = await start(settings=SINCE_HEAD)
    file = editor.open(workspace / "a.py", MORE + OLD)
    await severities(editor, file, **NONE_CHANGED, S102=WARNING)
    editor.edit(file, MORE, f"# more\n{MORE}")
    await editor.configure(SINCE_HEAD | {"severity": {"medium": "error"}})
    await severities(editor, file, **NONE_CHANGED, S102=ERROR)
    git.commit({"a.py": f"# more\n{MORE}{OLD}"})
    await severities(editor, file, **NONE_CHANGED, S102=HINT)


async def test_files_that_are_not_open(start: Start, workspace: Path, git: Git) -> None:
    editor = await start(settings=SINCE_HEAD)
    closed = workspace / "closed.py"
    await editor.command("scanWorkspace")
    await severities(editor, closed, **NONE_CHANGED)
    closed.write_text(MORE + OLD)
    editor.touch(closed)
    await severities(editor, closed, **NONE_CHANGED, S102=WARNING)
    (workspace / "new.py").write_text(OLD)
    editor.touch(workspace / "new.py")
    await severities(editor, workspace / "new.py", B307=ERROR, F401=WARNING)
    git.commit({})
    await severities(editor, closed, **NONE_CHANGED, S102=HINT)
    await severities(editor, workspace / "new.py", **NONE_CHANGED)
    await editor.configure(SINCE_HEAD | {"baseline": {"show": "hidden"}})
    await editor.sees(closed)
    await editor.configure({})
    await severities(editor, closed, B307=ERROR, F401=WARNING, S102=WARNING)


async def test_another_branch_and_where_they_parted(
    start: Start, workspace: Path, git: Git
) -> None:
    git("checkout", "--quiet", "-b", "work")
    git.commit({"a.py": OLD + f"\n\n{MORE}"})
    git("checkout", "--quiet", "main")
    git.commit({"a.py": OLD.replace("import os", "import sys")})
    git("checkout", "--quiet", "work")
    editor = await start(settings={"analysis": {"onlyChanged": "main"}})
    file = editor.open(workspace / "a.py")
    await severities(editor, file, F401=WARNING, B307=HINT, S102=WARNING)
    await editor.configure({"analysis": {"onlyChanged": "main..."}})
    await severities(editor, file, F401=HINT, B307=HINT, S102=WARNING)
    await editor.configure(SINCE_HEAD)
    await severities(editor, file, F401=HINT, B307=HINT, S102=HINT)
    git("checkout", "--quiet", "main")
    await severities(editor, file, F401=WARNING, B307=HINT, S102=WARNING)


async def test_a_revision_that_is_not_there_is_told_of_once(
    start: Start, workspace: Path, git: Git
) -> None:
    editor = await start(settings={"analysis": {"onlyChanged": "base"}})
    file = editor.open(workspace / "a.py")
    await severities(editor, file, B307=ERROR, F401=WARNING)
    await editor.configure({"analysis": {"onlyChanged": "base", "idleDelayMs": 500}})
    await editor.idle()
    (told,) = editor.said("window/showMessage")
    assert "git knows no commit 'base'" in told["message"]
    git("branch", "base")
    await severities(editor, file, **NONE_CHANGED)


async def test_no_repository(start: Start, workspace: Path) -> None:
    (workspace / "a.py").write_text(OLD)
    editor = await start(settings=SINCE_HEAD)
    file = editor.open(workspace / "a.py")
    await severities(editor, file, B307=ERROR, F401=WARNING)
    (told,) = editor.said("window/showMessage")
    assert "not a git repository" in told["message"]
    assert "All findings are shown" in told["message"]


@pytest.mark.usefixtures("git")
async def test_a_command_turns_it_on_and_off(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py")
    await editor.sees(file, *BOTH)
    assert "since HEAD" in await editor.command("toggleOnlyChanged")
    await severities(editor, file, **NONE_CHANGED)
    assert "All findings" in await editor.command("toggleOnlyChanged")
    await severities(editor, file, B307=ERROR, F401=WARNING)


@pytest.mark.usefixtures("git")
async def test_the_command_goes_back_to_what_the_settings_have(
    start: Start, workspace: Path
) -> None:
    editor = await start(settings={"analysis": {"onlyChanged": "main"}})
    file = editor.open(workspace / "a.py")
    await severities(editor, file, **NONE_CHANGED)
    assert "All findings" in await editor.command("toggleOnlyChanged")
    await severities(editor, file, B307=ERROR, F401=WARNING)
    assert "since main" in await editor.command("toggleOnlyChanged")
    await severities(editor, file, **NONE_CHANGED)


@pytest.mark.usefixtures("git")
async def test_explain_tells_it(start: Start, workspace: Path) -> None:
    editor = await start(settings=SINCE_HEAD)
    file = editor.open(workspace / "a.py", MORE + OLD)
    await severities(editor, file, **NONE_CHANGED, S102=WARNING)
    known = await editor.command("explain", file.uri, 2, "F401")
    assert "not changed since HEAD" in known[-1]["text"]
    news = await editor.command("explain", file.uri, 1, "S102")
    assert [each for each in news if "since HEAD" in each["text"]] == []
