"""``understudy activity`` in a terminal, and the hooks in real shells."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from understudy.cli.shell_hooks import hook
from understudy.state import state_dir
from understudy.trust import Trust

from ..needs import missing
from .support import own_environment, tree, understudy_here

Run = Callable[..., subprocess.CompletedProcess[str]]
PATIENCE = 20.0
RECORD = (sys.executable, "-P", "-m", "understudy", "activity", "record")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path)


@pytest.fixture
def root(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A workspace that is trusted: of terminals no other decides."""
    config = {".understudy/config.yaml": "activity: {terminal: true}\n"}
    made = tree(tmp_path / "project", config)
    Trust(state_dir(environment)).decide(made, trusted=True)
    return made


@pytest.fixture
def run(root: Path, environment: dict[str, str]) -> Run:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return understudy_here("activity", *words, cwd=root, environment=environment)

    return run


def exported(run: Run, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("export", *words).stdout.splitlines()]


def texts(run: Run) -> list[str]:
    return [each["text"] for each in exported(run)]


def filled(run: Run, root: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    file = root.parent / "history"
    now = int(time.time())
    file.write_text(f"#{now - 90_000}\nold one\n#{now - 60}\nmake --token=hunter2\n")
    done = run("import", "bash", str(file), "--yes")
    assert done.returncode == code
    return done


def test_import_show_export_and_forget(run: Run, root: Path) -> None:
    assert run("show").stdout == ""
    filled(run, root)
    shown = run("show").stdout.splitlines()
    assert shown[0].endswith("command    old one")
    assert shown[1].endswith("command    make --token=<secret>")
    assert run("show", "--since", "2h").stdout.splitlines() == shown[1:]
    assert json.loads(run("show", "--json").stdout) == exported(run)
    assert run("show", "--since", "yesterday").returncode == 2
    assert run("forget", "--since", "2h").returncode == 3  # nobody answers
    assert run("forget", "--since", "2h", "--yes").stdout == "Forgotten: 1.\n"
    assert texts(run) == ["old one"]
    assert run("forget", "--yes").stdout == "Forgotten: 1.\n"
    assert texts(run) == []


def test_what_was_taken_in_is_not_taken_in_again(run: Run, root: Path) -> None:
    first = filled(run, root)
    again = run("import", "bash", str(root.parent / "history"), "--yes")
    assert again.stdout == "Taken in: 0.\n"
    assert ["`understudy patterns`" in each.stderr for each in (first, again)] == [True, False]
    assert len(texts(run)) == 2


def test_nothing_is_taken_in_where_nothing_is_remembered(run: Run, root: Path) -> None:
    (root / ".understudy/config.yaml").write_text("activity: {enabled: false}\n")
    done = filled(run, root, code=3)
    assert done.stdout == "Taken in: 0.\n"
    assert "Not taken in: 2, as activity.enabled is off." in done.stderr
    assert texts(run) == []


def test_an_import_tells_what_is_there_afterwards(run: Run, root: Path) -> None:
    """Of what is older than all that is kept, nothing is."""
    (root / ".understudy/config.yaml").write_text("activity: {maxTasks: 100}\n")
    file = root.parent / "history"
    later = int(time.time())
    lines = [f"#{later + n}\nlater {n}\n" for n in range(95)]
    file.write_text("".join(lines))
    assert run("import", "bash", str(file), "--yes").stdout == "Taken in: 95.\n"
    file.write_text("".join(f"#{1_000 + n}\nearlier {n}\n" for n in range(20)))
    done = run("import", "bash", str(file), "--yes")
    assert (done.returncode, done.stdout) == (0, "Taken in: 5.\n")
    why = "they are older than the last 100 tasks (activity.maxTasks)"
    assert f"Not taken in: 15, as {why}." in done.stderr
    file.write_text("#500\nearliest\n")
    assert run("import", "bash", str(file), "--yes").returncode == 3
    assert len(texts(run)) == 100


def test_an_import_tells_what_there_is_and_asks(run: Run, root: Path) -> None:
    file = root.parent / ".bash_history"
    file.write_bytes(b"ls\n\0\npwd\n")
    asked = run("import", "bash")
    assert asked.returncode == 3
    assert "2 commands; 1 lines that are no text or too long are left out." in asked.stderr
    assert texts(run) == []
    assert "Remember all 2 as done in " in asked.stderr
    assert ", though a history is of all folders? " in asked.stderr
    file.unlink()
    for shell, usual in (("bash", ".bash_history"), ("zsh", ".zsh_history or ")):
        missing = run("import", shell)
        assert missing.returncode == 3
        assert f"{usual}" in missing.stderr
        assert ": give the FILE where it is." in missing.stderr


def test_a_hook_says_where_nothing_would_be_kept(run: Run, root: Path) -> None:
    assert run("hook", "bash").stderr == ""
    (root / ".understudy/config.yaml").write_text("")
    told = run("hook", "bash")
    assert told.stdout.startswith("# Understudy")
    assert "Nothing is kept while activity.terminal is off, as in " in told.stderr
    assert "config.yaml switches it on." in told.stderr


def test_a_pipe_is_no_history(run: Run, root: Path) -> None:
    pipe = root.parent / "pipe"
    os.mkfifo(pipe)
    told = run("import", "bash", str(pipe), "--yes")
    assert told.returncode != 0
    assert "not a regular file" in told.stderr


def test_pause_and_resume(run: Run, root: Path) -> None:
    assert run("pause").returncode == 0
    done = filled(run, root, code=3)
    assert done.stdout == "Taken in: 0.\n"
    assert "Not taken in: 2, as it is paused; `understudy activity resume` goes on." in done.stderr
    assert "paused" in run("show").stderr
    assert texts(run) == []
    assert run("resume").returncode == 0
    filled(run, root)
    assert len(texts(run)) == 2


def test_what_was_done_in_a_pause_is_not_taken_in_either(run: Run, root: Path) -> None:
    run("pause")
    file = root.parent / "history"
    file.write_text(f"#{int(time.time()) - 60}\nbefore\n#{int(time.time())}\nin it\n")
    run("resume")
    done = run("import", "bash", str(file), "--yes")
    assert done.stdout == "Taken in: 1.\n"
    assert "Not taken in: 1, as they were done while it was paused." in done.stderr
    assert texts(run) == ["before"]


def recorded(folder: Path, environment: dict[str, str], text: str = "ls") -> None:
    command = (
        *RECORD,
        *("--session", "s", "--at", "1000", "--code", "1", "--in", str(folder)),
    )
    done = subprocess.run(
        command, input=text, text=True, capture_output=True, env=environment, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("at", ["0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "nan", "1e5"])
def test_a_moment_that_is_none_is_told(run: Run, at: str) -> None:
    done = run("show", "--since", at)
    assert done.returncode == 2
    assert "neither like 2h" in done.stderr


@pytest.mark.parametrize("at", ["inf", "1e300", "nan", "-1", "x"])
def test_no_command_is_recorded_at_no_time(
    run: Run, root: Path, environment: dict[str, str], at: str
) -> None:
    """It could not be shown, nor what is beside it."""
    run("show")
    words = [*RECORD, "--at", at, "--in", str(root)]
    subprocess.run(words, input="ls\n", text=True, env=environment, check=False)
    assert run("show").returncode == 0
    assert not exported(run)


def test_a_command_is_recorded_where_it_is_wanted(
    run: Run, root: Path, environment: dict[str, str]
) -> None:
    inner = tree(root / "src", {"a.py": ""})
    recorded(inner, environment)  # nobody has used Understudy there
    assert not list((root.parent / "state").rglob("activity.db"))
    run("show")
    recorded(inner, environment, "make -C x\n")
    recorded(inner, environment, " secret")
    recorded(root.parent, environment)
    recorded(root / "missing", environment, "cd ..; rmdir missing")
    for trusted in (False, True):
        Trust(state_dir(environment)).decide(root, trusted=trusted)
        recorded(root, environment, f"trusted: {trusted}")
    (root / ".understudy/config.yaml").write_text("")
    recorded(inner, environment, "off")
    assert [(each["text"], each["cwd"], each["ok"]) for each in exported(run)] == [
        ("make -C x", "src", False),
        ("cd ..; rmdir missing", "missing", False),
        ("trusted: True", "", False),
    ]


def test_a_command_that_is_told_of_wrongly_is_refused(
    root: Path, environment: dict[str, str]
) -> None:
    done = understudy_here("activity", "record", "--in", ".", cwd=root, environment=environment)
    assert done.returncode == 2
    assert "Usage: understudy activity record --at SECONDS --in FOLDER" in done.stderr


SHELLS = {
    "bash": ["bash", "--noprofile", "--rcfile"],
    "zsh": ["zsh", "-d", "-i"],
    "fish": ["fish", "-i", "-C"],
}
COMMANDS = "ls >/dev/null\n false\ncd src\nsh -c 'exit 3'\necho 'two\nlines' >/dev/null\nexit\n"


IGNORING = {"bash": "HISTCONTROL=ignorespace\n", "zsh": "setopt hist_ignore_space\n", "fish": ""}
OF_SHELLS = {"fish_history", ".bash_history", ".zsh_history"}


@pytest.mark.parametrize("ignoring", [False, True])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_hook_tells_of_commands(
    shell: str, run: Run, root: Path, environment: dict[str, str], ignoring: bool
) -> None:
    """Also where the shell itself keeps what begins with a space out of its history."""
    installed = subprocess.run([Path(__file__).parent / "install_shells.sh"], check=False)
    if installed.returncode and not shutil.which(shell):
        missing(f"missing: {shell}: only root may install it")
    tree(root, {"src/a.py": ""})
    run("show")
    start_up = root.parent / (".zshrc" if shell == "zsh" else "hook")
    hook = run("hook", shell).stdout
    start_up.write_text(hook + IGNORING[shell] * ignoring)
    temporary = root.parent / "temporary"
    temporary.mkdir()
    environment["TMPDIR"] = str(temporary)
    words = {"bash": [str(start_up), "-i"], "zsh": [], "fish": [f"source {start_up}"]}[shell]
    typed(
        [*SHELLS[shell], *words],
        root,
        {**environment, "TERM": "dumb", "PS1": "> ", "ZDOTDIR": str(root.parent)},
        lambda count: len(texts(run)) >= count,
    )
    found = sorted(exported(run), key=lambda each: each["id"])
    assert {(each["text"], each["cwd"], each["ok"]) for each in found} == {
        ("ls >/dev/null", "", True),
        ("cd src", "", True),
        ("sh -c 'exit 3'", "src", False),
        ("echo 'two\nlines' >/dev/null", "src", True),
    }
    assert all(each["seconds"] is not None and 0 <= each["seconds"] < 30 for each in found)
    assert {each["session"].split()[0] for each in found} == {shell}
    # The hook has no files of its own.
    files = [each for each in root.parent.rglob("*") if each.is_file()]
    told = {each for each in files if b"sh -c 'exit 3'" in each.read_bytes()}
    state = root.parent / "state"
    assert {each.name for each in told if not each.is_relative_to(state)} <= OF_SHELLS
    assert {each.name for each in temporary.iterdir()} <= {"fish.root"}  # where fish itself runs
    if shell != "fish":  # what is typed within a second keeps its order
        assert any(each["at"] % 1 for each in found)


ODD = {
    "bash": [
        "set -eu",
        "unset EPOCHREALTIME",  # as in bash 4.4
        "shopt -u promptvars",
        "set -o posix -o pipefail -f -C; IFS=0123456789; trap '' PIPE",
        "printf() { echo mine; }",
    ],
    "zsh": [
        "setopt warn_create_global err_exit no_unset",
        "setopt ksh_arrays sh_word_split err_return",
        "alias print='echo mine'",
    ],
    "fish": [
        "set -gx PATH /nowhere",
        "function printf; echo mine; end; function date; echo mine; end",
        "mkdir gone; cd gone; rmdir ../gone",
    ],
}
DONE = "true\n[ 1 = 2 ] && x\n! true\necho 'a  b' 100%s \\\\\nmkdir gone; cd gone; rmdir ../gone\ncd ..\n"
EMITTED = "emit fish_preexec x; emit fish_postexec 'echo x'; echo (string repeat -n 99 a)"


@pytest.mark.parametrize(
    ("shell", "odd"), [(shell, odd) for shell, several in ODD.items() for odd in several]
)
@pytest.mark.parametrize("program", [sys.executable, "/nowhere/python"], ids=["here", "gone"])
def test_a_shell_is_as_without_the_hook(
    shell: str, odd: str, program: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    """It prints the same and ends the same, whatever is set there, and where Understudy is gone."""
    if not shutil.which(shell):
        missing(f"missing: {shell}")
    argv = [*SHELLS[shell], str(tmp_path / ".zshrc"), "-i"] if shell == "bash" else SHELLS[shell]
    environment |= {"TERM": "dumb", "PS1": "> ", "ZDOTDIR": str(tmp_path)}
    ends = []
    for text in ("", hook(shell).replace(sys.executable, program)):
        folder = tree(tmp_path / "workspace", {"file": ""})
        (tmp_path / ".zshrc").write_text(f"{odd}\n{text}" if shell != "fish" else text)
        fish = ["fish", "-c", f"source {tmp_path}/.zshrc; {odd}; {EMITTED}"]
        done = subprocess.run(
            fish if shell == "fish" else argv,
            input=DONE,
            cwd=folder,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        told = "\n".join(each for each in done.stderr.splitlines() if "process group" not in each)
        ends.append((done.returncode, done.stdout, told))
    assert ends[0][1]
    assert ends[1] == ends[0]


TELLING = {
    "bash": 'set -o history; . ../hook; history -s "$(cat ../line)"; _understudy_at=1 _understudy_in=$PWD; _understudy_told',
    "zsh": '. ../hook; _understudy_begins "$(cat ../line)"; _understudy_told',
    "fish": "source ../hook; emit fish_preexec x; emit fish_postexec (cat ../line)",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hook_tells_of_no_huge_command(
    shell: str, run: Run, root: Path, environment: dict[str, str]
) -> None:
    """Nobody reads it for a while, so a prompt would wait."""
    if not shutil.which(shell):
        missing(f"missing: {shell}")
    run("show")
    for line in (": " + "ab " * 100_000, "make small"):
        tree(root.parent, {"hook": hook(shell), "line": line})
        subprocess.run([shell, "-c", TELLING[shell]], cwd=root, env=environment, check=True)
    await_told(lambda: bool(texts(run)), "nothing was told")
    assert texts(run) == ["make small"]


def await_told(is_told: Callable[[], bool], why: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_told():
        assert time.monotonic() < deadline, why
        # Each look is a process; what is waited for is written by another, which tells nobody.
        time.sleep(0.1)


def typed(
    argv: list[str], cwd: Path, environment: dict[str, str], told: Callable[[int], bool]
) -> None:
    """Commands in a terminal, each when what was told of the one before is there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=environment,
        preexec_fn=lambda: os.login_tty(slave),  # noqa: PLW1509 - it needs a terminal of its own
    )
    os.close(slave)
    try:
        count = 0
        lines = ["ls >/dev/null\n", " false\n", "cd src\n", "sh -c 'exit 3'\n"]
        for each in [*lines, "echo 'two\nlines' >/dev/null\n"]:
            os.write(master, each.encode())
            if not each.startswith(" "):
                count += 1
                await_told(partial(told, count), each)
        os.write(master, b"exit\n")
    finally:
        process.kill()
        process.wait()
        os.close(master)
