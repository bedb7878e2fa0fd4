"""What the baseline has, in the editor: shown as the settings say, and at once when it changes."""

from __future__ import annotations

from pathlib import Path

from ..core.repositories import Git
from ..core.support import understudy
from .conftest import Start
from .editor import Editor

OLD = "import os\n\n\ndef pay(order):\n    return eval(order)\n"
NEW = "import re\n"
BOTH = ("Bandit, Ruff B307", "Ruff F401")
HINT, WARNING = 4, 2


def create(workspace: Path, environment: dict[str, str], *words: str) -> Path:
    (workspace / ".understudy").mkdir(exist_ok=True)
    done = understudy("baseline", *words, cwd=workspace, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace / ".understudy/baseline.json"


async def severities(editor: Editor, file: object, **levels: int) -> None:
    """Until the diagnostics have these, by code."""
    await editor.until(
        lambda: {each["code"]: each["severity"] for each in editor.shown(file)} == levels  # type: ignore[arg-type]
    )


async def test_known_ones_are_hints(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    (workspace / "a.py").write_text(OLD)
    create(workspace, environment, "create")
    editor = await start()
    file = editor.open(workspace / "a.py")
    await severities(editor, file, B307=HINT, F401=HINT)
    editor.edit(file, "def pay", "x = exec('y')\n\n\ndef pay")
    editor.save(file)
    await editor.sees(file, *BOTH, "Ruff, Bandit S102")
    await severities(editor, file, B307=HINT, F401=HINT, S102=WARNING)
    await editor.until(lambda: editor.status["summary"] == "1 warning")


async def test_a_baseline_that_comes_changes_and_goes_holds_at_once(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    (workspace / "a.py").write_text(OLD)
    (workspace / "closed.py").write_text(OLD)
    editor = await start(settings={"baseline": {"show": "hidden"}})
    file = editor.open(workspace / "a.py")
    await editor.sees(file, *BOTH)
    await editor.request("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    await editor.sees(workspace / "closed.py", *BOTH)
    baseline = create(workspace, environment, "create")
    editor.touch(baseline)
    await editor.sees(file)
    await editor.sees(workspace / "closed.py")
    broken = baseline.read_text()
    baseline.write_text("{")
    editor.touch(baseline)
    await editor.until(lambda: "baseline" in str(editor.said("window/showMessage")))
    assert editor.found(file) == [], "the last good one stays"
    baseline.write_text(broken)
    editor.touch(baseline)
    await editor.configure({"baseline": {"show": "all"}})
    await editor.sees(file, *BOTH)
    await editor.configure({"baseline": {"show": "hidden"}})
    await editor.sees(file)
    baseline.unlink()
    editor.touch(deleted=[baseline])
    await editor.sees(file, *BOTH)
    await editor.sees(workspace / "closed.py", *BOTH)


async def test_a_file_that_git_knows_by_another_name_keeps_its_own(
    start: Start, workspace: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    git = Git(workspace, tmp_path / "home")
    git("init", "--quiet")
    git.commit({"a.py": OLD, "b.py": OLD})
    create(workspace, environment, "create")
    editor = await start(settings={"baseline": {"show": "hidden"}})
    await editor.request("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    git("mv", "a.py", "c.py")
    editor.touch(workspace / "c.py", deleted=[workspace / "a.py"])
    file = editor.open(workspace / "c.py", OLD + "\n\ndef late():\n    import re\n")
    await editor.sees(file, "Ruff F401")


async def test_what_is_hidden_offers_nothing(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    (workspace / "a.py").write_text(OLD)
    create(workspace, environment, "create")
    editor = await start(settings={"baseline": {"show": "hidden"}})
    file = editor.open(workspace / "a.py", OLD + "\n\ndef late():\n    import re\n")
    await editor.sees(file, "Ruff F401")
    assert await editor.actions(file, "eval(order)") == {}
    assert await editor.hover(file, "os") is None
