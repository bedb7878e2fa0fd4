"""Fixes after a save: verified, once, in one step that can be undone, and never before the save."""

from __future__ import annotations

from pathlib import Path

from ..core.support import understudy
from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .text import Json

TWO = "import os\nimport re\n\nprint(eval(input()))\n"
FIXED = "\nprint(eval(input()))\n"
BOTH = "Bandit, Ruff B307"


def on_save(*rules: str) -> dict[str, object]:
    return {"fixes": {"onSave": list(rules)}}


def edits(editor: Editor) -> list[Json]:
    return editor.said("workspace/applyEdit")


async def touched_and_saved(editor: Editor, file: Buffer, text: str) -> None:
    """Returns when nothing runs any more."""
    editor.rewrite(file, text)
    editor.save(file)
    await editor.idle()


async def test_once_and_as_one_edit(start: Start, workspace: Path) -> None:
    editor = await start(settings=on_save("safe"))
    file = editor.open(workspace / "a.py", TWO)
    await editor.sees(file, "Ruff F401", "Ruff F401", BOTH)
    assert edits(editor) == [], "nobody has saved"
    editor.save(file)
    await editor.until(lambda: edits(editor))
    await editor.sees(file, BOTH)
    assert file.text == FIXED
    (params,) = edits(editor)
    (change,) = params["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": file.uri, "version": 1}
    assert file.path is not None
    assert file.path.read_text() == TWO, "what was saved is what the user had"

    editor.save(file)
    await editor.idle()
    assert len(edits(editor)) == 1, "it is fixed"
    await touched_and_saved(editor, file, TWO)
    assert len(edits(editor)) == 1, "who undoes a fix is not given it again"
    await editor.sees(file, "Ruff F401", "Ruff F401", BOTH)
    await touched_and_saved(editor, file, "import sys\n" + TWO)
    await editor.until(lambda: len(edits(editor)) == 2)
    assert file.text == FIXED


async def test_what_the_editor_refused_is_fixed_with_the_next_save(
    start: Start, workspace: Path
) -> None:
    editor = await start(settings=on_save("safe"))
    file = editor.open(workspace / "a.py", TWO)
    does, editor.replies["workspace/applyEdit"] = (
        editor.replies["workspace/applyEdit"],
        lambda _: {"applied": False},
    )
    editor.save(file)
    await editor.until(lambda: edits(editor))
    await editor.idle()
    assert file.text == TWO
    editor.replies["workspace/applyEdit"] = does
    editor.save(file)
    await editor.until(lambda: file.text == FIXED)


async def test_only_the_rules_that_are_wanted(start: Start, workspace: Path) -> None:
    editor = await start(settings=on_save("I001"))
    file = editor.open(workspace / "a.py", TWO)
    editor.save(file)
    await editor.idle()
    await editor.sees(file, "Ruff F401", "Ruff F401", BOTH)
    await editor.configure(on_save("F401"))
    await touched_and_saved(editor, file, TWO + "\n")
    await editor.until(lambda: edits(editor))


async def test_a_text_that_is_another_by_now_is_left_alone(start: Start, workspace: Path) -> None:
    capabilities = CAPABILITIES | {"workspace": CAPABILITIES["workspace"] | {"workspaceEdit": {}}}
    editor = await start(settings=on_save("safe"), capabilities=capabilities)
    file = editor.open(workspace / "a.py", TWO)
    editor.save(file)
    editor.edit(file, "print", "  print")
    await editor.idle()
    editor.rewrite(file, TWO + "# typed on\n")
    await editor.idle()
    assert edits(editor) == []
    editor.save(file)
    await editor.until(lambda: edits(editor))
    assert file.text == FIXED + "# typed on\n"


async def test_what_is_known_is_left_alone(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    (workspace / "a.py").write_text("import os\n")
    (workspace / ".understudy").mkdir()
    created = understudy("baseline", "create", cwd=workspace, environment=environment)
    assert created.returncode == 0
    editor = await start(settings=on_save("safe"))
    file = editor.open(workspace / "a.py", "import os\nimport re\n")
    editor.save(file)
    await editor.until(lambda: edits(editor))
    await editor.until(lambda: file.text == "import os\n")


async def test_an_untrusted_project_does_not_decide_it(start: Start, workspace: Path) -> None:
    (workspace / ".understudy").mkdir()
    (workspace / ".understudy/config.yaml").write_text("fixes:\n  onSave: [safe]\n")
    editor = await start(trusted=False)
    file = editor.open(workspace / "a.py", TWO)
    editor.save(file)
    await editor.idle()
    await editor.sees(file, "Ruff F401", "Ruff F401", BOTH)
    assert edits(editor) == []
