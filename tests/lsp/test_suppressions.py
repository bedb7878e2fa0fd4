"""Comments that let findings be, in an editor: what is offered, shown and taken away."""

from __future__ import annotations

from pathlib import Path

from .conftest import Start


async def test_ignore_in_this_file_satisfies_every_tool(start: Start, workspace: Path) -> None:
    editor = await start()
    text = "#!/usr/bin/env python\ndef f(x):\n    return eval(x), eval(x)\n"
    file = editor.open(workspace / "a.py", text)
    await editor.sees(file, "Bandit, Ruff B307", "Bandit, Ruff B307")
    actions = await editor.actions(file, "eval")
    await editor.choose(actions["Ignore B307, S307 in this file"])
    head, rest = "#!/usr/bin/env python\n", "def f(x):\n    return eval(x), eval(x)\n"
    ignored = "# ruff: noqa: S307\n# understudy: ignore-file[B307]\n"
    assert file.text == head + ignored + rest
    editor.save(file)
    await editor.sees(file)


async def test_a_comment_hides_moves_expires_and_is_removed(start: Start, workspace: Path) -> None:
    editor = await start()
    line = "x = eval('1')  # understudy: ignore[B307]"
    file = editor.open(workspace / "a.py", f"{line}\ny = eval('2')\n")
    await editor.sees(file, "Bandit, Ruff B307")
    editor.edit(file, "x =", "import os\nx =")
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307", "Ruff F401")
    editor.edit(file, "[B307]", "[B307] until 2020-01-01 -- soon")
    editor.save(file)
    found = ["Bandit, Ruff B307", "Bandit, Ruff B307", "Ruff F401"]
    shown = await editor.sees(file, *found, "Understudy suppression-expired")
    (told,) = [d["message"] for d in shown if d["code"] == "suppression-expired"]
    assert "B307 was ignored until 2020-01-01 (soon). Shown again: B307, S307 in line 2." in told
    editor.edit(file, " until 2020-01-01 -- soon", "")
    editor.edit(file, "x = eval('1')", "x = 1")
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307", "Ruff F401", "Understudy suppression-unused")
    actions = await editor.actions(file, "understudy")
    (title,) = [title for title in actions if title.startswith("Fix")]
    assert title == "Fix: Remove the comment (Understudy suppression-unused)"
    await editor.choose(actions[title])
    assert file.text == "import os\nx = 1\ny = eval('2')\n"
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307", "Ruff F401")


async def test_why_is_told_in_the_editor(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", "import os  # noqa: F401\nx = eval('1')\n")
    await editor.sees(file, "Bandit, Ruff B307")
    reasons = await editor.command("explain", file.uri, 1, "F401")
    assert [reason["kind"] for reason in reasons][-1] == "noqa"
    actions = await editor.actions(file, "eval")
    before = len(editor.said("window/showMessage"))
    await editor.choose(actions["Explain B307 in line 2"])
    await editor.until(lambda: len(editor.said("window/showMessage")) > before)
    told = editor.said("window/showMessage")[-1]["message"]
    assert "It says so in line 2" in told
    editor.edit(file, "x = eval('1')", "x = 1")
    reasons = await editor.command("explain", file.uri, 2, "B307")
    assert [reason["kind"] for reason in reasons] == ["tool", "silent"], "of the unsaved text"
