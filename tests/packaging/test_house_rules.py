"""Rules for every file of the project that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def project_files() -> list[Path]:
    """What git tracks or would track; without git there is nothing to check."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    files = (ROOT / name for name in answer.stdout.split("\0") if name)
    return [file for file in files if file.is_file() and not file.is_symlink()]


def occurrences(pattern: str, skip: tuple[str, ...] = ()) -> list[str]:
    found = []
    for file in project_files():
        name = file.relative_to(ROOT).as_posix()
        if name.startswith(skip):
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        found += [
            f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
            for match in re.finditer(pattern, text)
        ]
    return found


def test_no_path_of_this_machine() -> None:
    here = [f"{folder}/" for folder in (ROOT, Path.home()) if len(folder.parts) > 1]
    assert not occurrences("|".join(map(re.escape, here)))


def test_no_unfinished_work() -> None:
    assert not occurrences(r"\b(T[O]DO|F[I]XME)\b", skip=("tests/unit/data/",))


def test_one_module_runs_git() -> None:
    named = occurrences(r"""(which\(|\[)\s*["']git["']""", skip=("tests/", "benchmarks/", "docs/"))
    assert [place.partition(":")[0] for place in named] == ["server/git/running.py"]


def test_no_trace_of_a_conflict() -> None:
    assert not occurrences(r"(?m)^(<{7}|>{7}) ")


@pytest.mark.parametrize("script", [".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    file = ROOT / script
    assert file.stat().st_mode & 0o111
    assert file.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


def test_modules_stay_small() -> None:
    """Generated tables are data, not modules."""
    long = {
        file.relative_to(ROOT).as_posix(): lines
        for file in (ROOT / "server").rglob("*.py")
        if not file.stem.endswith("_data")
        and (lines := len(file.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not long
