"""What takes long is shown with a cancel button that works; the status tells what there is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from .conftest import Start
from .editor import CAPABILITIES, Editor
from .processes import survivors
from .text import Json
from .tools import SlowBandit

EVAL = "def f(x):\n    return eval(x)\n"


def progress(editor: Editor) -> list[Json]:
    return [params["value"] for params in editor.said("$/progress")]


def token(editor: Editor) -> str:
    (created,) = editor.said("window/workDoneProgress/create")
    return str(created["token"])


async def test_only_what_takes_long_is_shown(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start()
    started = time.perf_counter()
    await editor.sees(editor.open(workspace / "a.py", EVAL), "Bandit, Ruff B307")
    await editor.idle()
    took_long = time.perf_counter() - started > 0.5  # on a machine with other work to do
    assert took_long or editor.said("window/workDoneProgress/create") == []
    editor.received.clear()
    await editor.configure({"bandit": slow_bandit.settings})
    await slow_bandit.started()
    begin = await editor.until(lambda: progress(editor)[:1])
    assert begin == [
        {"kind": "begin", "title": "Analysing a.py", "cancellable": True, "percentage": 0}
    ]
    slow_bandit.let_go()
    await editor.until(lambda: progress(editor)[-1]["kind"] == "end")
    assert [value["kind"] for value in progress(editor)].count("begin") == 1


async def test_an_analysis_is_cancelled(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", EVAL)
    running = await slow_bandit.started()
    await editor.until(lambda: progress(editor))
    editor.notify("window/workDoneProgress/cancel", {"token": token(editor)})
    assert await survivors([running], 10) == []
    await editor.until(lambda: progress(editor)[-1]["kind"] == "end")
    await editor.until(lambda: "cancelled" in editor.tool("bandit").get("why", ""))
    assert editor.tool("bandit")["state"] == "not analysed"
    assert editor.found(file) == ["Ruff S307"]
    slow_bandit.let_go()
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307")


async def test_a_scan_is_cancelled(start: Start, workspace: Path, slow_bandit: SlowBandit) -> None:
    for number in range(40):
        (workspace / f"m{number}.py").write_text(EVAL)
    editor = await start(settings={"bandit": slow_bandit.settings})
    _, answer = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    scan = asyncio.ensure_future(answer)
    first = await slow_bandit.started()
    await editor.until(lambda: progress(editor))
    assert progress(editor)[0]["title"] == "Scanning workspace"
    running = {first, *editor.processes("slow-python")}
    editor.notify("window/workDoneProgress/cancel", {"token": token(editor)})
    assert await scan is None
    assert await survivors(running, 10) == []
    await editor.until(lambda: progress(editor)[-1]["kind"] == "end")
    await editor.configure({})
    assert (await editor.command("scanWorkspace"))["files"] == 40


async def test_a_fix_in_the_workspace_is_cancelled_with_its_scan(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    (workspace / "a.py").write_text(EVAL)
    editor = await start(settings={"bandit": slow_bandit.settings})
    fix = asyncio.ensure_future(editor.command("fixRule", (workspace / "a.py").as_uri(), "S307"))
    await slow_bandit.started()
    await editor.until(lambda: progress(editor))
    editor.notify("window/workDoneProgress/cancel", {"token": token(editor)})
    assert await fix == 0


async def test_a_scan_tells_how_far_it_is(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    for number in range(40):
        (workspace / f"m{number}.py").write_text(EVAL)
    editor = await start(settings={"bandit": slow_bandit.settings})
    _, scan = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    await slow_bandit.started()
    await editor.until(lambda: progress(editor))
    slow_bandit.let_go(40)
    assert await scan == {"files": 40, "findings": 40}
    await editor.until(lambda: progress(editor)[-1]["kind"] == "end")
    told = [value for value in progress(editor) if value["kind"] == "report"]
    assert told
    percentages = [value["percentage"] for value in told]
    assert percentages == sorted(percentages)
    assert percentages[-1] == 100


async def test_a_long_look_is_shown_and_cancelled(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """It is not taken up again by the next event."""
    paths = [workspace / f"m{number}.py" for number in range(3)]
    for path in paths:
        path.write_text(EVAL)
    editor = await start()
    assert (await editor.command("scanWorkspace"))["files"] == 3
    await editor.idle()
    editor.received.clear()
    await editor.configure({"bandit": slow_bandit.settings})
    running = await slow_bandit.started()
    begin = await editor.until(lambda: progress(editor)[:1])
    assert begin[0]["title"] == "Looking again at workspace"
    assert begin[0]["cancellable"] is True
    await editor.until(lambda: editor.status.get("running", 0) >= 1)
    assert editor.status["state"] == "running"
    editor.notify("window/workDoneProgress/cancel", {"token": token(editor)})
    assert await survivors([running], 10) == []
    await editor.until(lambda: progress(editor)[-1]["kind"] == "end")
    await editor.until(lambda: editor.status["state"] == "idle")
    begun = len(slow_bandit.look())
    other = workspace / "notes.txt"
    other.touch()
    editor.touch(other)
    await editor.idle()
    assert len(slow_bandit.look()) == begun
    slow_bandit.let_go()
    editor.touch(paths[0])
    await editor.idle()
    assert len(slow_bandit.look()) == begun + 1


async def test_no_progress_for_a_client_that_shows_none(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    silent = {key: value for key, value in CAPABILITIES.items() if key != "window"}
    editor = await start(capabilities=silent, settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", EVAL)
    await slow_bandit.started()
    await editor.until(lambda: editor.status.get("state") == "running")
    _, scan = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    slow_bandit.let_go(2)
    await scan
    await editor.sees(file, "Bandit, Ruff B307")
    assert editor.said("window/workDoneProgress/create") == progress(editor) == []


async def test_the_status_tells_what_there_is(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    await editor.until(lambda: editor.status.get("summary") == "nothing analysed yet")
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await slow_bandit.started()
    await editor.until(lambda: editor.tool("bandit").get("state") == "running")
    assert editor.status["state"] == "running"
    assert editor.status["running"] >= 1
    await editor.until(lambda: editor.tool("ruff")["state"] == "findings")
    slow_bandit.let_go()
    await editor.until(lambda: editor.status["state"] == "idle")
    assert editor.status["summary"] == "1 error, 1 warning"
    assert editor.status["counts"] == {"critical": 0, "high": 1, "medium": 1, "low": 0, "info": 0}
    assert editor.status["trusted"] is True
    assert editor.status["running"] == 0
    ruff, bandit = editor.tool("ruff"), editor.tool("bandit")
    assert (ruff["name"], ruff["state"], bandit["state"]) == ("ruff", "findings", "findings")
    assert ruff["version"].startswith("0.")
    assert bandit["cpuSeconds"] > 0
    assert editor.status["cost"]["cpuSeconds"] >= bandit["cpuSeconds"]
    assert editor.status["cost"]["memoryBytes"] > 1_000_000
    told = await editor.command("showStatus")
    assert told.splitlines()[0] == "1 error, 1 warning"
    assert {"ruff", "bandit"} <= {line.split()[0] for line in told.splitlines()}
    assert file.uri not in await editor.command("debugInfo")
    editor.close(file)
    await editor.until(lambda: sum(editor.status["counts"].values()) == 0)


async def test_the_status_and_its_detail_agree(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """Also when the detail is asked for before the next status is due."""
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", "x = 1\n")
    await slow_bandit.started()
    for _ in range(3):
        told = await editor.command("showStatus")
        assert ": running" in told
        assert editor.status["detail"] == told
        editor.edit(file, "1", "eval('1')")
        editor.save(file)
