"""One rule in the whole workspace: each file's fix verified, previewed where the client can."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Start
from .editor import CAPABILITIES
from .text import Json

TITLE = "In this workspace, fix all safe cases of F401"


def knowing(**edits: object) -> Json:
    workspace = CAPABILITIES["workspace"]
    return CAPABILITIES | {"workspace": workspace | {"workspaceEdit": edits}}


@pytest.mark.parametrize("annotations", [True, False])
async def test_open_and_closed_files(start: Start, workspace: Path, annotations: bool) -> None:
    support: Json = {"changeAnnotationSupport": {}} if annotations else {}
    editor = await start(capabilities=knowing(documentChanges=True, **support))
    editor.replies["workspace/applyEdit"] = lambda _: {"applied": True}
    closed = workspace / "closed.py"
    closed.write_text("import sys\nx = '😀'; import os\n")
    (workspace / "clean.py").write_text("x = 1\n")
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    editor.edit(file, "import os\n", "import os\nimport re\n")
    editor.save(file)
    await editor.sees(file, "Ruff F401", "Ruff F401")
    actions = await editor.actions(file, "os")
    await editor.choose(actions[TITLE])
    await editor.until(lambda: editor.said("workspace/applyEdit"))
    (params,) = editor.said("workspace/applyEdit")
    assert params["label"] == "Fix all safe cases of F401"
    changes = {each["textDocument"]["uri"]: each for each in params["edit"]["documentChanges"]}
    assert set(changes) == {file.uri, closed.as_uri()}
    assert changes[file.uri]["textDocument"]["version"] == file.version
    assert changes[closed.as_uri()]["textDocument"]["version"] is None
    annotated = [e.get("annotationId") for each in changes.values() for e in each["edits"]]
    if annotations:
        (name,) = params["edit"]["changeAnnotations"]
        assert set(annotated) == {name}
        assert params["edit"]["changeAnnotations"][name]["needsConfirmation"] is True
    else:
        assert set(annotated) == {None}
        assert "changeAnnotations" not in params["edit"]


async def test_where_nothing_is_to_be_fixed_it_is_said(start: Start, workspace: Path) -> None:
    editor = await start(capabilities=knowing())
    file = editor.open(workspace / "a.py", "x = 1\n")
    assert await editor.command("fixRule", file.uri, "F401") == 0
    await editor.until(lambda: editor.said("window/showMessage"))
    assert "there is none" in editor.said("window/showMessage")[-1]["message"]
