"""``understudy profile`` with the real profiler, and what it tells of the engine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from understudy.app.insights import programs
from understudy.state import state_dir
from understudy.trust import Trust

from ..probed import know_the_machine
from .support import own_environment, tree, understudy

_PROGRAM = """\
import os, subprocess, sys

def hot():
    total = 0
    for number in range(3_000_000):
        total += number * number
    return total

def main():
    print("said", sys.stdin.read().strip(), flush=True)
    print("complained", file=sys.stderr)
    hot()
    if "child" in sys.argv:
        subprocess.run([sys.executable, "child.py"], check=True)
    if "kill" in sys.argv:
        os.kill(os.getpid(), 9)
    sys.exit(7)

main()
"""
_CHILD = """\
def in_the_child():
    return sum(number * number for number in range(4_000_000))

in_the_child()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path)


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str]) -> Path:
    root = tmp_path / "root"
    config = f"tasks: {{testRunner: {{interpreter: {sys.executable}}}}}\n"
    tree(
        root,
        {"slow.py": _PROGRAM, "child.py": _CHILD, ".understudy/config.yaml": config},
    )
    Trust(state_dir(environment)).decide(root, trusted=True)
    return root


def _profile(
    project: Path, environment: dict[str, str], *words: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return understudy("profile", *words, cwd=project, environment=environment, stdin=stdin)


def _payload(project: Path, environment: dict[str, str]) -> Any:
    return json.loads(_profile(project, environment, "--format", "json").stdout)


def test_a_program_runs_as_it_is_and_its_hot_line_is_told(
    project: Path, environment: dict[str, str]
) -> None:
    done = _profile(project, environment, "--", "python", "slow.py", stdin="something\n")
    assert (done.returncode, done.stdout) == (7, "said something\n")
    assert done.stderr.startswith("complained\npython slow.py: ")
    assert "exit 7" in done.stderr
    found = _payload(project, environment)
    assert found["command"] == "python slow.py"
    (run,) = found["runs"]
    assert run["exit_code"] == 7
    assert 0 < run["cpu"] <= run["seconds"] * 1.5
    assert run["memory"] > 1 << 20
    hottest = found["lines"][0]
    assert (hottest["file"], hottest["function"]) == ("slow.py", "hot")
    assert hottest["line"] in (5, 6)
    assert "slow.py:6\n" in done.stderr
    assert "total += number * number" in done.stderr
    (function,) = [each for each in found["functions"] if each["name"] == "hot"]
    assert function["line"] == 3
    assert function["total"][0] > 0.5 * found["samples"][0]


def test_what_it_starts_is_seen_too(project: Path, environment: dict[str, str]) -> None:
    done = _profile(project, environment, "--", "python", "slow.py", "child")
    assert done.returncode == 7
    names = {each["name"] for each in _payload(project, environment)["functions"]}
    assert {"hot", "in_the_child"} <= names


def test_a_signal_that_ends_it_is_told_as_a_shell_does(
    project: Path, environment: dict[str, str]
) -> None:
    done = _profile(project, environment, "--", "python", "slow.py", "kill")
    assert done.returncode == 128 + signal.SIGKILL
    assert _payload(project, environment)["runs"][0]["exit_code"] == 137


_PATIENT = """\
import sys, time

def busy(until):
    while time.monotonic() < until:
        sum(range(1000))

try:
    busy(time.monotonic() + 0.5)
    print("ready", flush=True)
    busy(time.monotonic() + 60)
except KeyboardInterrupt:
    sys.exit(5)
"""


@contextmanager
def _patient(project: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A profile under way, in a process group of its own; its program has said that it is ready."""
    (project / "patient.py").write_text(_PATIENT)
    os.utime(project / "patient.py", (1e9, 1e9))
    words = ["profile", "--", "python", "patient.py"]
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "understudy", *words],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == "ready\n"
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate(timeout=20)


def test_ctrl_c_is_for_the_program_and_what_was_seen_is_told(
    project: Path, environment: dict[str, str]
) -> None:
    with _patient(project, environment) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 5
    assert "patient.py:5\n" in said


def test_who_ends_the_command_ends_the_program(project: Path, environment: dict[str, str]) -> None:
    with _patient(project, environment) as running:
        below = psutil.Process(running.pid).children(recursive=True)
        programs = [each for each in below if each.cmdline()[-1:] == ["patient.py"]]
        assert programs
        running.terminate()
        gone, _ = psutil.wait_procs(programs, timeout=20)
    assert {each.pid for each in programs} == {each.pid for each in gone}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_profile_that_somebody_ends(
    project: Path, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    own = tmp_path / "temporary"
    own.mkdir()
    with _patient(project, environment | {"TMPDIR": str(own)}) as running:
        assert [*own.glob("understudy-profile-*")]
        os.killpg(running.pid, number)  # as a terminal that is closed does
        _, said = running.communicate(timeout=20)
    assert (running.returncode, said) == (128 + number, "")
    assert [*own.glob("understudy-profile-*")] == []


def test_nothing_runs_where_nobody_trusts(project: Path, environment: dict[str, str]) -> None:
    Trust(state_dir(environment)).decide(project, trusted=False)
    done = _profile(project, environment, "--", "python", "slow.py")
    assert (done.returncode, done.stdout) == (3, "")
    assert "`understudy trust` lets it" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("no-such-program",), "there is no program 'no-such-program'"),
        (("./missing.py",), "it could not be run: No such file or directory"),
    ],
)
def test_what_cannot_be_started_is_told(
    project: Path, environment: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    done = _profile(project, environment, "--", *words)
    assert (done.returncode, done.stderr) == (3, f"Not profiled: {told}.\n")
    assert _profile(project, environment).returncode == 2  # nothing is kept of it


def test_a_program_that_is_no_python_runs_and_is_told_to_be_unseen(
    project: Path, environment: dict[str, str]
) -> None:
    done = _profile(project, environment, "--", "sh", "-c", "echo hello; sleep 0.3; exit 4")
    assert (done.returncode, done.stdout) == (4, "hello\n")
    assert "Note: the profiler saw nothing of it: it ran no Python." in done.stderr


def test_a_python_that_is_only_found_after_a_while_is_seen(
    project: Path, environment: dict[str, str]
) -> None:
    """As the shims of pyenv do."""
    shim = project / "shim"
    shim.write_text(f'#!/bin/sh\nsleep 0.5\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)
    done = _profile(project, environment, "--", "./shim", "slow.py")
    assert done.returncode == 7
    assert "slow.py:6\n" in done.stderr


def test_before_and_after_are_compared(project: Path, environment: dict[str, str]) -> None:
    run = ("--compare", "--", "python", "slow.py")
    first = _profile(project, environment, *run)
    assert "There is no profile of it before this one" in first.stderr
    slower = _PROGRAM.replace("3_000_000", "15_000_000")
    (project / "slow.py").write_text(slower)
    os.utime(project / "slow.py", (1e9, 1e9))
    after = _profile(project, environment, *run)
    told = [each for each in after.stderr.splitlines() if each.endswith("hot  slow.py")]
    assert len(told) == 1
    assert "95 %: +" in told[0]
    assert "`--runs 5`, before and after, measures it." in after.stderr


def test_formats_are_those_that_others_read(project: Path, environment: dict[str, str]) -> None:
    refused = _profile(project, environment, "--format", "chrome", "--", "python", "slow.py")
    assert refused.returncode == 2
    assert "needs --output" in refused.stderr
    out = project / "told.json"
    words = ("--format", "speedscope", "--output", str(out), "--", "python", "slow.py")
    assert _profile(project, environment, *words).returncode == 7
    told = json.loads(out.read_text())
    assert told["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    chrome = json.loads(_profile(project, environment, "--format", "chrome").stdout)
    edges = [each for each in chrome["traceEvents"] if each["name"] == "hot"]
    assert [each["ph"] for each in edges] == ["B", "E"] * (len(edges) // 2)
    assert edges[-1]["ts"] - edges[0]["ts"] >= 100_000  # microseconds
    assert edges[0]["args"]["file"].endswith("/slow.py")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--clear", "--", "python", "slow.py"), "--clear and a program do not go together"),
        (("--engine", "--", "python", "slow.py"), "--engine and a program do not go together"),
        (("--engine", "--clear"), "--clear and --engine do not go together"),
    ],
)
def test_nothing_that_was_asked_for_is_passed_over(
    project: Path, environment: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    done = _profile(project, environment, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{told}; nothing was done." in done.stderr


def test_secrets_of_a_command_are_not_kept(project: Path, environment: dict[str, str]) -> None:
    secret = "ghp_" + "a1B2" * 9
    _profile(project, environment, "--", "python", "slow.py", f"--token={secret}")
    assert _payload(project, environment)["command"] == "python slow.py '--token=<secret>'"
    kept = b"".join(p.read_bytes() for p in state_dir(environment).rglob("profile.db*"))
    assert b"slow.py" in kept
    assert secret.encode() not in kept
    for format_ in ("speedscope", "chrome"):  # which name each process by its command
        told = _profile(project, environment, "--format", format_).stdout
        assert "slow.py --token=<secret>" in told
        assert secret not in told


def test_the_exit_code_is_the_programs_though_nothing_can_be_told(
    project: Path, environment: dict[str, str]
) -> None:
    program = ("python", "-c", "raise SystemExit(7)")
    words = [sys.executable, "-P", "-m", "understudy", "profile", "--", *program]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            words, cwd=project, env=environment, stderr=full, timeout=60, check=False
        )
    assert done.returncode == 7


def test_profiles_can_be_forgotten(project: Path, environment: dict[str, str]) -> None:
    _profile(project, environment, "--", "python", "slow.py")
    assert _profile(project, environment, "--clear").stdout == "Forgot 1 profile.\n"
    assert _profile(project, environment).returncode == 2


def test_in_the_sandbox_it_is_seen_and_changes_nothing(
    project: Path, environment: dict[str, str]
) -> None:
    know_the_machine(state_dir(environment))
    writes = _PROGRAM.replace("    hot()", "    open('left', 'w').write('x')\n    [hot(), hot()]")
    (project / "slow.py").write_text(writes)
    os.utime(project / "slow.py", (1e9, 1e9))
    done = _profile(project, environment, "--sandbox", "--", "python", "slow.py")
    assert done.returncode == 7
    assert "said" in done.stdout
    assert done.stderr.startswith("Level A. Isolated")
    ended = (
        "In the sandbox it did not end well (it ended with exit code 7), and would change 1 file"
    )
    assert ended in done.stderr
    assert not (project / "left").exists()
    found = _payload(project, environment)
    assert (found["lines"][0]["file"], found["lines"][0]["function"]) == ("slow.py", "hot")
    assert found["runs"][0]["exit_code"] == 7
    refused = _profile(project, environment, "--sandbox", "--runs", "2", "--", "python", "slow.py")
    assert refused.returncode == 2


# ── the engine ──────────────────────────────────────────────────────────────────────────────────


def test_what_a_scan_did_is_told(project: Path, environment: dict[str, str]) -> None:
    nothing = _profile(project, environment, "--engine")
    assert nothing.stdout == "Nothing is known yet of where Understudy's time goes here.\n"
    for _ in range(2):
        assert understudy("scan", cwd=project, environment=environment).returncode in (0, 1)
    text = _profile(project, environment, "--engine").stdout
    assert "run bandit" in text
    found = json.loads(_profile(project, environment, "--engine", "--format", "json").stdout)
    tools = {each["name"]: each for each in found["tools"]}
    assert (tools["bandit"]["hits"], tools["bandit"]["misses"]) == (2, 2)  # of two files
    assert tools["bandit"]["cpu"] > 0
    phases = {each["name"] for each in found["phases"]}
    assert {"scan", "queue", "run", "parse", "merge", "store", "lookup"} <= phases
    trace = json.loads(_profile(project, environment, "--engine", "--format", "chrome").stdout)
    names = {each["name"] for each in trace["traceEvents"] if each["ph"] == "X"}
    assert {"scan", "run bandit", "run ruff"} <= names


def test_what_a_task_waited_and_took_is_told(project: Path, environment: dict[str, str]) -> None:
    custom = "tasks: {custom: {greet: {command: [sh, -c, 'echo hello']}}}\n"
    (project / ".understudy/config.yaml").write_text(custom)
    done = understudy("run", "greet", cwd=project, environment=environment)
    assert done.returncode == 0
    found = json.loads(_profile(project, environment, "--engine", "--format", "json").stdout)
    tools = {each["name"]: each for each in found["tools"]}
    assert tools["greet"]["runs"] == 1
    assert tools["greet"]["waited"] > 0
    phases = {each["name"]: each for each in found["phases"]}
    assert phases["task"]["times"] == 1
    assert phases["queue"]["times"] == 2  # for its turn among tasks, and to be started


def test_switched_off_nothing_is_taken(project: Path, environment: dict[str, str]) -> None:
    (project / ".understudy/config.yaml").write_text("profile: {enabled: false}\n")
    understudy("scan", cwd=project, environment=environment)
    told = _profile(project, environment, "--engine").stdout
    assert told == "Nothing is known yet of where Understudy's time goes here.\n"


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("crlf", "#!/bin/sh\r\necho hello\r\n", "what the first line of ./crlf names is not there"),
        ("bare", "echo hello\n", "./bare is no program, and no script whose first line names one"),
        ("folder", None, "./folder is a folder"),
    ],
)
def test_why_something_cannot_be_run_is_told(
    project: Path, environment: dict[str, str], name: str, text: str | None, told: str
) -> None:
    if text is None:
        (project / name).mkdir()
    else:
        (project / name).write_bytes(text.encode())
        (project / name).chmod(0o755)
    done = _profile(project, environment, "--", f"./{name}")
    assert done.returncode == 3
    assert told in done.stderr


def test_nothing_is_run_where_the_report_has_no_place(
    project: Path, environment: dict[str, str]
) -> None:
    words = ("--output", "missing/told", "--", "python", "slow.py")
    done = _profile(project, environment, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing was run" in done.stderr


def test_the_exit_code_is_the_programs_whatever_comes_of_the_report(
    project: Path, environment: dict[str, str]
) -> None:
    (project / "takes.py").write_text("import os\nos.rmdir('place')\nraise SystemExit(7)\n")
    (project / "place").mkdir()
    words = ("--output", "place/told", "--", "python", "takes.py")
    done = _profile(project, environment, *words)
    assert done.returncode == 7
    assert "place/told" in done.stderr
    assert "No such file" in done.stderr


def test_a_profile_that_cannot_be_kept_is_told_all_the_same(
    project: Path, environment: dict[str, str]
) -> None:
    assert _profile(project, environment, "--", "python", "slow.py").returncode == 7
    (kept,) = state_dir(environment).rglob("profile.db")
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("PRAGMA user_version=999")
    done = _profile(project, environment, "--compare", "--", "python", "slow.py")
    assert done.returncode == 7
    assert "Note: this profile is not kept: " in done.stderr
    assert "newer Understudy" in done.stderr


BACKTRACE = r"Error: It broke\n\nCaused by:\n    0: Bad\n\nStack backtrace:\n   7: main\n"
ENDED = (
    "Error: Failed to get process executable name. Check that the process is running."
    r"\n\nCaused by:\n    0: No such file or directory (os error 2)\n"
)


@pytest.mark.parametrize(
    ("profiler", "told"),
    [
        ("echo 'Permission Denied: Try sudo' >&2; exit 1", "this machine does not let it look"),
        ("echo 'Error: It broke' >&2; exit 1", "the profiler saw nothing of it: It broke"),
        (f"printf '{BACKTRACE}' >&2; exit 1", "the profiler saw nothing of it: It broke"),
        (f"printf '{ENDED}' >&2; exit 1", "it was too short, or only waited"),
        ("kill -9 $$", "the profiler saw nothing of it: it was ended by signal 9"),
        ('echo "{" > "$9"', "what it wrote cannot be read"),
    ],
)
async def test_what_keeps_the_profiler_from_looking_is_told_and_the_result_is_the_programs(
    project: Path,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profiler: str,
    told: str,
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", environment["UNDERSTUDY_STATE_DIR"])
    stub = tmp_path / "profiler"
    stub.write_text(f"#!/bin/sh\n{profiler}\n")
    stub.chmod(0o755)
    monkeypatch.setattr(programs, "_profiler", lambda: str(stub))
    argv = (sys.executable, "-c", "import time; time.sleep(0.3); raise SystemExit(6)")

    async def run(words: Sequence[str]) -> str:
        await (await asyncio.create_subprocess_exec(*words, cwd=project)).wait()
        return ""

    found = await programs.profiled(programs.Asked(project, argv, argv, project), 1, run)
    assert found.runs[0].exit_code == 6
    assert told in found.runs[0].note
