"""Tasks that start by themselves while an editor is open: what starts them, where, and what does not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from .conftest import Start
from .editor import Editor
from .test_tasks import jobs, own_tasks, run
from .text import Json

ON: Json = {"triggers": {"enabled": True, "debounceMs": 100}}
FLAWED = "print(eval(input()))\n"
QUIET = {"securityOnChange": False, "securityEveryMinutes": 0, "securityDaily": ""}


def config(root: Path, **settings: Any) -> Path:
    """The project's settings; JSON is YAML."""
    path = root / ".understudy" / "config.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(settings))
    return path


def rules(root: Path, **own: Any) -> None:
    """Rules of the project, and no others, for a task ``say`` that prints its files."""
    named = {name: {"tasks": ["say"], **rule} for name, rule in own.items()}
    custom = {"say": {"command": ["echo", "${{ files }}"]}}
    config(root, tasks={"custom": custom}, triggers={**QUIET, "rules": named})


def causes(editor: Editor) -> list[str]:
    return [cause for job in jobs(editor) for cause in job["causes"]]


async def ended(editor: Editor, cause: str) -> Json:
    """The job with this cause, once it has ended."""

    def look() -> list[Json]:
        return [job for job in jobs(editor) if cause in job["causes"] and job["state"] == "ended"]

    (job,) = await editor.until(look)
    return job


async def watches(editor: Editor, times: int = 1) -> None:
    """Until the editor watches the disk, for the so-manieth time."""
    await editor.until(lambda: editor.log.count("start tasks") >= times)


async def output(editor: Editor, root: Path, job: Json) -> str:
    text: str = await editor.command("taskOutput", str(root), job["id"])
    return text


async def test_a_change_on_disk_starts_a_scan(start: Start, workspace: Path) -> None:
    editor = await start(settings=ON)
    await watches(editor)
    (workspace / "more.py").write_text(FLAWED)
    job = await ended(editor, "created more.py [security-on-change]")
    assert (job["task"], job["issues"]) == ("security_scan", 1)
    await editor.sees(workspace / "more.py", "Bandit, Ruff B307")


async def test_switched_off_nothing_starts_and_nothing_is_watched(
    start: Start, workspace: Path
) -> None:
    editor = await start(settings={"triggers": {"enabled": False}})
    buffer = editor.open(workspace / "app.py", FLAWED)
    editor.save(buffer)
    await editor.idle()
    assert await editor.command("showTasks")
    assert not jobs(editor)
    assert "start tasks" not in editor.log
    await editor.configure(ON)
    await watches(editor)
    (workspace / "more.py").write_text(FLAWED)
    await ended(editor, "created more.py [security-on-change]")


async def test_changed_excludes_hold_at_once(start: Start, workspace: Path) -> None:
    (workspace / "gen").mkdir()
    editor = await start(settings=ON)
    await watches(editor)
    await editor.configure({"triggers": {**ON["triggers"], "exclude": ["gen/"]}})
    await watches(editor, times=2)
    (workspace / "gen" / "made.py").write_text(FLAWED)
    (workspace / "more.py").write_text(FLAWED)
    await ended(editor, "created more.py [security-on-change]")
    await editor.configure(ON)
    await watches(editor, times=3)
    (workspace / "gen" / "made.py").write_text("x = 1\n")
    await ended(editor, "changed gen/made.py [security-on-change]")


async def test_one_editor_triggers_and_the_next_takes_over(start: Start, workspace: Path) -> None:
    first = await start(settings=ON)
    await watches(first)
    second = await start(settings=ON)
    assert await second.command("showTasks")
    (workspace / "one.py").write_text(FLAWED)
    await ended(first, "created one.py [security-on-change]")
    assert causes(first) == ["created one.py [security-on-change]"]
    assert "start tasks" not in second.log
    await first.kill()
    await watches(second)
    (workspace / "two.py").write_text(FLAWED)
    await ended(second, "created two.py [security-on-change]")


async def test_a_save_starts_what_is_for_it(start: Start, workspace: Path) -> None:
    rules(workspace, saved={"on": ["save"], "paths": ["*.py"]})
    (workspace / ".gitignore").write_text("made.py\n")
    editor = await start(settings=ON)
    for name in ("made.py", "notes.txt", "app.py"):
        editor.save(editor.open(workspace / name, "x = 1\n"))
    job = await ended(editor, "saved app.py [saved]")
    assert await output(editor, workspace, job) == f"{workspace / 'app.py'}\n"
    assert causes(editor) == ["saved app.py [saved]"]


async def test_what_is_saved_elsewhere_reaches_who_runs_the_jobs(
    start: Start, workspace: Path
) -> None:
    rules(workspace, saved={"on": ["save"]})
    first = await start(settings=ON)
    await watches(first)
    second = await start(settings=ON)
    assert await second.command("showTasks")
    second.save(second.open(workspace / "app.py", "x = 1\n"))
    await ended(first, "saved app.py [saved]")
    assert causes(first) == ["saved app.py [saved]"]
    for editor in (first, second):
        assert await editor.quit() == 0


async def test_opening_and_pausing(start: Start, workspace: Path) -> None:
    rules(workspace, opened={"on": ["start"]}, paused={"on": ["idle"]})
    editor = await start(settings={"triggers": {**ON["triggers"], "idleSeconds": 1}})
    await ended(editor, "at the start [opened]")
    assert causes(editor) == ["at the start [opened]"], "nobody has worked yet"
    buffer = editor.open(workspace / "app.py", "x = 1\n")
    editor.edit(buffer, "1", "2")
    await ended(editor, "while idle [paused]")
    editor.edit(buffer, "2", "3")
    await editor.until(lambda: causes(editor).count("while idle [paused]") == 2)


async def test_nothing_of_an_untrusted_workspace_starts(start: Start, workspace: Path) -> None:
    config(
        workspace,
        tasks={"custom": {"trap": {"command": ["touch", str(workspace / "trapped")]}}},
        triggers={
            **QUIET,
            "rules": {
                "own": {"tasks": ["trap"], "on": ["start", "save"]},
                "tests": {"tasks": ["test_runner"], "on": ["save"]},
                "scan": {"tasks": ["code_analysis"], "on": ["save"]},
            },
        },
    )
    (workspace / "test_it.py").write_text(f"open({str(workspace / 'trapped')!r}, 'w')\n")
    editor = await start(trusted=False, settings=ON)
    editor.save(editor.open(workspace / "app.py", "x = 1\n"))
    await ended(editor, "saved app.py [scan]")
    assert causes(editor) == ["saved app.py [scan]"]
    assert not (workspace / "trapped").exists()


@pytest.mark.alone
async def test_an_idle_editor_costs_nothing(start: Start, workspace: Path) -> None:
    for number in range(200):
        (workspace / f"m{number}.py").write_text(f"x = {number}\n")
    editor = await start(settings=ON)
    await watches(editor)
    await editor.idle()
    server = psutil.Process(editor.process.pid)
    before = sum(server.cpu_times()[:2])
    await asyncio.sleep(3)  # what is measured is that nothing happens
    assert sum(server.cpu_times()[:2]) - before < 0.1


async def test_what_is_wrong_with_rules_is_shown_until_it_is_mended(
    start: Start, workspace: Path
) -> None:
    path = workspace / ".understudy" / "config.yaml"
    path.parent.mkdir()
    text = "triggers:\n  rules:\n    nightly: {tasks: [security_scan], cron: 61 * * * *}\n"
    editor = await start(settings=ON)
    buffer = editor.open(path, text, language="yaml")
    editor.save(buffer)
    (shown,) = await editor.sees(path, "Understudy settings")
    assert shown["range"]["start"] == {"line": 2, "character": 44}
    assert shown["severity"] == 2
    assert "`nightly` has no effect: the minute of the cron expression" in shown["message"]
    editor.edit(buffer, "61", "59")
    editor.save(buffer)
    await editor.sees(path)


async def test_what_another_process_ran_is_shown_here(start: Start, workspace: Path) -> None:
    file = workspace / "main.c"
    file.write_text("int main() { return x; }\n")
    own_tasks(workspace, compile="echo main.c:1:21: error: no x; exit 1")
    first = await start()
    assert await first.command("showTasks")
    second = await start()
    assert await second.command("showTasks")
    await run(first, "compile")
    await second.sees(file, "compile gcc")
    await second.until(lambda: [job["state"] for job in jobs(second)] == ["ended"])
    for editor in (first, second):
        assert await editor.quit() == 0
