"""Code actions: only what was seen to work is offered, and it does what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .text import Json

FIX_ALL = "source.fixAll.understudy"


def fixes(actions: dict[str, Json]) -> list[str]:
    return [title for title in actions if title.startswith("Fix")]


def begins(actions: dict[str, Json], beginning: str) -> Json:
    """The one action whose title begins so."""
    (found,) = [action for title, action in actions.items() if title.startswith(beginning)]
    return found


async def apply(editor: Editor, file: Buffer, part: str, title: str) -> None:
    await editor.choose(begins(await editor.actions(file, part), title))
    editor.save(file)


@pytest.mark.parametrize(
    ("text", "part", "title", "fixed"),
    [
        (
            'import os\n\nx = "😀"\n',
            "os",
            "Fix: Remove unused import: `os` (Ruff F401)",
            '\nx = "😀"\n',
        ),
        (
            's = "😀"; x = eval("1")\r\n',
            "eval",
            "Fix: Use ast.literal_eval (",
            'import ast\r\n\r\ns = "😀"; x = ast.literal_eval("1")\r\n',
        ),
        (
            "import yaml\n\n\ndef f(x):\n    return yaml.load(x, Loader=yaml.Loader)\n",
            "yaml.load",
            "Fix: ",
            "import yaml\n\n\ndef f(x):\n    return yaml.safe_load(x)\n",
        ),
    ],
)
async def test_a_fix_makes_its_finding_go_away(
    start: Start, workspace: Path, text: str, part: str, title: str, fixed: str
) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", text)
    await editor.until(lambda: editor.shown(file))
    await editor.idle()
    fix = begins(await editor.actions(file, part), title)
    assert fix["kind"] == "quickfix"
    assert [each["code"] for each in fix["diagnostics"]] == [
        each["code"] for each in editor.shown(file)
    ]
    await editor.choose(fix)
    assert file.text == fixed
    editor.save(file)
    await editor.sees(file)


async def test_a_fix_that_would_bring_something_new_is_not_offered(
    start: Start, workspace: Path
) -> None:
    """A lambda has no annotations; the function that Ruff makes of it should have some."""
    project = workspace / "pyproject.toml"
    project.write_text('[tool.ruff]\nlint.select = ["E731"]\n')
    editor = await start()
    file = editor.open(workspace / "a.py", "double = lambda x: x * 2\n")
    await editor.sees(file, "Ruff E731")
    assert fixes(await editor.actions(file, "lambda"))
    project.write_text('[tool.ruff]\nlint.select = ["E731", "ANN001"]\n')
    editor.touch(project)
    await editor.command("showStatus")
    assert fixes(await editor.actions(file, "lambda")) == []
    assert editor.found(file) == ["Ruff E731"]


async def test_kinds_are_obeyed(start: Start, workspace: Path) -> None:
    """Fix-all comes only when it is asked for: an editor may run it at every save."""
    editor = await start()
    file = editor.open(workspace / "a.py", 'import os\nimport sys\n\nx = eval("1")\n')
    await editor.sees(file, "Ruff F401", "Ruff F401", "Bandit, Ruff B307")
    offered = {
        only: sorted(
            {action["kind"] for action in (await editor.actions(file, "os", only)).values()}
        )
        for only in (
            None,
            ("quickfix",),
            (FIX_ALL,),
            ("source.fixAll",),
            ("source",),
            ("refactor",),
        )
    }
    assert offered == {
        None: ["quickfix"],
        ("quickfix",): ["quickfix"],
        (FIX_ALL,): [FIX_ALL],
        ("source.fixAll",): [FIX_ALL],
        ("source",): [FIX_ALL],
        ("refactor",): [],
    }
    assert editor.server["codeActionProvider"]["codeActionKinds"] == [
        "quickfix",
        FIX_ALL,
        "refactor.understudy",
    ]
    (action,) = (await editor.actions(file, "os", ["source.fixAll"])).values()
    await editor.choose(action)
    assert file.text == 'import ast\n\nx = ast.literal_eval("1")\n'
    editor.save(file)
    await editor.sees(file)
    assert await editor.actions(file, "ast", ["source.fixAll"]) == {}


async def test_all_cases_of_one_rule(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", 'import os\nimport sys\n\nx = eval("1")\n')
    await editor.sees(file, "Ruff F401", "Ruff F401", "Bandit, Ruff B307")
    await apply(editor, file, "os", "Fix all safe cases of F401 in this file")
    await editor.sees(file, "Bandit, Ruff B307")


async def test_ignore_here_satisfies_every_tool(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", "def f(x):\n    return eval(x)  # why\n")
    await editor.sees(file, "Bandit, Ruff B307")
    await apply(editor, file, "eval", "Ignore B307, S307 here")
    assert file.text == "def f(x):\n    return eval(x)  # why # nosec B307 # noqa: S307\n"
    await editor.sees(file)
    editor.edit(file, "eval(x)", "eval(x), exec(x)")
    editor.save(file)
    await editor.until(lambda: editor.shown(file))
    await editor.idle()
    title = next(t for t in await editor.actions(file, "exec") if t.endswith(" here"))
    await apply(editor, file, "exec", title)
    assert file.text.count("nosec") == file.text.count("noqa") == 1, "the comments are merged"
    await editor.sees(file)


async def test_ignore_in_the_project_keeps_the_comments(start: Start, workspace: Path) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text("# ours\nrules:\n  ignore:\n    - E501  # long lines are fine\n")
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n\n\ndef f(x):\n    return eval(x)\n")
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    actions = await editor.actions(file, "eval")
    title = next(t for t in actions if t.endswith("in this project"))
    await editor.choose(actions[title])
    await editor.sees(file, "Ruff F401")
    assert config.read_text() == (
        "# ours\nrules:\n  ignore:\n    - E501  # long lines are fine\n    - B307\n    - S307\n"
    )


async def test_ignore_in_the_project_edits_what_the_editor_shows(
    start: Start, workspace: Path
) -> None:
    """Settings that are open and unsaved are changed in the editor, not behind its back."""
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n")
    config = editor.open(workspace / ".understudy/config.yaml", "# mine\n", language="yaml")
    await editor.sees(file, "Ruff F401")
    editor.edit(config, "# mine\n", "# mine, unsaved\n")
    actions = await editor.actions(file, "os")
    await editor.choose(actions["Ignore F401 in this project"])
    await editor.until(lambda: config.text == "# mine, unsaved\nrules:\n  ignore:\n    - F401\n")
    assert (workspace / ".understudy/config.yaml").read_text() == "# mine\n"
    editor.save(config)
    await editor.sees(file)


async def test_ignore_in_broken_settings_is_refused_in_words(start: Start, workspace: Path) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text("rules: [\n")
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    actions = await editor.actions(file, "os")
    await editor.choose(actions["Ignore F401 in this project"])
    await editor.until(
        lambda: "could not be ignored" in json.dumps(editor.said("window/showMessage"))
    )
    assert config.read_text() == "rules: [\n"


async def test_an_edit_fits_what_the_client_can_apply(start: Start, workspace: Path) -> None:
    """With document changes the version is checked; without, the older form is used."""
    old = CAPABILITIES | {"workspace": {"applyEdit": True}}
    for capabilities, form in ((CAPABILITIES, "documentChanges"), (old, "changes")):
        editor = await start(capabilities=capabilities)
        file = editor.open(workspace / "a.py", "import os\n")
        await editor.sees(file, "Ruff F401")
        actions = await editor.actions(file, "os")
        (fix,) = [actions[title] for title in fixes(actions)]
        assert list(fix["edit"]) == [form]
        await editor.choose(fix)
        assert file.text == ""
        assert await editor.quit() == 0


async def test_an_answer_for_an_old_text_is_not_given(start: Start, workspace: Path) -> None:
    """The text changes while fixes are verified: their edits would hit the wrong place."""
    editor = await start(settings={"analysis": {"onIdle": False}})
    file = editor.open(workspace / "a.py", "import os\nimport sys\n")
    await editor.sees(file, "Ruff F401", "Ruff F401")
    request = {
        "textDocument": {"uri": file.uri},
        "range": editor.shown(file)[0]["range"],
        "context": {"diagnostics": []},
    }
    _, answer = editor.ask("textDocument/codeAction", request)
    editor.edit(file, "import os\n", "import os\nimport re\n")
    assert [action for action in await answer if "edit" in action] == []
    assert fixes(await editor.actions(file, "sys"))


async def test_the_safe_fix_is_preferred_and_the_unsafe_is_labelled(
    start: Start, workspace: Path
) -> None:
    (workspace / "pyproject.toml").write_text('[tool.ruff]\nlint.select = ["F401", "F841"]\n')
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n\n\ndef f():\n    unused = 1\n")
    await editor.until(lambda: len(editor.shown(file)) == 2)
    await editor.idle()
    safe = begins(await editor.actions(file, "os"), "Fix: Remove unused import")
    assert safe["isPreferred"] is True
    unsafe = begins(await editor.actions(file, "unused"), "Fix: Remove assignment")
    assert "may change behaviour" in unsafe["title"]
    assert not unsafe.get("isPreferred")
