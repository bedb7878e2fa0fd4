"""What git notes of HEAD, as activity: of real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.automations.commits import Commits, Operation
from understudy.git import GitError
from understudy.store.activity import Activity, Did

from .booby_traps import Trapped
from .repositories import Git
from .support import tree


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git.new(tmp_path)


def made(git: Git, files: dict[str, str | bytes], message: str) -> str:
    tree(git.root, files)
    git("add", "--all")
    git("commit", "--quiet", "-m", message)
    return git("rev-parse", "HEAD")


def told(found: list[Activity]) -> list[tuple[Did, str, str]]:
    return [(each.did, each.text, each.old) for each in found]


def test_commits_and_switches_are_told_of_once(git: Git) -> None:
    commits = Commits(git.root, 0.0)
    assert commits.new() == []
    first = made(git, {"a.py": "a"}, "Add: the first")
    git("switch", "--quiet", "--create", "next")
    second = made(git, {"b.py": "b"}, "second")
    git("commit", "--quiet", "--amend", "--message", "amended")
    assert told(found := commits.new()) == [
        (Did.COMMITTED, "Add: the first", first),
        (Did.SWITCHED, "next", "main"),
        (Did.COMMITTED, "second", second),
    ]
    assert found[0].at == int(git("log", "-1", "--format=%ct", first))
    assert commits.new() == []
    git("checkout", "--quiet", "main")
    assert told(commits.new()) == [(Did.SWITCHED, "main", "next")]


def test_only_what_came_since_the_moment(git: Git) -> None:
    git.environment["GIT_COMMITTER_DATE"] = "@1000 +0000"
    made(git, {"a.py": "a"}, "old")
    git.environment["GIT_COMMITTER_DATE"] = "@2000 +0000"
    made(git, {"a.py": "b"}, "new")
    commits = Commits(git.root, 1_500.0)
    assert [(each.text, each.at) for each in commits.new()] == [("new", 2_000.0)]
    reflog = git.root / ".git/logs/HEAD"
    reflog.write_text("".join(reflog.read_text().splitlines(keepends=True)[1:]))
    assert commits.new() == []


def test_a_line_that_is_being_written_is_read_when_it_is_whole(git: Git) -> None:
    made(git, {"a.py": "a"}, "one")
    commits = Commits(git.root, 0.0)
    reflog = git.root / ".git/logs/HEAD"
    line = reflog.read_bytes()
    with reflog.open("ab") as file:
        file.write(line[:100])
        file.flush()
        assert [each.text for each in commits.new()] == ["one"]
        file.write(line[100:])
        file.flush()
        assert [each.text for each in commits.new()] == ["one"]


def test_garbage_is_passed_over(git: Git) -> None:
    commit = made(git, {"a.py": "a"}, "one")
    reflog = git.root / ".git/logs/HEAD"
    reflog.write_bytes(b"\xff\0garbage\n" * 50_000 + reflog.read_bytes() + b"0 1\n")
    assert told(Commits(git.root, 0.0).new()) == [(Did.COMMITTED, "one", commit)]


def test_operations_of_a_commit(git: Git) -> None:
    text = "".join(f"line {n}\n" for n in range(30))
    first = git.commit({"a b.py": text, "gone.py": "x", "in/ä.py": "y"})
    (git.root / "a b.py").rename(git.root / "in/new\tname.py")
    (git.root / "gone.py").unlink()
    second = git.commit({"in/ä.py": "z"})
    commits = Commits(git.root, 0.0)
    assert set(commits.operations(first)) == {
        Operation("A", "", name) for name in ("a b.py", "gone.py", "in/ä.py")
    }
    assert set(commits.operations(second)) == {
        Operation("R", "a b.py", "in/new\tname.py"),
        Operation("D", "gone.py", ""),
        Operation("M", "in/ä.py", "in/ä.py"),
    }
    below = Commits(git.root / "in", 0.0)
    assert set(below.operations(second)) == {
        Operation("A", "", "new\tname.py"),
        Operation("M", "ä.py", "ä.py"),
    }


def test_a_merge_and_a_huge_commit_have_none(git: Git) -> None:
    git.commit({"a.py": "a"})
    git("switch", "--quiet", "--create", "side")
    git.commit({"b.py": "b"})
    git("switch", "--quiet", "main")
    git.commit({"c.py": "c"})
    git("merge", "--quiet", "--no-edit", "side")
    commits = Commits(git.root, 0.0)
    assert commits.operations(git("rev-parse", "HEAD")) == []
    most = git.commit({f"many/{n}.py": str(n) for n in range(2_000)})
    assert len(commits.operations(most)) == 2_000
    assert commits.operations(git.commit({f"more/{n}.py": str(n) for n in range(2_001)})) == []


def test_no_repository_and_no_such_commit(tmp_path: Path, git: Git) -> None:
    with pytest.raises(GitError):
        Commits(tmp_path, 0.0)
    with pytest.raises(GitError):
        Commits(git.root, 0.0).operations("--output=x")


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    folder = tmp_path / "trapped"
    folder.mkdir()
    trapped = Trapped(folder)
    commits = Commits(trapped.root, 0.0)
    for each in commits.new():
        if each.did is Did.COMMITTED:
            assert commits.operations(each.old)
    assert trapped.marks == set()
