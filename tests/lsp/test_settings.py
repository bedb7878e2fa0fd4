"""Settings: where they come from, and what is said of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Start
from .editor import CAPABILITIES, Editor
from .text import place

EVAL = "def f(x):\n    return eval(x)\n"
SETTINGS = "Understudy settings"
WRONG = """\
# our rules
rules:
  ignore: [F401]
analysis:
  idleDelayMs: "😀 soon"
  debounceMS: 5
bandit:
    enabled: no
"""


def config_of(workspace: Path, text: str) -> Path:
    path = workspace / ".understudy" / "config.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


async def test_errors_are_shown_in_the_file(start: Start, workspace: Path) -> None:
    config = config_of(workspace, WRONG)
    editor = await start()
    shown = await editor.sees(config, SETTINGS, SETTINGS, SETTINGS)
    by_line = sorted(shown, key=lambda each: each["range"]["start"]["line"])
    delay, unknown, enabled = by_line
    assert delay["range"] == place(WRONG, '"😀 soon"', "utf-16")
    assert "a whole number from 50 to 60000" in delay["message"]
    assert unknown["range"] == place(WRONG, "debounceMS", "utf-16")
    assert "analysis.debounceMs" in unknown["message"]
    assert enabled["range"] == place(WRONG, "no\n", "utf-16") | {
        "end": place(WRONG, "no", "utf-16")["start"] | {"line": 7, "character": 15}
    }
    assert "true or false" in enabled["message"]
    assert [each["severity"] for each in by_line] == [1, 2, 1]


async def test_an_entry_that_nothing_needs_is_shown_after_a_scan(
    start: Start, workspace: Path
) -> None:
    config = config_of(workspace, "rules:\n  ignore: [F401, B307]\n")
    (workspace / "a.py").write_text("import os\n")
    editor = await start()
    await editor.command("scanWorkspace")
    (idle,) = await editor.sees(config, "Understudy suppression-unused")
    assert idle["message"].startswith("Nothing here says B307. Remove the entry.")
    assert idle["range"] == place(config.read_text(), "B307", "utf-16")
    config.write_text("rules:\n  ignore: [F401]\n")
    editor.touch(config)
    await editor.sees(config)


async def test_the_last_good_settings_stay_in_force(start: Start, workspace: Path) -> None:
    config = config_of(workspace, "rules:\n  ignore: [F401]\n")
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    config.write_text("rules:\n  ignore: [F401\n")
    editor.touch(config)
    (flaw,) = await editor.sees(config, SETTINGS)
    assert flaw["range"]["start"]["line"] == 2
    editor.save(file)
    await editor.idle()
    assert editor.found(file) == ["Bandit, Ruff B307"]
    config.write_text("rules:\n  ignore: [B307, S307]\n")
    editor.touch(config)
    await editor.sees(config)
    await editor.sees(file, "Ruff F401")
    config.unlink()
    editor.touch(deleted=[config])
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")


@pytest.mark.parametrize("watching", [True, False])
async def test_settings_are_written_in_the_editor(
    start: Start, workspace: Path, watching: bool
) -> None:
    """The errors are those of the last save, whether or not the editor watches files too."""
    config = config_of(workspace, "rules:\n  ignore: [F401]\n")
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    buffer = editor.open(config, language="yaml")

    def save() -> None:
        editor.save(buffer)
        if watching:
            editor.touch(config)

    editor.edit(buffer, "ignore: [F401]", "ignore: F401")
    save()
    (flaw,) = await editor.sees(config, SETTINGS)
    assert flaw["range"] == place(buffer.text, "F401", "utf-16")
    editor.close(buffer)
    await editor.idle()
    assert editor.found(config) == [SETTINGS], "closing the file does not mend it"
    buffer = editor.open(config, language="yaml")
    editor.edit(buffer, "ignore: F401", "ignore: [B307, S307]")
    save()
    await editor.sees(config)
    await editor.sees(file, "Ruff F401")


async def test_later_layers_win(start: Start, workspace: Path, environment: dict[str, str]) -> None:
    user = Path(environment["HOME"]) / ".config" / "understudy" / "config.yaml"
    user.parent.mkdir(parents=True)
    user.write_text("severity:\n  medium: hint\n  high: hint\n  low: hint\n")
    config_of(workspace, "severity:\n  high: information\n  low: information\n")
    editor = await start(settings={"severity": {"high": "warning"}})
    file = editor.open(workspace / "a.py", 'import os\nassert eval("1")\n')
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307", "Ruff, Bandit S101")
    await editor.until(
        lambda: (
            {each["code"]: each["severity"] for each in editor.shown(file)}
            == {"F401": 4, "B307": 2, "S101": 3}
        )
    )


async def said(editor: Editor, text: str) -> None:
    await editor.until(lambda: text in json.dumps(editor.said("window/showMessage")))


async def test_wrong_settings_of_the_editor_are_told_once(start: Start, workspace: Path) -> None:
    editor = await start(settings={"rules": {"ignore": ["F401"]}})
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.configure({"rules": {"ignore": "B307"}})
    await said(editor, "`rules.ignore` must be a list of texts, not the text 'B307'")
    editor.save(file)
    await editor.idle()
    assert editor.found(file) == ["Bandit, Ruff B307"], "the last good settings hold"
    assert len(editor.said("window/showMessage")) == 1
    await editor.configure({"rules": {"ignore": None}, "server": {"interpreter": "x"}})
    await editor.sees(file, "Bandit, Ruff B307", "Ruff F401")
    assert len(editor.said("window/showMessage")) == 1


async def test_a_client_that_sends_its_settings(start: Start, workspace: Path) -> None:
    """Without ``workspace/configuration`` they come with the notification."""
    editor = await start(capabilities={}, settings={"rules": {"ignore": ["F401"]}})
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    for settings in (
        {"understudy": {"bandit": {"enabled": False}}},
        {"bandit": {"enabled": False}},
    ):
        editor.notify("workspace/didChangeConfiguration", {"settings": settings})
        await editor.sees(file, "Ruff S307", "Ruff F401")
        editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        await editor.sees(file, "Bandit, Ruff B307", "Ruff F401")
    assert not editor.said("workspace/configuration")


async def test_triggers_can_be_turned_off(start: Start, workspace: Path) -> None:
    off = {"onSave": False, "onIdle": False}
    editor = await start(settings={"analysis": off})
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    await editor.idle()
    editor.edit(file, "import os", "import os, sys")
    editor.save(file)
    await editor.idle()
    assert editor.found(file) == ["Ruff F401"]
    await editor.configure({"analysis": {"onSave": True, "onIdle": False}})
    editor.save(file)
    await editor.sees(file, "Ruff F401", "Ruff F401")


async def test_excluded_files_are_not_analysed(start: Start, workspace: Path) -> None:
    editor = await start(settings={"analysis": {"exclude": ["gen/"]}})
    generated = editor.open(workspace / "gen" / "a.py", "import os\n")
    await editor.sees(editor.open(workspace / "a.py", "import os\n"), "Ruff F401")
    await editor.idle()
    assert editor.found(generated) == []
    assert (await editor.command("scanWorkspace"))["files"] == 1
    await editor.configure({})
    await editor.sees(generated, "Ruff F401")


@pytest.mark.parametrize("size", [3_000_000, pytest.param(50_000_000, marks=pytest.mark.soak)])
async def test_files_over_the_limit_are_named(start: Start, workspace: Path, size: int) -> None:
    editor = await start()
    line = "x = eval('1')\n"
    file = editor.open(workspace / "a.py", line * (size // len(line)))
    (told,) = await editor.sees(file, "Understudy too-large")
    assert "analysis.maxFileBytes" in told["message"]
    assert "1,000,000" in told["message"]
    await editor.until(lambda: editor.tool("bandit").get("state") == "too large")
    assert editor.tool("ruff")["state"] == "too large"
    editor.rewrite(file, line)
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307")


async def test_a_client_that_can_do_nothing(start: Start, workspace: Path) -> None:
    """No capability at all: the server still does its job, and asks for nothing."""
    editor = await start(capabilities={})
    file = editor.open(workspace / "a.py", 's = "😀"; ' + EVAL.partition("return ")[2])
    await editor.sees(file, "Bandit, Ruff B307")
    assert [message for message in editor.received if "id" in message] == []
    assert editor.encoding == "utf-16"
    assert CAPABILITIES
