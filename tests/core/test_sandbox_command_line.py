"""``understudy sandbox`` from a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest

from .sandbox_world import environment, new_project, typed


def form(project: Path, level: str) -> None:
    """Have the machine form ``level``, by what is kept of its probe."""
    known = project.parent / "state/sandbox.json"
    if level != "A":
        machine = json.loads(known.read_text())
        machine["machine"] |= {"level": level, "launcher": "", "backend": "copy"}
        known.write_text(json.dumps(machine))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path)


def test_a_run_shows_what_it_would_change_and_changes_nothing(project: Path) -> None:
    (project / "sub").mkdir()
    script = "echo two >> ../a.txt; printf '\\033[31mred\\n' > red; echo said; exit 3"
    done = typed(project, "sandbox", "run", "--", "sh", "-c", script, below="sub")
    assert done.returncode == 3
    assert done.stdout.startswith("said\n")
    assert "+two\n" in done.stdout
    assert "+++ b/sub/red" in done.stdout
    assert "+\033[31mred\n" in done.stdout  # no terminal: as git takes it
    assert done.stderr.startswith("Level A. Isolated")
    assert "Failed: it ended with exit code 3. It would change 2 files (1 new)." in done.stderr
    assert (project / "a.txt").read_text() == "one\n"
    assert os.listdir(project / "sub") == []


def test_what_may_change_is_held(project: Path) -> None:
    done = typed(project, "sandbox", "run", "--write", "src/**", "--", "touch", "b")
    assert done.returncode == 3
    assert "Did what it may not: it changed b" in done.stderr


@pytest.mark.parametrize(
    ("pattern", "script", "names"),
    [
        ("out/**", "mkdir -p out; echo x > out/f", ""),
        ("out", "mkdir out; echo x > out/f", ""),
        ("a/b/**", "mkdir -p a/b; echo x > a/b/f", ""),
        ("*.ts", "mkdir -p a/b; echo x > a/b/f.ts", ""),
        ("a/b/**", "mkdir -p a/b; echo x > a/b/f; echo x > a/g", "a/g"),
        ("a/b/**", "mkdir -p a/c a/b; touch a/b/f", "a/c"),
        ("*.ts", "rm a.txt; mkdir a.txt; touch a.txt/b.ts", "a.txt"),
    ],
)
def test_folders_on_the_way_to_what_may_change_are_made(
    project: Path, pattern: str, script: str, names: str
) -> None:
    done = typed(project, "sandbox", "run", "--write", pattern, "--", "sh", "-c", script)
    assert (done.returncode, f"it changed {names}," in done.stderr) == (
        (3, True) if names else (0, False)
    )


def test_what_comes_behind_the_command_is_its_own(project: Path) -> None:
    done = typed(project, "sandbox", "run", "echo", "--write", "src/**", "--json", "--", "x")
    assert (done.returncode, done.stdout) == (0, "--write src/** --json -- x\n")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--netwrok=example.org", "No such option"),
        ("--memory=lots", "no size"),
        ("--disk=0", "no size"),
        ("--level=D", "'D' is not one of 'A', 'B', 'C'"),
    ],
)
def test_an_option_that_is_none_is_told_and_nothing_runs(
    project: Path, option: str, says: str
) -> None:
    done = typed(project, "sandbox", "run", option, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("options", "script", "prints"),
    [
        (("--env", "OURS", "--env", "SET=a=b"), "echo $OURS $SET $OTHER", "here a=b\n"),
        (("--hide", "*.txt"), "cat a.txt 2>/dev/null || echo hidden", "hidden\n"),
        (("--hide", "!.env"), "cat .env", "KEY=1\n"),
    ],
)
def test_what_it_is_shown_is_for_the_user_to_say(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    script: str,
    prints: str,
) -> None:
    monkeypatch.setenv("OURS", "here")
    monkeypatch.setenv("OTHER", "there")
    (project / ".env").write_text("KEY=1\n")
    done = typed(project, "sandbox", "run", *options, "--", "sh", "-c", script)
    assert (done.returncode, done.stdout) == (0, prints)


@pytest.mark.parametrize(
    ("options", "program", "why"),
    [
        (("--memory", "200M"), "held = b'x' * (500 << 20)", "200 MiB of memory"),
        (("--disk", "2m"), "open('f', 'wb').write(bytes(9 << 20))", "it wrote as much as it may"),
        (
            ("--processes", "8"),
            "import threading as t, time\nfor _ in 'many' * 5: t.Thread(target=time.sleep, args=(9,)).start()",
            "8 processes",
        ),
    ],
)
def test_its_limits_are_for_the_user_to_say(
    project: Path, options: tuple[str, ...], program: str, why: str
) -> None:
    command = ("sandbox", "run", *options, "--", sys.executable, "-I", "-c", program)
    done = typed(project, *command)
    assert done.returncode != 0
    assert why in done.stderr


@pytest.mark.parametrize(
    ("formed", "least", "answers", "code", "says"),
    [
        ("A", "A", "", 0, "Level A."),
        ("A", "B", "", 0, "Level A."),
        ("A", "C", "", 0, "Level A."),
        ("B", "A", "y\n", 3, "level A is wanted, and this machine forms B"),
        ("B", "A", "", 3, "With --level B it is run, after a question."),
        ("B", "B", "y\n", 0, "Run it all the same?"),
        ("B", "B", "n\n", 3, "It was not run."),
        ("B", "B", "", 3, "It was not run."),
        ("B", "C", "y\n", 0, "Run it all the same?"),
        ("C", "A", "y\n", 3, "level A is wanted, and this machine forms C"),
        ("C", "B", "y\n", 3, "level B is wanted, and this machine forms C"),
        ("C", "C", "y\n", 0, "Run it all the same?"),
        ("C", "C", "n\n", 3, "It was not run."),
        ("C", "C", "", 3, "It was not run."),
    ],
)
def test_below_level_a_it_runs_where_that_was_said_and_agreed_to(
    project: Path, formed: str, least: str, answers: str, code: int, says: str
) -> None:
    form(project, formed)
    command = ("sandbox", "run", "--level", least, "--", "echo", "ran")
    done = typed(project, *command, answers=answers)
    assert (done.returncode, done.stdout) == (code, "" if code else "ran\n")
    assert says in done.stderr


def test_a_command_that_nobody_reads_any_more_is_ended_quietly(project: Path) -> None:
    command = [sys.executable, "-P", "-m", "understudy", "sandbox", "run", "--", "yes"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=project, env=environment(project), stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "y\n"
        process.stdout.close()
        (only,) = process.stderr.read().splitlines()
        assert only.startswith("Level A.")
        assert process.wait(60) == 1  # as every command whose reader is gone


def test_what_was_tried_is_listed_shown_and_applied_later(project: Path) -> None:
    change = ("sandbox", "run", "--", "sh", "-c", "echo two >> a.txt")
    assert typed(project, *change).stderr.endswith("`understudy sandbox apply 1` makes it so.\n")
    assert typed(project, "sandbox", "run", "--", "false").returncode == 1
    listed = typed(project, "sandbox", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    assert "A  clean  1 file  sh -c 'echo two >> a.txt'" in listed[1]
    told = json.loads(typed(project, "sandbox", "list", "--json").stdout)
    assert [(each["id"], each["status"]) for each in told] == [(2, "failed"), (1, "clean")]
    shown = typed(project, "sandbox", "show", "1")
    assert (shown.returncode, "+two\n" in shown.stdout) == (0, True)
    # The last one is not clean.
    assert typed(project, "sandbox", "apply", answers="y\n").returncode == 3
    assert typed(project, "sandbox", "apply", "1", answers="n\n").returncode == 1
    assert (project / "a.txt").read_text() == "one\n"
    (project / "a.txt").write_text("zero\none\n")
    applied = typed(project, "sandbox", "apply", "1", answers="y\n")
    assert (applied.returncode, "what was edited meanwhile stays" in applied.stderr) == (0, True)
    assert (project / "a.txt").read_text() == "zero\none\ntwo\n"
    assert typed(project, "undo", "--yes").returncode == 0
    assert (project / "a.txt").read_text() == "zero\none\n"


def test_a_trial_that_is_not_there_is_told(project: Path) -> None:
    assert "Nothing was tried here" in typed(project, "sandbox", "show").stderr
    done = typed(project, "sandbox", "apply", "7")
    assert (done.returncode, "There is no trial 7" in done.stderr) == (2, True)


def test_as_json_it_is_one_value(project: Path) -> None:
    secrets = [f"{name}.pem" for name in "abcde"]
    for name in secrets:
        (project / name).touch()
    script = "echo Permission denied; echo new > n; exit 4"
    done = typed(project, "sandbox", "run", "--json", "--", "sh", "-c", script)
    told = json.loads(done.stdout)
    assert (
        told["hidden"],
        json.loads(typed(project, "sandbox", "list", "--json").stdout),
    ) == (
        secrets,
        [told | {"at": ANY, "argv": ["sh", "-c", script]}],
    )
    (note,) = told["notes"]
    assert "(a.pem, b.pem, c.pem and 2 more)" in note
    assert (done.returncode, done.stderr) == (4, "")
    assert (told["status"], told["level"], told["output"]) == ("failed", "A", "Permission denied\n")
    assert told["changes"] == [{"kind": "created", "path": "n", "old": "", "ignored": False}]


def test_the_probe_tells_the_level_and_what_it_is_made_of(project: Path) -> None:
    done = typed(project, "sandbox", "probe", "--fresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("Level A. Isolated")
    assert "Made of: bubblewrap with overlay." in done.stdout


@pytest.mark.parametrize(
    ("level", "mark", "says"),
    [("A", "✓", "level A. Isolated"), ("B", "!", "level B. Partial"), ("C", "!", "level C. Not")],
)
def test_the_doctor_tells_the_level_in_a_line(
    project: Path, level: str, mark: str, says: str
) -> None:
    form(project, level)
    lines = typed(project, "doctor").stdout.splitlines()
    (number,) = [n for n, line in enumerate(lines) if line.startswith(f"{mark} sandbox")]
    assert says in lines[number]
    advice = " ".join(lines[number + 1 : number + 2])
    assert ("understudy sandbox probe" in advice) is (level != "A")


def test_what_did_not_end_clean_is_not_applied_and_a_way_on_is_told(project: Path) -> None:
    run = ("sandbox", "run", "--apply", "--yes", "--", "sh", "-c")
    done = typed(project, *run, "echo x > new; exit 1")
    told = "Not applied: only what ended clean is."
    assert (done.returncode, told in done.stderr) == (1, True)
    done = typed(project, "sandbox", "apply", "--yes")
    assert (done.returncode, told in done.stderr) == (3, True)
    assert not (project / "new").exists()
    assert typed(project, *run, "(echo x > new; exit 1) || true").returncode == 0
    assert (project / "new").read_text() == "x\n"


@pytest.mark.parametrize("time", ["nan", "inf", "0", "-1"])
def test_a_time_is_one_that_can_pass(project: Path, time: str) -> None:
    done = typed(project, "sandbox", "run", "--time", time, "--", "true")
    assert (done.returncode, "--time" in done.stderr) == (2, True)


def test_what_is_not_agreed_to_is_json_too(project: Path) -> None:
    form(project, "B")
    done = typed(project, "sandbox", "run", "--level", "B", "--json", "--", "true")
    assert (done.returncode, json.loads(done.stdout)) == (3, None)
