"""The task engine from a terminal, with real processes."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from .support import alive, own_environment, tree, understudy, understudy_here, until

Run = Callable[..., subprocess.CompletedProcess[str]]

CONFIG = """
tasks:
  custom:
    hello:
      command: [sh, -c, "echo hello $0", "${{ who }}"]
      parameters: {who: world}
    compile:
      command: [sh, -c, "echo main.c:3:1: error: no x; exit 1"]
      matcher: gcc
    wait: {command: [sleep, "1000"]}
    loop: {command: ["true"], needs: [loop]}
    missing: {command: [no-such-program]}
    left: {command: [sleep, "0.6"]}
    right: {command: [sh, -c, "sleep 0.6; echo main.c:1:1: warning: hm"], matcher: gcc}
    both: {command: [echo, done], needs: [left, right]}
    none: {command: [echo, done], needs: [left, compile]}
    release:
      command: [echo, "${{ version }}", "${{ part }}", "${{ notes }}"]
      parameters: {part: patch}
      ask:
        version: {text: "Which version?", type: number}
        part: {choices: [patch, minor]}
notifications:
  file: {enabled: true}
triggers:
  debounceMs: 100
"""


ASKING = {
    "cancel", "export", "log", "logs", "metrics", "retry", "schedule", "status", "tasks", "trust",
    "untrust",
}  # fmt: skip
"""What needs no process of its own."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    return tree(root, {".understudy/config.yaml": CONFIG, "app.py": "print(eval(input()))\n"})


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    # The plug-ins take most of the time of a short run.
    return own_environment(tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


@pytest.fixture
def run(root: Path, environment: dict[str, str]) -> Run:
    def run(*words: str, trusted: bool = True) -> subprocess.CompletedProcess[str]:
        how = understudy_here if words[0] in ASKING else understudy
        return how(*words, cwd=root, environment=environment)

    run("trust", ".")
    return run


@pytest.fixture
def service(run: Run) -> Iterator[Run]:
    started = run("start")
    assert started.returncode == 0, started.stderr
    yield run
    run("stop")


def jobs(run: Run) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run("tasks", "--json").stdout)["jobs"]
    return listed


FOUND = (
    "app.py:1:7: high: Use of possibly insecure function - consider using safer"
    " ast.literal_eval. (Bandit B307, Ruff S307)\n"
)


@pytest.mark.parametrize(
    ("words", "code", "printed", "said"),
    [
        (("hello",), 0, "hello world\n", "#1 hello: done"),
        (("hello", "who=you"), 0, "hello you\n", "done"),
        (("compile",), 3, "main.c:3:1: error: no x\n", "failed in"),
        (("missing",), 3, "", "there is no program 'no-such-program'"),
        (("nonsense",), 2, "", "there is no task 'nonsense'"),
        (
            ("release", "part=minor"),
            *(
                2,
                "",
                "release needs version (a number), notes. Parameters are given as NAME=VALUE.",
            ),
        ),
        (
            ("release", "version=1.10", "notes=", "part=major"),
            *(2, "", "release cannot use what is given for part (one of patch, minor)"),
        ),
        (("release", "version=1.10", "notes=true"), 0, "1.10 patch true\n", "done"),
        (("hello", "whom=you"), 2, "", "hello has no parameter whom: it has who"),
        (("security_scan", "files=a.py"), 2, "", "no parameter files: it has none"),
        (("loop",), 2, "", "these tasks need each other: loop → loop"),
        (("security_scan",), 1, FOUND, "1 issue in 1 file: 1 high"),
    ],
)
def test_run(run: Run, words: tuple[str, ...], code: int, printed: str, said: str) -> None:
    done = run("run", *words)
    assert (done.returncode, done.stdout) == (code, printed), done.stderr
    assert said in done.stderr


def running(run: Run, environment: dict[str, str], root: Path) -> subprocess.Popen[str]:
    """A command that waits for the job #1, which runs until it is ended."""
    # Who starts the tests in the background has SIGINT ignored in all of them.
    default = ["env", "--default-signal=INT"]
    argv = [*default, sys.executable, "-P", "-m", "understudy", "run", "wait"]
    started = subprocess.Popen(
        argv, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while not any(job["state"] == "running" for job in jobs(run)):
        assert started.poll() is None
    return started


def test_control_c_cancels_what_it_waits_for(
    run: Run, environment: dict[str, str], root: Path
) -> None:
    started = running(run, environment, root)
    started.send_signal(signal.SIGINT)
    printed, _ = started.communicate(timeout=30)
    assert (started.returncode, "Interrupted." in printed) == (130, True), printed
    (job,) = jobs(run)
    assert (job["state"], job["status"]) == ("ended", "cancelled")


INTERRUPTED = "#1 wait: was interrupted. `understudy retry 1` runs it again"


def test_who_waits_is_told_that_it_was_interrupted(
    service: Run, environment: dict[str, str], root: Path
) -> None:
    waiting = running(service, environment, root)
    service("stop")
    printed, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, INTERRUPTED in printed) == (3, True), printed


@pytest.mark.parametrize("word", ["retry", "cancel"])
def test_what_was_interrupted_waits_for_a_word(
    run: Run, environment: dict[str, str], root: Path, word: str
) -> None:
    started = running(run, environment, root)
    started.kill()
    started.communicate(timeout=30)
    assert run("retry", "1").returncode == 2, "nobody has seen yet that it was interrupted"
    run("run", "hello")
    assert INTERRUPTED in run("tasks").stdout
    assert run(word, "1").returncode == 0
    state = next(job["state"] for job in jobs(run) if job["id"] == 1)
    assert state == {"retry": "queued", "cancel": "ended"}[word]


@pytest.mark.alone
def test_tracks_are_planned_measured_and_merged(run: Run) -> None:
    first = run("run", "both")
    assert first.returncode == 1, "the issue of a track is one of the whole"
    assert first.stdout == "done\n"
    assert "3 tasks on 2 tracks: how long they take is not known yet" in first.stderr
    assert re.search(r"^  1\. (left|right) → both\n  2\. (left|right)$", first.stderr, re.MULTILINE)
    again = run("run", "both", "--json")
    plan, done = map(json.loads, again.stdout.splitlines())
    assert plan["plan"]["unknown"] == []
    assert sorted(map(len, plan["plan"]["tracks"])) == [1, 2]
    assert plan["plan"]["oneAfterAnother"] >= 1.2
    for told in (plan["plan"], done["took"]):
        assert told["speedUp"] == pytest.approx(told["oneAfterAnother"] / told["seconds"], rel=0.02)
        assert 1.3 < told["speedUp"] <= 2.5
    assert {job["task"]: job["issues"] for job in done["jobs"]} == {
        "left": 0,
        "right": 1,
        "both": 0,
    }
    assert (done["issues"], again.returncode) == (1, 1)
    known = run("run", "both").stderr
    assert re.search(r"tracks: about [\d.]+ s, one after another [\d.]+ s \([\d.]+×\)", known)
    assert re.search(r"all of it took [\d.]+ s, one after another [\d.]+ s \([\d.]+×\)", known)
    multiplier = json.loads(run("status", "--json").stdout)["multiplier"]
    assert 1.3 < multiplier <= 2.5
    assert f"Throughput: {multiplier:.1f} × one after another" in run("status").stdout
    listed = run("tasks")
    assert re.search(r"^both .*\(about 0\.\d s; needs left, right\)$", listed.stdout, re.MULTILINE)
    kinds = {kind["name"]: kind for kind in json.loads(run("tasks", "--json").stdout)["tasks"]}
    assert kinds["left"]["seconds"] >= 0.6
    assert (kinds["none"]["seconds"], kinds["none"]["needs"]) == (None, ["left", "compile"])


def test_a_track_that_fails_fails_the_whole_with_its_reason(run: Run) -> None:
    done = run("run", "none")
    assert (done.returncode, done.stdout) == (3, "")
    assert "left: done" in done.stderr
    reason = "none: need failed, compile, which it needs, failed: sh ended with status 1"
    assert reason in done.stderr


def test_nothing_of_an_untrusted_workspace_runs(run: Run) -> None:
    run("untrust", ".")
    done = run("run", "hello")
    assert done.returncode == 2
    assert "it names a program to run, and this workspace is not trusted" in done.stderr


def test_what_was_printed_and_done_is_remembered(run: Run) -> None:
    run("run", "hello")
    assert run("logs", "1").stdout == "hello world\n"
    assert "queued" in run("log").stdout
    assert "on the command line" in run("log", "--job", "1").stdout
    metrics = json.loads(run("metrics", "--json").stdout)
    assert metrics["tasks"]["hello"]["successRate"] == 1.0
    (row,) = map(json.loads, run("export", "executions").stdout.splitlines())
    assert (row["task"], row["status"]) == ("hello", "done")
    (result,) = json.loads(run("export", "results", "--format", "json").stdout)
    assert result["causes"] == ["on the command line"]
    assert run("logs", "7").returncode == 2


def test_where_there_is_nothing_that_is_said(run: Run) -> None:
    log = run("log")
    assert log.stderr.startswith("No task ran so far; `understudy journal` has")
    assert (log.stdout, run("log", "--json").stderr) == ("", "")
    assert run("metrics", "--days", "0.5").stderr == "Nothing was measured in the last 0.5 days.\n"
    assert "Throughput" not in run("status").stdout


def test_a_terminal_is_told_of_memory_in_units(run: Run) -> None:
    run("run", "hello")
    assert re.search(r"^  memoryMost +[\d.]+ MiB$", run("metrics").stdout, re.MULTILINE)


def test_what_no_process_was_measured_for_has_no_figure(run: Run) -> None:
    """As in a report: what the warm tools take is told of them, and not of the task."""
    run("run", "performance_profile")
    told = json.loads(run("metrics", "--json").stdout)["tasks"]["performance_profile"]
    assert "secondsMedian" in told
    assert {"cpuSeconds", "memoryBytesMost"}.isdisjoint(told)
    assert "0 B" not in run("metrics").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("metrics", "--days", "nan"),
        ("metrics", "--days", "1e308"),
        ("profile", "--engine", "--days", "99999999999"),
    ],
)
def test_days_that_no_calendar_has_are_refused(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert "Invalid value for '--days'" in done.stderr


def test_what_was_measured_of_tools_is_remembered(run: Run, root: Path) -> None:
    (root / "measured.py").write_text("import os\n")
    for _ in range(2):
        assert run("scan").returncode in (0, 1)
    ruff = json.loads(run("metrics", "--json").stdout)["tools"]["ruff"]
    assert ruff["filesKnown"] == ruff["filesLooked"] >= 1
    assert "filesKnown" in run("metrics").stdout
    rows = [*map(json.loads, run("export", "measured").stdout.splitlines())]
    told = {each["of"]: each for each in rows if each["tool"] == "ruff"}
    today = datetime.now().astimezone().date().isoformat()
    assert told["recalled"] == {
        "of": "recalled",
        "day": today,
        "tool": "ruff",
        "files": ruff["filesKnown"],
    }
    assert told["looked"]["ahead"] is False


async def test_a_detached_job_waits_for_who_runs_it(run: Run, root: Path) -> None:
    assert "nothing runs it" in run("run", "--detach", "hello").stdout
    assert [job["state"] for job in jobs(run)] == ["queued"]
    assert run("run", "hello", "who=you").stdout == "hello you\n"
    assert [job["state"] for job in jobs(run)] == ["ended", "queued"], "only what was asked for"
    run("start")
    try:
        await until(lambda: {job["state"] for job in jobs(run)} == {"ended"})
    finally:
        run("stop")


async def test_a_service_runs_what_others_ask_for(service: Run, root: Path) -> None:
    told = json.loads(service("status", "--json").stdout)
    assert told["holder"]["kind"] == "service"
    assert told["trusted"] is True
    done = service("run", "hello")
    assert (done.returncode, done.stdout) == (0, "hello world\n")
    service("run", "--detach", "wait")
    (waiting,) = await until(lambda: [j for j in jobs(service) if j["state"] == "running"])
    assert service("cancel", str(waiting["id"])).returncode == 0
    await until(lambda: jobs(service)[0]["status"] == "cancelled")
    assert service("cancel", str(waiting["id"])).returncode == 2


async def test_settings_and_trust_hold_as_they_are_on_disk(service: Run, root: Path) -> None:
    """What was saved holds for what is asked for after it; what was trusted ends with the trust."""
    config = root / ".understudy/config.yaml"
    config.write_text(CONFIG.replace("    hello:", "    fresh: {command: [echo, new]}\n    hello:"))
    done = service("run", "fresh")
    assert (done.returncode, done.stdout) == (0, "new\n"), done.stderr
    service("run", "--detach", "wait")
    await until(lambda: [each for each in jobs(service) if each["state"] == "running"])
    service("untrust", ".")
    await until(lambda: jobs(service)[0]["status"] == "cancelled")
    service("run", "--detach", "security_scan")
    await until(lambda: jobs(service)[0]["status"] == "done")
    assert json.loads(service("status", "--json").stdout)["trusted"] is False


def test_a_second_service_is_refused_by_name(service: Run, root: Path) -> None:
    again = service("start")
    assert again.returncode == 2
    pid = json.loads(service("status", "--json").stdout)["holder"]["pid"]
    assert f"already runs for {root}, as process {pid}" in again.stderr


def test_it_stops_with_all_that_it_started(service: Run) -> None:
    service("run", "--detach", "wait")
    pid = json.loads(service("status", "--json").stdout)["holder"]["pid"]
    below = psutil.Process(pid).children(recursive=True)
    stopped = service("stop")
    assert stopped.returncode == 0
    assert not alive([pid, *(child.pid for child in below)])
    assert "does not run" in service("stop").stdout


def test_it_writes_no_stray_file(service: Run, root: Path) -> None:
    service("run", "hello")
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {".understudy/config.yaml", "app.py"}


async def test_a_change_starts_a_scan_and_a_notice(
    service: Run, root: Path, tmp_path: Path
) -> None:
    log = next((tmp_path / "state" / "workspaces").iterdir()) / "notices.jsonl"
    (root / "more.py").write_text("import pickle; pickle.loads(b'')\n")

    def scanned() -> list[dict[str, Any]]:
        return [job for job in jobs(service) if job["task"] == "security_scan"]

    (job, *_) = await until(lambda: [job for job in scanned() if job["state"] == "ended"])
    assert job["causes"] == ["created more.py [security-on-change]"]
    (line, *_) = await until(lambda: log.read_text().splitlines() if log.exists() else [])
    notice = json.loads(line)
    assert (notice["event"], notice["data"]["task"]) == ("issuesFound", "security_scan")


async def test_a_commit_starts_the_code_analysis(
    service: Run, root: Path, environment: dict[str, str]
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True, env=environment)
    assert service("hooks", "install", "post-commit").returncode == 0
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(
        ["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=root,
        check=True,
        env=environment,
    )
    done = await until(lambda: [j for j in jobs(service) if j["task"] == "code_analysis"])
    assert done[0]["causes"] == ["committed [quality-on-commit]"]


def test_notify_tries_the_channels(run: Run, tmp_path: Path) -> None:
    done = run("notify", "--severity", "error", "--title", "Hello", "--message", "there")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "file: delivered\n"
    log = next((tmp_path / "state" / "workspaces").iterdir()) / "notices.jsonl"
    assert json.loads(log.read_text())["title"] == "Hello"


def test_the_schedule_is_listed(run: Run) -> None:
    lines = run("schedule").stdout
    assert "security-daily (0 9 * * *)" in lines
    assert "security-while-working" in lines


def test_watch_tells_what_would_run(run: Run, root: Path, environment: dict[str, str]) -> None:
    assert run("watch").returncode == 2
    argv = [sys.executable, "-u", "-P", "-m", "understudy", "watch", "--dry-run"]
    with subprocess.Popen(
        argv, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        with contextlib.closing(process.stdout) as lines:
            assert next(lines) == f"Watching {root}.\n"
            (root / "new.py").write_text("x = 1\n")
            assert next(lines) == "created new.py\n"
            rest = [next(lines) for _ in range(3)]
            process.kill()
    assert any("security-on-change: would run security_scan" in line for line in rest)


def test_what_is_wrong_with_rules_is_said(run: Run, root: Path) -> None:
    wrong = "\n  rules:\n    nightly: {tasks: [nope], cron: 0 0 30 2 *}\n"
    path = root / ".understudy/config.yaml"
    path.write_text(CONFIG.rstrip() + wrong)
    where = f"{path}:{len(CONFIG.splitlines()) + 2}:"
    said = "The rule `nightly` has no effect: there is no task 'nope'."
    assert where in (done := run("schedule")).stderr
    assert said in done.stderr
    doctor = run("doctor")
    assert where in doctor.stdout
    assert said in doctor.stdout


TESTS = "def test_good():\n    assert True\n\ndef test_bad():\n    assert 1 == 2\n"


def own_interpreter(root: Path) -> Path:
    """As an environment of the workspace: the interpreter of the tests, which has pytest."""
    python = root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def test_what_failed_is_known_to_the_next_process(run: Run, root: Path) -> None:
    tree(root, {"pytest.ini": "", "tests/test_a.py": TESTS})
    own_interpreter(root)
    assert "nothing to run" in run("run", "test_runner", "failed").stderr
    done = run("run", "test_runner")
    assert (done.returncode, "1 passed, 1 failed" in done.stderr) == (1, True), done.stderr
    run("run", "hello")
    again = run("run", "test_runner", "failed")
    assert (again.returncode, "done in" in again.stderr) == (1, True), again.stderr
    assert again.stderr.rstrip().endswith(", 1 failed"), "only that one has run"
    tree(root, {"tests/test_a.py": TESTS.replace("1 == 2", "1 == 1")})
    again = run("run", "test_runner", "failed")
    assert (again.returncode, again.stderr.rstrip().endswith(", 1 passed")) == (0, True)
    assert "nothing to run" in run("run", "test_runner", "failed").stderr


def test_imports_are_timed_when_somebody_asks(root: Path, run: Run) -> None:
    tree(root, {"slow/__init__.py": "import json.tool\n", "bad.py": "raise OSError('no')\n"})
    run("trust", "--in", str(root))
    done = run("run", "import_times", "module=slow", "--in", str(root))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"import slow took 0\.\d\d s: .*json", done.stderr)
    failed = run("run", "import_times", "module=bad", "--in", str(root))
    assert failed.returncode == 3
    odd = run("run", "import_times", "module=a;b", "--in", str(root))
    assert "'a;b' is no name of a module" in odd.stdout + odd.stderr
    run("untrust", ".")
    refused = run("run", "import_times", "module=slow", "--in", str(root))
    assert refused.returncode != 0
    assert "trust" in refused.stdout + refused.stderr
