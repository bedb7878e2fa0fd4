"""Which names are hidden: by a table, and by what stands on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from understudy.sandbox.names import Names, matcher
from understudy.sandbox.policy import HIDDEN, READ_ONLY


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        (".env", ".env", True),
        (".env", "a/b/.env", True),
        (".env", "a.env", False),
        ("*.pem", "deep/er/key.pem", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/b/a.py", False),
        ("src/*.py", "other/src/a.py", False),
        ("src/**", "src/b/a.py", True),
        ("**/a.py", "a.py", True),
        ("**/a.py", "x/y/a.py", True),
        ("**", "anything/at all", True),
        ("src/?.py", "src/ab.py", False),
        ("a.b/c", "axb/c", False),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    assert matcher([pattern])(path) is matches


def test_no_pattern_matches_nothing() -> None:
    assert not matcher([])("a")


def test_secrets_are_found_at_every_depth_and_what_is_new_is_seen(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    (inner / ".env.local").touch()
    (tmp_path / ".git/hooks").mkdir(parents=True)
    (tmp_path / ".git/.env").touch()
    names = Names(str(tmp_path), HIDDEN, READ_ONLY)
    assert names.find() == (("a/b/.env.local",), (".git",), False)
    (inner / "server.key").touch()
    os.utime(inner)  # the clock of a file system may be coarser than this test
    (tmp_path / "a/.git").mkdir()
    assert names.find()[:2] == (("a/b/.env.local", "a/b/server.key"), (".git", "a/.git"))
    (inner / ".env.local").unlink()
    os.utime(inner)
    assert names.find().hidden == ("a/b/server.key",)
