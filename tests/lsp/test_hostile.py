"""What a workspace can hold that is there to do harm: pipes, devices, names, patterns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from .conftest import Start

EVAL = "def f(x):\n    return eval(x)\n"
LARGEST_MB = 400
"""A server that reads what never ends has more within a second."""


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [os.mkfifo, endless])
async def test_settings_that_are_no_file(
    start: Start, workspace: Path, make: Callable[[Path], None]
) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    make(config)
    editor = await start(trusted=False)
    file = editor.open(workspace / "a.py", EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    (told,) = await editor.sees(config, "Understudy settings")
    assert "It is not a regular file" in told["message"]
    await editor.command("ignoreRules", file.uri, ["B307"])
    said = [each["message"] for each in editor.said("window/showMessage")]
    assert "B307 could not be ignored: It is not a regular file" in said
    assert psutil.Process(editor.process.pid).memory_info().rss >> 20 < LARGEST_MB
    assert await editor.quit() == 0


async def test_a_file_that_became_a_pipe_stops_no_other(start: Start, workspace: Path) -> None:
    for number in range(3):
        (workspace / f"m{number}.py").write_text(EVAL)
    editor = await start()
    await editor.command("scanWorkspace")
    pipe, other = workspace / "m0.py", workspace / "m1.py"
    (shown,) = await editor.sees(other, "Bandit, Ruff B307")
    pipe.unlink()
    os.mkfifo(pipe)
    await editor.configure({"severity": {"medium": "error", "high": "hint"}})
    await editor.until(lambda: editor.shown(other) != [shown])
    assert editor.found(other) == ["Bandit, Ruff B307"]


async def test_patterns_that_would_take_for_ever(start: Start, workspace: Path) -> None:
    pattern = "a*" * 12 + "b"
    (workspace / ".gitignore").write_text(f"{pattern}\n")
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text(f"analysis:\n  exclude: ['{pattern}']\n")
    name = "a" * 200 + ".py"
    (workspace / name).write_text(EVAL)
    editor = await start(trusted=False)
    assert (await editor.command("scanWorkspace"))["files"] == 1
    await editor.sees(editor.open(workspace / name), "Bandit, Ruff B307")
