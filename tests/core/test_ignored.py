"""Which changes of a trial git ignores, and how many of what there are, in words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from understudy.journal.change import Change, Entry, State
from understudy.sandbox.ignored import ignored
from understudy.sandbox.trial import Level, Status, Trial, counted

FOLDER = State(Entry.FOLDER, 0o755)


def text(content: str, mode: int = 0o644) -> State:
    return State.of(content.encode(), mode)


def made(*paths: str) -> list[Change]:
    return [
        Change.between(each.rstrip("/"), None, FOLDER if each.endswith("/") else text("new\n"))
        for each in paths
    ]


def git(root: Path, *arguments: str, given: str = "") -> str:
    command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments)
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    done = subprocess.run(
        command, cwd=root, env=environment, input=given, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    git(root, "init", "-q")
    (root / ".gitignore").write_text("__pycache__/\n*.log\n!kept.log\n/build\nnode_modules\n")
    (root / "src/.gitignore").write_text("*.tmp\n")
    (root / "forced.log").write_text("known\n")
    git(root, "add", "-f", ".gitignore", "src/.gitignore", "forced.log")
    return root


PATHS = (
    *("a.py", "src/a.tmp", "a.tmp", "a.log", "kept.log", "src/kept.log", "build/", "build/x"),
    *("src/build", "src/__pycache__/", "src/__pycache__/a.pyc", "__pycache__", "node_modules/"),
    *("node_modules/a/", "node_modules/a/kept.log", "forced.log/", "forced.log/x", "src/"),
)


def test_it_is_as_git_has_it(root: Path) -> None:
    told = git(root, "check-ignore", "--stdin", "--no-index", given="\n".join(PATHS))
    wanted = {each.rstrip("/") for each in told.splitlines()}
    assert set(ignored(str(root), made(*PATHS))) == wanted
    assert {"a.log", "src/__pycache__/a.pyc"} <= wanted < {each.rstrip("/") for each in PATHS}


def test_what_git_knows_is_shown_whatever_the_rules_say(root: Path) -> None:
    (root / "own.log").write_text("unknown\n")
    changes = [
        Change.between("forced.log", text("known\n"), text("other\n")),
        Change.between("own.log", text("unknown\n"), None),
        Change.between("b.log", text("known\n"), text("known\n"), "forced.log"),
        Change.between("c.log", text("unknown\n"), text("unknown\n"), "own.log"),
        Change.between("d.py", text("unknown\n"), text("unknown\n"), "own.log"),
    ]
    assert ignored(str(root), changes) == ("own.log", "c.log")
    (root / ".git/index").write_bytes(b"broken")
    assert ignored(str(root), changes) == ()  # git cannot be asked: all is shown
    assert ignored(str(root), made("new.log")) == ("new.log",)


def test_rules_that_the_command_brings_hide_nothing_but_caches(root: Path) -> None:
    hidden = Change.between("hidden.py", None, text("x\n"))
    rules = text("*\n")
    brought = [
        hidden,
        Change.between(".gitignore", text("*.log\n"), rules),
        Change.between("src/.gitignore", text("*.tmp\n"), rules),
        *made("lib/", "lib/a.py"),
        Change.between("lib/.gitignore", None, rules),
        Change.between("src/.ruff_cache/.gitignore", None, text("# made by ruff\n*\n")),
        *made("src/.ruff_cache/", "src/.ruff_cache/a", "src/.ruff_cache/b/", "src/.ruff_cache/b/c"),
        *made(".other/", ".other/a"),
        Change.between(".other/.gitignore", None, text("*.log\n")),
        *made(".odd/", ".odd/a", ".but/", ".but/a"),
        Change.between(".odd/.gitignore", None, text("# *\n")),
        Change.between(".but/.gitignore", None, text("*\n!a\n")),
    ]
    assert set(ignored(str(root), brought)) == {
        "src/.ruff_cache",
        *(f"src/.ruff_cache/{each}" for each in (".gitignore", "a", "b", "b/c")),
    }
    (root / ".there").mkdir()
    there = [Change.between(".there/.gitignore", None, rules), *made(".there/a")]
    assert ignored(str(root), there) == ()


ONE, TWO = text("1\n"), text("2\n")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([], ""),
        ([Change.between("a", ONE, TWO)], "1 file"),
        (made("a", "b"), "2 files (new)"),
        (
            [
                *made("a", "d/", "e/"),
                Change.between("b", ONE, TWO),
                Change.between("c", ONE, None),
                Change.between("f", ONE, ONE, "g"),
                Change.between("h", ONE, text("1\n", 0o755)),
            ],
            "5 files (1 new, 1 deleted, 1 renamed, 1 permissions) and 2 folders (new)",
        ),
        ([Change.between("d", FOLDER, None)], "1 folder (deleted)"),
    ],
)
def test_changes_are_counted_in_words(changes: list[Change], told: str) -> None:
    assert counted(changes) == told


def test_what_git_ignores_comes_last() -> None:
    changes = (*made(".c/", ".c/a"), Change.between("a", ONE, TWO))
    trial = Trial(Status.CLEAN, Level.ISOLATED, changes=changes, ignored=(".c", ".c/a"))
    assert trial.said == "Clean. It would change 1 file, and 2 that git ignores."
    assert [each.path for each in trial.seen] == ["a"]
    assert [each.path for each in trial.passed_over] == [".c", ".c/a"]
    alone = Trial(Status.CLEAN, Level.ISOLATED, changes=changes[:2], ignored=(".c", ".c/a"))
    assert alone.said == "Clean. It would change nothing but what git ignores (2)."
