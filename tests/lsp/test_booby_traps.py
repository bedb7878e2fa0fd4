"""Nothing of a workspace that is not trusted runs, whatever an editor asks for; once it is trusted,
what has to run does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.booby_traps import LOOKED_AT, NEVER, TRUSTED, Trapped

from .editor import Buffer, Editor

LANGUAGES = {
    ".js": "javascript",
    ".ts": "typescript",
    ".sh": "shellscript",
    ".yml": "yaml",
    ".txt": "plaintext",
    "": "dockerfile",
}
OTHERS = (
    *("eslint.config.js", ".pylintrc", "package.json", "requirements.txt", "pyproject.toml"),
    *("conftest.py", "sitecustomize.py", "mypy.ini", ".secrets.baseline", "own/evil_pylint.py"),
    *(".understudy/config.yaml", "node_modules/eslint/main.js"),
)


@pytest.fixture
def trapped(tmp_path: Path) -> Trapped:
    (tmp_path / "traps").mkdir()
    return Trapped(tmp_path / "traps")


@pytest.fixture
def environment(trapped: Trapped, environment: dict[str, str]) -> dict[str, str]:
    kept = ("UNDERSTUDY_STATE_DIR", "HOME")
    own = {name: value for name, value in trapped.environment.items() if name not in kept}
    return own | {name: environment[name] for name in environment if name not in own}


def opened(editor: Editor, root: Path) -> list[Buffer]:
    return [
        editor.open(root / name, language=LANGUAGES.get(Path(name).suffix, "python"))
        for name in (*LOOKED_AT, *OTHERS)
    ]


async def everything(editor: Editor, root: Path) -> None:
    """All that one can do with files and commands."""
    files = opened(editor, root)
    await editor.idle()
    for file in files:
        editor.rewrite(file, f"{file.text}\n")
        editor.save(file)
    await editor.idle()
    app = files[0]
    await editor.actions(app, "eval")
    await editor.hover(app, "eval")
    for file in files:
        about = {"textDocument": {"uri": file.uri}}
        for lens in await editor.request("textDocument/codeLens", about) or ():
            await editor.request("codeLens/resolve", lens)
    await editor.command("scanWorkspace")
    await editor.command("explain", app.uri, 5, "B307")
    await editor.command("explain", files[2].uri, 1, "no-var")
    await editor.command("fixRule", app.uri, "F401")
    for task in ("dependency_audit", "mine", "tests"):
        await editor.command("runTask", task, {}, str(root))
    for command in ("showStatus", "debugInfo", "showTasks"):
        await editor.command(command)
    await editor.idle()


async def test_nothing_runs_until_it_is_trusted(
    environment: dict[str, str], trapped: Trapped
) -> None:
    """Also where the editor starts the server in the workspace itself."""
    root = trapped.root
    async with Editor.start(environment, root) as editor:
        await editor.initialize(root, trusted=False, settings={"triggers": {"enabled": True}})
        await everything(editor, root)
        assert trapped.marks == set()
        assert "not trusted" in editor.tool("eslint")["why"]
        editor.notify("understudy/trust", {"trusted": True})
        await editor.until(lambda: trapped.marks >= TRUSTED)
        assert trapped.marks.isdisjoint(NEVER)
