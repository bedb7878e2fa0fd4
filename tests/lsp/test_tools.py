"""A tool that misbehaves is told of, never shown as clean, and spoils nothing but its own part."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from .conftest import Start
from .processes import survivors
from .tools import RUFF, program

EVAL = "def f(x):\n    return eval(x)\n"
_MISBEHAVIOUR = {
    "prints garbage": ("echo this is no answer", "failed", "no answer|not LSP"),
    "prints LSP": (r"printf 'Content-Length: 5\r\n\r\nhello'", "failed", "hello|ended|pipe"),
    "says nothing": ("exit 0", "failed", "."),
    "crashes": ("echo 'went boom' >&2; exit 3", "failed", "boom|ended|pipe"),
    "is killed": ("kill -9 $$", "failed", "9|SIGKILL|ended|pipe"),
    "floods its output": ("exec yes", "failed", "more than|not LSP"),
    "floods its errors": ("exec yes >&2", "failed", "."),
    "echoes what it is sent": ("exec cat", "failed", "."),
}


async def test_bandit_misbehaves(start: Start, workspace: Path, tmp_path: Path) -> None:
    cases = {
        **_MISBEHAVIOUR,
        "has no Bandit": (
            f'exec "{sys.executable}" -S "$@"',
            "missing",
            "no bandit",
        ),
        "hangs": ("exec sleep 600", "timed out", "0.5 s"),
    }
    editor = await start()
    file = editor.open(workspace / "a.py", EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    for name, (script, state, why) in cases.items():
        fake = program(tmp_path / name.replace(" ", "-"), script)
        timeout = 0.5 if name == "hangs" else 20
        await editor.configure({"bandit": {"interpreter": fake, "timeoutSeconds": timeout}})
        await editor.until(lambda: editor.tool("bandit")["state"] == state)  # noqa: B023
        assert re.search(why, editor.tool("bandit")["why"]), (name, editor.tool("bandit"))
        assert editor.status["state"] == "attention", name
        assert "Ruff S307" in editor.found(file), name
        await editor.configure({})
        await editor.sees(file, "Bandit, Ruff B307")
        await editor.until(lambda: editor.status["state"] == "idle")
        assert await survivors(editor.processes(fake) + editor.processes("sleep 600"), 10) == []
    for missing in (tmp_path / "nowhere", tmp_path):
        await editor.configure({"bandit": {"interpreter": str(missing)}})
        await editor.until(lambda: str(missing) in editor.tool("bandit")["why"])  # noqa: B023
        assert editor.tool("bandit")["state"] == "missing"


async def test_ruff_misbehaves(start: Start, workspace: Path, tmp_path: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    for name, (script, state, why) in _MISBEHAVIOUR.items():
        fake = program(tmp_path / name.replace(" ", "-"), script)
        await editor.configure({"ruff": {"path": fake}})
        await editor.until(lambda: editor.tool("ruff")["state"] == state)  # noqa: B023
        assert re.search(why, editor.tool("ruff")["why"]), (name, editor.tool("ruff"))
        assert "Bandit B307" in editor.found(file), name
        await editor.configure({})
        await editor.sees(file, "Bandit, Ruff B307")
        await editor.until(lambda: editor.status["state"] == "idle")
        assert await survivors(editor.processes(fake), 10) == []
    await editor.configure({"ruff": {"path": str(tmp_path / "nowhere")}})
    await editor.until(lambda: editor.tool("ruff")["state"] == "missing")
    assert "ruff.path names" in editor.tool("ruff")["why"]


@pytest.mark.alone
async def test_a_save_of_many_files_starts_few_tools(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    """And the server answers meanwhile."""
    log = tmp_path / "log"
    ruff = program(tmp_path / "ruff", f'echo "$1" >> "{log}"\nexec "{RUFF}" "$@"')
    editor = await start(settings={"ruff": {"path": ruff}})
    files = [editor.open(workspace / f"m{n}.py", f"NUMBER = {n}\n") for n in range(200)]
    await editor.idle()
    for file in files:
        editor.rewrite(file, f"import os\n\n{EVAL}{file.text}")
        editor.save(file)
    waits: list[float] = []
    while any(editor.found(file) != ["Bandit, Ruff B307", "Ruff F401"] for file in files):
        asked = time.perf_counter()
        await editor.command("debugInfo")
        waits.append(time.perf_counter() - asked)
    assert log.read_text().split() == ["--version", "server"]
    assert max(waits) < 3, waits  # the first answer comes behind four hundred messages
