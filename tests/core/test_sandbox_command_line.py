"""``understudy sandbox`` from a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def understudy(
    folder: Path, *arguments: str, answers: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "understudy", *arguments],
        cwd=folder,
        env={**os.environ, "UNDERSTUDY_STATE_DIR": str(folder.parent / "state")},
        input=answers,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".git").mkdir()
    (folder / "a.txt").write_text("one\n")
    return folder


def test_a_run_shows_what_it_would_change_and_changes_nothing(project: Path) -> None:
    (project / "sub").mkdir()
    script = "echo two >> ../a.txt; printf '\\033[31mred\\n' > red; echo said; exit 3"
    done = understudy(project / "sub", "sandbox", "run", "--", "sh", "-c", script)
    assert done.returncode == 3
    assert done.stdout.startswith("said\n")
    assert "+two\n" in done.stdout
    assert "+++ b/sub/red" in done.stdout
    assert "\033" not in done.stdout
    assert done.stderr.startswith("Level A. Isolated")
    assert "Failed: it ended with exit code 3. It would change 2 files." in done.stderr
    assert (project / "a.txt").read_text() == "one\n"
    assert os.listdir(project / "sub") == []


def test_what_may_change_is_held(project: Path) -> None:
    done = understudy(project, "sandbox", "run", "--write", "src/**", "--", "touch", "b")
    assert done.returncode == 3
    assert "Changed what it may not: it changed b" in done.stderr


def test_what_was_tried_is_listed_shown_and_applied_later(project: Path) -> None:
    change = ("sandbox", "run", "--", "sh", "-c", "echo two >> a.txt")
    assert understudy(project, *change).stderr.endswith(
        "`understudy sandbox apply 1` makes it so.\n"
    )
    assert understudy(project, "sandbox", "run", "--", "false").returncode == 1
    listed = understudy(project, "sandbox", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    assert "A  clean  1 file  sh -c 'echo two >> a.txt'" in listed[1]
    told = json.loads(understudy(project, "sandbox", "list", "--json").stdout)
    assert [(each["id"], each["status"]) for each in told] == [(2, "failed"), (1, "clean")]
    shown = understudy(project, "sandbox", "show", "1")
    assert (shown.returncode, "+two\n" in shown.stdout) == (0, True)
    # The last one is not clean.
    assert understudy(project, "sandbox", "apply", answers="y\n").returncode == 3
    assert understudy(project, "sandbox", "apply", "1", answers="n\n").returncode == 1
    assert (project / "a.txt").read_text() == "one\n"
    (project / "a.txt").write_text("zero\none\n")
    applied = understudy(project, "sandbox", "apply", "1", answers="y\n")
    assert (applied.returncode, "what was edited meanwhile stays" in applied.stderr) == (0, True)
    assert (project / "a.txt").read_text() == "zero\none\ntwo\n"
    assert understudy(project, "undo", "--yes").returncode == 0
    assert (project / "a.txt").read_text() == "zero\none\n"


def test_a_trial_that_is_not_there_is_told(project: Path) -> None:
    assert "Nothing was tried here" in understudy(project, "sandbox", "show").stderr
    done = understudy(project, "sandbox", "apply", "7")
    assert (done.returncode, "There is no trial 7" in done.stderr) == (2, True)


def test_as_json_it_is_one_value(project: Path) -> None:
    script = "echo said; echo new > n; exit 4"
    done = understudy(project, "sandbox", "run", "--json", "--", "sh", "-c", script)
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (4, "")
    assert (told["status"], told["level"], told["output"]) == ("failed", "A", "said\n")
    assert told["changes"] == [{"kind": "created", "path": "n", "old": ""}]


def test_the_probe_tells_the_level_and_what_it_is_made_of(project: Path) -> None:
    done = understudy(project, "sandbox", "probe", "--fresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("Level A. Isolated")
    assert "Made of: bubblewrap with overlay." in done.stdout
