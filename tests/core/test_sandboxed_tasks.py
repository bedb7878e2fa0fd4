"""Tasks that are marked to run in the sandbox."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..probed import know_the_machine
from .support import own_environment, tree, understudy, understudy_here

CONFIG = """
tasks:
  custom:
    change:
      command: [sh, -c, "echo $X ${{ word }}; pwd; echo two >> ../a.txt"]
      parameters: {word: said}
      cwd: sub
      env: {X: "1"}
      sandbox: true
    compile:
      command: [sh, -c, "echo a.txt:1:1: error: no x; touch object; exit 1"]
      matcher: gcc
      sandbox: true

    elsewhere: {command: [touch, other], sandbox: true, sandboxWrite: ["src/**"]}
    secret: {command: [cat, .env], sandbox: true}
    long: {command: [sleep, "1000"], sandbox: true, timeoutSeconds: 3, retries: 0}
    host: {command: ["true"], sandbox: true, sandboxNetwork: ["no host"]}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {".understudy/config.yaml": CONFIG, "a.txt": "one\n", "sub/b": "", ".env": "KEY=1\n"}
    return tree(tmp_path / "shop", files)


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Run:
    environment = own_environment(tmp_path)
    know_the_machine(tmp_path / "state")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        how = understudy if words[0] == "run" else understudy_here
        return how(*words, cwd=root, environment=environment)

    run("trust", ".")
    return run


def last(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("sandbox", "list", "--json").stdout)[0]
    return told


def test_what_it_would_change_is_kept_and_nothing_is_changed(run: Run, root: Path) -> None:
    done = run("run", "change", "word=heard")
    assert (done.returncode, done.stdout) == (0, f"1 heard\n{root}/sub\n")
    assert "it would change 1 file: `understudy sandbox apply 1` makes it so" in done.stderr
    assert (root / "a.txt").read_text() == "one\n"
    assert "+two\n" in run("sandbox", "show", "1").stdout
    assert "heard" in run("logs", "1").stdout


def test_problems_are_found_in_what_it_prints(run: Run, root: Path) -> None:
    done = run("run", "compile")
    assert done.returncode == 3
    assert last(run)["changes"] == [
        {"kind": "created", "path": "object", "old": "", "ignored": False}
    ]
    assert not (root / "object").exists()
    (job,) = json.loads(run("tasks", "--json").stdout)["jobs"]
    assert (job["issues"], job["summary"]) == (1, "1 problem; it would change 1 file (new)")


@pytest.mark.parametrize(
    ("task", "why", "status"),
    [
        ("elsewhere", "it changed other, which it may not write", "did what it may not"),
        (
            "secret",
            "it ended with exit code 1; what holds secrets is hidden from it (.env)",
            "failed",
        ),
        ("compile", "`understudy sandbox show 1` shows what it would change", "failed"),
        ("long", "no end within 3 s", "timed out"),
        ("host", "no host", None),
    ],
)
def test_what_does_not_end_well_fails(run: Run, task: str, why: str, status: str | None) -> None:
    done = run("run", task)
    assert done.returncode in (2, 3)
    assert why in done.stderr
    if status:
        assert last(run)["status"] == status


def test_a_machine_that_does_not_isolate_refuses(run: Run, tmp_path: Path) -> None:
    (known,) = tmp_path.rglob("sandbox.json")
    machine = json.loads(known.read_text())
    machine["machine"] |= {"level": "B", "launcher": "", "backend": "copy"}
    known.write_text(json.dumps(machine))
    done = run("run", "change")
    assert (done.returncode, done.stdout) == (3, "")
    assert "level A is wanted, and this machine forms B" in done.stderr
