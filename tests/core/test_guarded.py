"""What git would run, and what guarded names lead to, is not written without a consent."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.journal.change import Change, State
from understudy.journal.check import Refused
from understudy.journal.guard import CONSENTS
from understudy.journal.guarded import needed

from .trees import copied, differences, photograph, put

Prepare = Callable[[Path], object]


def git(folder: Path, *argv: str) -> None:
    subprocess.run(
        ("git", *argv),
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=30,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )


def write(path: Path, text: str = "new\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def link(path: Path, target: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def relink(path: Path, target: str) -> Path:
    path.unlink()
    return link(path, target)


def bare(root: Path) -> None:
    git(root, "init", "-q", "--bare", ".bare")
    write(root / ".git", "gitdir: ./.bare\n")


def linked(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".git").rename(root / "store")
    link(root / ".git", "store")


def separate(root: Path) -> None:
    git(root, "init", "-q", "--separate-git-dir", str(root / "x"))
    (root / "x").rename(root / "moved")
    link(root / "x", "moved")


def hooks_at(value: str) -> Prepare:
    def prepare(root: Path) -> None:
        git(root, "init", "-q")
        git(root, "config", "core.hooksPath", value.format(root=root))

    return prepare


def included(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "config", "include.path", "../team.gitconfig")
    write(root / "team.gitconfig", "[alias]\n\tx = log\n")


def nested(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "init", "-q", "sub/inner")
    git(root / "sub" / "inner", "config", "core.hooksPath", "../hooks")


def repository(folder: Path) -> None:
    git(folder.parent, "init", "-q", "--bare", folder.name)


def apart(folder: Path) -> None:
    write(folder / "head" / "HEAD", "ref: refs/heads/main\n")
    write(folder / "head" / "commondir", "../common\n")
    for name in ("objects", "refs"):
        write(folder / "common" / name / "x")


class Case(NamedTuple):
    does: Prepare
    consent: str
    first: Prepare = lambda _: None


GUARDED: Mapping[str, Case] = {
    "a git folder that .git names": Case(lambda r: write(r / ".bare/config"), "git", bare),
    "hooks of that": Case(lambda r: write(r / ".bare/hooks/post-checkout"), "git", bare),
    "a git folder that .git links to": Case(lambda r: write(r / "store/config"), "git", linked),
    "where that is linked to": Case(lambda r: write(r / "moved/config"), "git", separate),
    "the link on the way": Case(lambda r: relink(r / "x", "y"), "git", separate),
    "a repository of the command's": Case(lambda r: repository(r / "sample"), "git"),
    "one in two folders": Case(apart, "git"),
    "the last piece of one": Case(
        lambda r: write(r / "sample/refs/x"), "git", lambda r: write(r / "sample/objects/x")
    ),
    "the root as one": Case(lambda r: (write(r / "objects/x"), write(r / "refs/x")), "git"),
    "hooks of a setting": Case(
        lambda r: write(r / "tools/hooks/pre-commit"), "git", hooks_at("tools/hooks")
    ),
    "hooks of an absolute one": Case(
        lambda r: write(r / "tools/pre-commit"), "git", hooks_at("{root}/tools")
    ),
    "hooks of a nested repository": Case(
        lambda r: write(r / "sub/hooks/pre-commit"), "git", nested
    ),
    "configuration that is included": Case(lambda r: write(r / "team.gitconfig"), "git", included),
    "what an editor's folder links to": Case(
        lambda r: write(r / "conf/tasks.json"), "editor", lambda r: link(r / ".vscode", "conf")
    ),
    "by two links": Case(
        lambda r: write(r / "conf/tasks.json"),
        "editor",
        lambda r: (link(r / "a/.vscode", "../b"), link(r / "b", "conf")),
    ),
    "the second of two links": Case(
        lambda r: relink(r / "b", "other"),
        "editor",
        lambda r: (link(r / ".vscode", "b"), link(r / "b", "conf")),
    ),
    "what a folder above links to": Case(
        lambda r: write(r / "gh/workflows/ci.yml"), "CI", lambda r: link(r / ".github", "gh")
    ),
    "a link that brings such a folder": Case(
        lambda r: (write(r / "gh/workflows/ci.yml"), link(r / ".github", "gh")), "CI"
    ),
    "a file that is linked to": Case(
        lambda r: write(r / "env.sh"), "shell", lambda r: link(r / ".envrc", "env.sh")
    ),
}


def plain(root: Path) -> None:
    hooks_at("tools/hooks")(root)
    link(root / ".vscode", "conf")
    link(root / ".idea", "/nonexistent")
    link(root / ".zed", ".zed")
    link(root / "bin", "tools")
    write(root / "objects/x")


UNGUARDED = ("tools/x", "hooks/x", "configuration/x", "objects/y", "HEAD", "refs.py", "docs/refs/x")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path / "root"
    root.mkdir()
    write(root / "text")
    return root


@pytest.mark.parametrize("case", GUARDED.values(), ids=GUARDED)
def test_it_is_written_with_its_consent_alone(root: Path, tmp_path: Path, case: Case) -> None:
    case.first(root)
    before = photograph(root)
    wanted = copied(root, tmp_path / "wanted")
    case.does(wanted)
    changes, after = differences(root, wanted), photograph(wanted)
    others = {"git", "editor", "CI", "shell"} - {case.consent}
    with pytest.raises(Refused, match=rf"consent of its own \({case.consent}\)"):
        put(changes, root, tmp_path / "journal", others)
    assert photograph(root) == before
    assert put(changes, root, tmp_path / "journal", {case.consent})
    assert photograph(root) == after


def test_what_is_beside_needs_none(root: Path, tmp_path: Path) -> None:
    plain(root)
    wanted = copied(root, tmp_path / "wanted")
    for name in UNGUARDED:
        write(wanted / name)
    assert put(differences(root, wanted), root, tmp_path / "journal")
    assert photograph(root) == photograph(wanted)


def test_the_users_own_configuration_counts_where_it_lies_in_the_workspace(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "dot/gitconfig", f"[core]\n\thooksPath = {root}/dot/hooks\n")
    git(root, "init", "-q", "project")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root / "dot/gitconfig"))
    made = State.of(b"", 0o644)
    for path, consents in {
        "dot/gitconfig": {"git"},
        "dot/hooks/pre-commit": {"git"},
        "project/.git/config": {"git"},
        "dot/other": set(),
    }.items():
        found = needed(root.resolve(), [Change.between(path, None, made)])
        assert found == {path: frozenset(consents)}
    wanted = copied(root, tmp_path / "wanted")
    write(wanted / "dot/hooks/pre-commit")
    with pytest.raises(Refused, match=r"\(git\)"):
        put(differences(root, wanted), root, tmp_path / "journal")


IN_STATE: Mapping[str, Prepare] = {
    "a file": lambda root: write(
        root / ".local/state/understudy/workspaces/a/journal/7.open/record"
    ),
    "case": lambda root: write(root / ".local/State/understudy/x"),
    "the folder": lambda root: shutil.rmtree(root / ".local/state/understudy"),
    "a folder above": lambda root: shutil.rmtree(root / ".local"),
    "a link above": lambda root: ((root / ".local").rename(root / "l"), link(root / ".local", "l")),
    "renamed": lambda root: (root / ".local/state/understudy/kept").rename(root / "kept"),
}


@pytest.mark.parametrize("does", IN_STATE.values(), ids=IN_STATE)
def test_no_consent_lets_the_state_folder_be_changed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: Prepare
) -> None:
    state = root / ".local/state/understudy"
    write(state / "kept")
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(state))
    wanted = copied(root, tmp_path / "wanted")
    does(wanted)
    before, changes = photograph(root), differences(root, wanted)
    with pytest.raises(Refused, match="where Understudy keeps"):
        put(changes, root, tmp_path / "journal", CONSENTS)
    assert photograph(root) == before
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "elsewhere"))
    assert put(changes, root, tmp_path / "journal", CONSENTS), "nothing else stands against it"


def test_beside_the_state_folder_changes_are_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "state/understudy/kept")
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(root / "state/understudy"))
    wanted = copied(root, tmp_path / "wanted")
    write(wanted / "state/understudy2")
    write(wanted / "text", "other\n")
    assert put(differences(root, wanted), root, tmp_path / "journal")


def test_a_planted_repository_never_comes_to_run_anything(root: Path, tmp_path: Path) -> None:
    wanted = copied(root, tmp_path / "wanted")
    repository(wanted / "sample")
    spy, seen = tmp_path / "spy", tmp_path / "seen"
    spy.write_text(f"#!/bin/sh\ntouch {seen}\n")
    spy.chmod(0o755)
    for name, value in (("core.bare", "false"), ("core.worktree", ".."), ("core.fsmonitor", spy)):
        git(wanted / "sample", "config", name, str(value))
    changes = differences(root, wanted)
    with pytest.raises(Refused):
        put(changes, root, tmp_path / "journal")
    assert not (root / "sample").exists()
    put(changes, root, tmp_path / "journal", {"git"})
    git(root / "sample", "status")
    assert seen.exists(), "without the refusal nothing would have been run either"
