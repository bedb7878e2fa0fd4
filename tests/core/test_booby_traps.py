"""Nothing of a workspace that is not trusted runs, whatever is asked for in a terminal; once it is
trusted, what has to run does, so that the traps are seen to bite."""

from __future__ import annotations

from pathlib import Path

import pytest

from .booby_traps import NEVER, TRUSTED, Trapped
from .support import understudy

COMMANDS = (
    ("scan",),
    ("scan", "--changed"),
    ("scan", "app.py", "--format", "sarif"),
    ("status",),
    ("doctor",),
    ("explain", "app.py:5", "B307"),
    ("explain", "app.js:1", "no-var"),
    ("fix", "F401", "--dry-run"),
    ("baseline", "create"),
    ("baseline", "check"),
    ("run", "dependency_audit"),
    ("run", "mine"),
    ("run", "tests"),
    ("hooks", "status"),
    ("watch", "--help"),
    ("fix", "F401"),
    ("tasks",),
)


@pytest.fixture
def trapped(tmp_path: Path) -> Trapped:
    return Trapped(tmp_path)


def run(trapped: Trapped, *words: str) -> str:
    done = understudy(*words, cwd=trapped.root, environment=trapped.environment)
    assert "Traceback" not in done.stderr, done.stderr
    return f"{done.returncode}: {done.stdout}{done.stderr}"


def test_nothing_runs_until_it_is_trusted(trapped: Trapped) -> None:
    for words in COMMANDS:
        said = run(trapped, *words)
        assert trapped.marks == set(), (words, said)
    assert "not trusted" in run(trapped, "scan")


def test_what_is_trusted_runs(trapped: Trapped) -> None:
    run(trapped, "trust", ".")
    said = run(trapped, "scan")
    assert trapped.marks >= TRUSTED, said
    run(trapped, "run", "dependency_audit")
    assert trapped.marks.isdisjoint(NEVER)
