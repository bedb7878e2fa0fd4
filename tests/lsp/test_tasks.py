"""Tasks in an editor: run, watched, cancelled; what they find is shown where it is, until it is gone."""

from __future__ import annotations

import contextlib
import json
import resource
import shlex
import sqlite3
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.core.support import until

from .conftest import Start
from .connection import COMMAND
from .editor import Editor
from .processes import MARK
from .text import Json

TESTS = "def test_good():\n    assert True\n\n\ndef test_bad():\n    value = '😀'\n    assert value == 4\n"


def own_tasks(workspace: Path, **tasks: str) -> None:
    """Tasks of the workspace, each a shell script."""
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir(exist_ok=True)
    lines = ["tasks:", "  custom:"]
    for name, script in tasks.items():
        lines += [f"    {name}:", f"      command: [sh, -c, {script!r}]", "      matcher: gcc"]
    config.write_text("\n".join(lines) + "\n")


def own_interpreter(workspace: Path) -> None:
    """An environment of the workspace: the interpreter of these tests, which has pytest."""
    interpreter = workspace / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    lines = ["#!/bin/sh", "export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"]
    lines += [f'exec {shlex.quote(sys.executable)} "$@"', ""]
    interpreter.write_text("\n".join(lines))
    interpreter.chmod(0o755)


def jobs(editor: Editor) -> list[Json]:
    """The newest jobs that the editor was told of."""
    told = editor.said("understudy/tasks")
    listed: list[Json] = told[-1]["jobs"] if told else []
    return listed


async def ended(editor: Editor, job: Json) -> Json:
    """The job once it has ended."""

    def look() -> list[Json]:
        same = [each for each in jobs(editor) if each["id"] == job["id"]]
        return [each for each in same if each["state"] == "ended"]

    (found,) = await editor.until(look)
    return found


async def run(editor: Editor, task: str, parameters: Any = None) -> Json:
    """The job of a task, once it has ended."""
    job = await editor.command("runTask", task, parameters or {})
    assert job is not None
    return await ended(editor, job)


async def test_a_task_of_ones_own(start: Start, workspace: Path) -> None:
    file = workspace / "main.c"
    file.write_text("int main() { return x; }\n")
    own_tasks(workspace, compile="echo main.c:1:21: error: no x; exit 1", clean="echo fine")
    editor = await start(trusted=True)
    job = await run(editor, "compile")
    assert (job["status"], job["issues"]) == ("failed", 1)
    assert "ended with status 1" in job["why"]
    (shown,) = await editor.sees(file, "compile gcc")
    assert shown["message"] == "no x"
    assert shown["range"]["start"] == {"line": 0, "character": 20}
    output = await editor.command("taskOutput", str(workspace), job["id"])
    assert output == "main.c:1:21: error: no x\n"
    assert "".join(each["text"] for each in editor.said("understudy/taskOutput")) == output
    assert any(
        "#1 compile: failed" in each["message"] for each in editor.said("window/showMessage")
    )


async def test_what_is_mended_is_gone(start: Start, workspace: Path) -> None:
    file = workspace / "main.c"
    file.touch()
    own_tasks(workspace, compile=f"cat {shlex.quote(str(workspace / 'errors'))}; true")
    (workspace / "errors").write_text("main.c:1:1: error: bad\n")
    editor = await start(trusted=True)
    await run(editor, "compile")
    await editor.sees(file, "compile gcc")
    (workspace / "errors").write_text("")
    await run(editor, "compile")
    await editor.sees(file)


async def test_what_tasks_find_counts_once(start: Start, workspace: Path) -> None:
    """Open or closed, whether it is analysed or not, until it is mended or gone."""
    file, other = workspace / "main.c", workspace / "app.py"
    file.touch()
    other.write_text("import os\n")
    (workspace / "errors").write_text("main.c:1:1: error: bad\napp.py:1:1: error: worse\n")
    own_tasks(workspace, compile=f"cat {shlex.quote(str(workspace / 'errors'))}")
    editor = await start(trusted=True)

    def counts() -> int:
        return sum(editor.status.get("counts", {}).values())

    await run(editor, "compile")
    await editor.until(lambda: counts() == 2)
    await editor.command("scanWorkspace")
    await editor.until(lambda: counts() == 3)
    buffer = editor.open(other)
    await editor.command("showStatus")
    await editor.idle()
    await editor.until(lambda: counts() == 3)
    editor.close(buffer)
    await editor.command("showStatus")
    await editor.idle()
    await editor.until(lambda: counts() == 3)
    file.unlink()
    editor.touch(deleted=[file])
    await editor.until(lambda: counts() == 2)
    assert editor.shown(file) == []
    (workspace / "errors").write_text("")
    await run(editor, "compile")
    await editor.until(lambda: counts() == 1)


async def test_what_was_found_is_shown_and_cleared_by_another_process(
    start: Start, workspace: Path
) -> None:
    file = workspace / "tests" / "test_it.py"
    file.parent.mkdir()
    file.write_text(TESTS)
    own_interpreter(workspace)
    editor = await start(trusted=True)
    await run(editor, "test_runner")
    await editor.until(lambda: editor.shown(file))
    await editor.kill()
    again = await start(trusted=True)
    await again.until(lambda: again.shown(file))
    file.write_text(TESTS.replace("'😀'", "4"))
    done = await run(again, "test_runner", {"failed": True})
    assert done["summary"] == "1 passed"
    await again.until(lambda: not again.shown(file))


async def test_the_tests_are_run_and_shown_at_the_failing_line(
    start: Start, workspace: Path
) -> None:
    file = workspace / "tests" / "test_it.py"
    file.parent.mkdir()
    file.write_text(TESTS)
    own_interpreter(workspace)
    editor = await start(trusted=True)
    buffer = editor.open(file)
    await editor.idle()
    before = set(editor.found(file))
    job = await editor.command("runTests")
    done = await ended(editor, job)
    assert (done["status"], done["issues"], done["summary"]) == ("done", 1, "1 passed, 1 failed")
    (failure,) = await editor.until(
        lambda: [each for each in editor.shown(file) if each["source"] == "Tests"]
    )
    assert failure["range"]["start"]["line"] == 6
    assert "assert '😀' == 4" in failure["message"]
    editor.edit(buffer, "'😀'", "4")
    editor.save(buffer)
    job = await editor.command("runTests", {"failed": True})
    done = await ended(editor, job)
    assert done["summary"] == "1 passed"
    await editor.until(lambda: set(editor.found(file)) == before)


async def test_nothing_runs_in_an_untrusted_workspace(start: Start, workspace: Path) -> None:
    own_tasks(workspace, trap=f"touch {shlex.quote(str(workspace / 'trapped'))}")
    (workspace / "tests").mkdir()
    (workspace / "tests" / "test_it.py").write_text("import pytest\nopen('../trapped', 'w')\n")
    editor = await start(trusted=False)
    assert await editor.command("runTask", "trap", {}) is None
    assert any("no task 'trap'" in each["message"] for each in editor.said("window/showMessage"))
    job = await run(editor, "test_runner")
    assert job["status"] == "refused"
    assert not (workspace / "trapped").exists()


async def test_a_scan_as_a_task(start: Start, workspace: Path) -> None:
    file = workspace / "app.py"
    file.write_text("import os\nprint(eval(input()))\n")
    editor = await start(trusted=True)
    job = await run(editor, "security_scan")
    assert job["summary"] == "1 issue in 1 file: 1 high"
    assert await editor.until(lambda: len(editor.found(file)) == 2)


@pytest.mark.parametrize("command", ["cancelTask", "taskOutput"])
async def test_what_names_no_job(start: Start, workspace: Path, command: str) -> None:
    """The user is told, whatever the client sends."""
    editor = await start(trusted=True)
    given: list[list[Any]] = [[5, 1], [str(workspace), "1"], [str(workspace)], [], [None, None]]
    for arguments in given:
        assert await editor.command(command, *arguments) is None
    said = [each["message"] for each in editor.said("window/showMessage")]
    whats = ["a folder is named by its path", *["a job is named by"] * 4]
    assert len(said) == len(whats)
    assert all(what in each for what, each in zip(whats, said, strict=True))


async def test_cancelling_a_task(start: Start, workspace: Path) -> None:
    own_tasks(workspace, wait="echo $$; sleep 1000")
    editor = await start(trusted=True)
    job = await editor.command("runTask", "wait", {})
    (printed,) = await editor.until(lambda: editor.said("understudy/taskOutput"))
    (created,) = await editor.until(lambda: editor.said("window/workDoneProgress/create"))
    assert await editor.command("cancelTask", str(workspace), job["id"]) is True
    done = await ended(editor, job)
    assert done["status"] == "cancelled"
    assert int(printed["text"]) not in psutil.pids()
    ends = [each for each in editor.said("$/progress") if each["value"]["kind"] == "end"]
    assert [each["token"] for each in ends] == [created["token"]]


async def test_the_progress_button_cancels(start: Start, workspace: Path) -> None:
    own_tasks(workspace, wait="sleep 1000")
    editor = await start(trusted=True)
    job = await editor.command("runTask", "wait", {})
    (created,) = await editor.until(lambda: editor.said("window/workDoneProgress/create"))
    editor.notify("window/workDoneProgress/cancel", created)
    assert (await ended(editor, job))["status"] == "cancelled"


async def test_run_again_runs_what_was_run_last(start: Start, workspace: Path) -> None:
    own_tasks(workspace, say="echo ${word:-nothing}")
    editor = await start(trusted=True)
    assert await editor.command("runAgain") is None
    await run(editor, "say")
    again = await editor.command("runAgain")
    done = await ended(editor, again)
    assert (done["task"], done["id"]) == ("say", 2)


async def test_changed_settings_give_other_tasks(start: Start, workspace: Path) -> None:
    editor = await start(trusted=True)
    (listed,) = await editor.command("showTasks")
    assert [task["name"] for task in listed["tasks"]] == [
        *("security_scan", "code_analysis", "performance_profile", "test_runner"),
        *("dependency_audit", "import_times"),
    ]
    own_tasks(workspace, hello="echo hello")
    editor.touch(workspace / ".understudy" / "config.yaml")
    (listed,) = await editor.command("showTasks")
    assert "hello" in [task["name"] for task in listed["tasks"]]
    assert (await run(editor, "hello"))["status"] == "done"


async def test_the_parameters_of_a_task_are_told_so_that_an_editor_can_ask(
    start: Start, workspace: Path
) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text(
        "tasks:\n  custom:\n    release:\n      command: [echo, '${{ version }} ${{ dry }}']\n"
        "      parameters: {dry: 'true'}\n"
        "      ask: {version: {text: 'Which?', choices: [major, minor]}, dry: {type: boolean}}\n"
    )
    editor = await start(trusted=True)
    version = {"name": "version", "default": None, "type": "text", "question": "Which?"}
    dry = {"name": "dry", "default": "true", "type": "boolean", "question": "dry", "choices": []}
    told = [version | {"choices": ["major", "minor"]}, dry]
    assert await editor.command("taskParameters", "release", str(workspace)) == told
    assert await editor.command("taskParameters", "test_runner") == []
    assert await editor.command("taskParameters", "nonsense") is None
    assert await editor.command("runTask", "release", {}) is None
    said = [each["message"] for each in editor.said("window/showMessage")]
    assert "That could not be done: release needs version (one of major, minor)." in said
    job = await run(editor, "release", {"version": "major", "dry": False})
    output = await editor.command("taskOutput", str(workspace), job["id"])
    assert output == "major false\n"


async def test_what_was_interrupted_is_asked_for(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    own_tasks(workspace, once="sleep 1000")
    editor = await start(trusted=True)
    await editor.command("runTask", "once", {})
    await editor.until(lambda: any(each["state"] == "running" for each in jobs(editor)))
    await editor.kill()
    again = await start(trusted=True)
    (listed,) = await again.command("showTasks")
    (job,) = listed["jobs"]
    assert job["state"] == "asking"
    await again.until(lambda: again.said("window/showMessageRequest"))


async def test_a_disk_that_takes_nothing_is_told_until_it_does(
    start: Start, workspace: Path
) -> None:
    own_tasks(workspace, hello="echo hello")
    editor = await start(trusted=True)
    await run(editor, "hello")
    (log,) = editor.state.glob("workspaces/*/jobs.db-wal")
    _, most = resource.prlimit(editor.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(editor.process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, most))
    assert await editor.command("runTask", "hello") is None
    told = editor.said("window/showMessage")[-1]["message"]
    assert "jobs.db cannot be used (disk I/O error): tasks wait until" in told
    assert "tasks wait until" in await editor.command("showStatus")
    resource.prlimit(editor.process.pid, resource.RLIMIT_FSIZE, (most, most))
    assert (await run(editor, "hello"))["status"] == "done"
    assert "tasks wait until" not in await editor.command("showStatus")


SMALL_DISK = (
    'mkdir "$UNDERSTUDY_STATE_DIR"; mount -t tmpfs -o size=60m none "$UNDERSTUDY_STATE_DIR";'
    ' head -c 57M /dev/zero > "$UNDERSTUDY_STATE_DIR/full"; exec "$@"'
)


async def test_a_disk_that_is_almost_full_is_told_of_once(
    environment: dict[str, str], workspace: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    log = tmp_path / "told.jsonl"
    for folder in (workspace, other):
        config = folder / ".understudy" / "config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text(
            "notifications:\n  file: {enabled: true, events: [highResourceUse, taskCompleted],"
            f" path: {log}}}\ntasks:\n  custom:\n"
            '    true: {command: ["true"], notify: [completion], priority: high}\n'
        )
    unshare = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", SMALL_DISK, "sh")
    async with Editor.start(environment, tmp_path, (*unshare, *COMMAND)) as editor:
        await editor.initialize(workspace, other, trusted=True)

        def told() -> list[str]:
            lines = log.read_text().splitlines() if log.exists() else []
            return [json.loads(line)["event"] for line in lines]

        await until(told)
        await run(editor, "true")
        await until(lambda: len(told()) > 1)
        assert told() == ["highResourceUse", "taskCompleted"]


async def test_what_waits_for_a_pause_survives_sigkill(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text(
        "notifications: {console: {enabled: true}}\ntasks:\n  custom:\n"
        '    hello: {command: ["true"], notify: [completion], priority: high}\n'
    )
    file = workspace / "app.py"
    file.write_text("x = 1\n")
    editor = await start(trusted=True)
    buffer = editor.open(file)
    editor.edit(buffer, "1", "2")
    await run(editor, "hello")

    def waiting() -> list[tuple[str]]:
        (path,) = Path(environment[MARK]).glob("workspaces/*/jobs.db")
        query = "SELECT id FROM jobs WHERE task = 'understudy.deliver' AND state = 'queued'"
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute(query).fetchall()

    await until(waiting)
    await editor.kill()
    assert "hello completed" not in editor.log
    again = await start(trusted=True)
    await until(lambda: "hello completed" in again.log)
    await until(lambda: not waiting())
