"""Whatever dies, and whoever kills it: nothing is left behind, and the next save works again."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from .conftest import Start
from .editor import Editor
from .processes import survivors
from .tools import SlowBandit

EVAL = "def f(x):\n    return eval(x)\n"
SUPERVISOR = "understudy.runner.supervisor"
RUFF_SERVER = "ruff server"


async def busy(editor: Editor, workspace: Path, slow_bandit: SlowBandit) -> set[int]:
    """All that runs while a Bandit of the user's is waited for."""
    file = editor.open(workspace / "a.py", EVAL)
    bandit = await slow_bandit.started()
    await editor.sees(file, "Ruff S307")
    running = set(editor.processes())
    assert {bandit, *editor.processes(RUFF_SERVER)} < running
    assert len(editor.processes(SUPERVISOR)) >= 3, "a supervisor and its workers"
    return running


@pytest.mark.parametrize("end", [Editor.kill, Editor.hang_up, Editor.vanish, Editor.quit])
async def test_nothing_outlives_the_server(
    start: Start,
    workspace: Path,
    slow_bandit: SlowBandit,
    end: Callable[[Editor], Awaitable[object]],
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    running = await busy(editor, workspace, slow_bandit)
    await end(editor)
    assert await survivors(running, 10) == []
    assert await editor.left_behind() == []


async def test_the_supervisor_is_killed(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    running = await busy(editor, workspace, slow_bandit)
    (supervisor,) = [
        child.pid for child in psutil.Process(editor.process.pid).children(recursive=False)
    ]
    os.kill(supervisor, signal.SIGKILL)
    assert await survivors(running, 10) == []
    await editor.until(lambda: editor.tool("bandit").get("state") == "failed")
    file = editor.buffers[(workspace / "a.py").as_uri()]
    editor.save(file)
    slow_bandit.let_go()
    await editor.sees(file, "Bandit, Ruff B307")


@pytest.mark.parametrize("victim", [SUPERVISOR, RUFF_SERVER, "workers"])
async def test_what_idles_is_killed(start: Start, workspace: Path, victim: str) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    await editor.idle()
    (supervisor,) = psutil.Process(editor.process.pid).children(recursive=False)
    victims = {
        SUPERVISOR: [supervisor.pid],
        RUFF_SERVER: editor.processes(RUFF_SERVER),
        "workers": [child.pid for child in supervisor.children(recursive=False)],
    }[victim]
    assert victims
    before = set(editor.processes())
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    assert await survivors(victims, 10) == []
    editor.edit(file, "import os\n", EVAL)
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.until(lambda: editor.tool("bandit")["state"] == "findings")
    await editor.until(lambda: editor.status["state"] == "idle")
    gone = before if victim == SUPERVISOR else victims
    assert await survivors(gone, 10) == []


async def test_a_worker_is_killed_at_work(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """Its death is an outcome that is told; what it started dies with it."""
    editor = await start(settings={"bandit": slow_bandit.settings})
    await busy(editor, workspace, slow_bandit)
    (bandit,) = slow_bandit.look()
    worker = psutil.Process(bandit).ppid()
    os.kill(worker, signal.SIGKILL)
    await editor.until(lambda: editor.tool("bandit").get("state") == "failed")
    assert "killed by SIGKILL" in editor.tool("bandit")["why"]
    assert editor.status["state"] == "attention"
    assert await survivors([worker, bandit], 10) == []
    file = editor.buffers[(workspace / "a.py").as_uri()]
    assert editor.found(file) == ["Ruff S307"], "the other tool's findings stay"
    slow_bandit.let_go()
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307")


async def test_standard_output_belongs_to_the_server_alone(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """No other process, and nothing that prints in the server's own, can reach the client's pipe."""
    editor = await start(settings={"bandit": slow_bandit.settings})
    running = await busy(editor, workspace, slow_bandit)
    server = editor.process.pid
    ours = pipes(os.getpid())
    log = os.readlink(f"/proc/{server}/fd/2")
    assert os.readlink(f"/proc/{server}/fd/1") == log
    assert len(pipes(server) & ours - {log}) == 2, "its input and its output"
    for pid in running:
        assert pipes(pid) & ours <= {log}, psutil.Process(pid).cmdline()


def pipes(pid: int) -> set[str]:
    """The pipes that a process has open."""
    found: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue
        if target.startswith(("pipe:", "socket:")):
            found.add(target)
    return found
