"""``understudy sandbox`` from a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def understudy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "understudy", *arguments],
        cwd=folder,
        env={**os.environ, "UNDERSTUDY_STATE_DIR": str(folder.parent / "state")},
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


def test_the_probe_tells_the_level_and_what_it_is_made_of(project: Path) -> None:
    done = understudy(project, "sandbox", "probe", "--fresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("Level A. Isolated")
    assert "Made of: bubblewrap with overlay." in done.stdout
