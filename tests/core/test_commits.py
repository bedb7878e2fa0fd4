"""What git notes of HEAD, as activity: of real repositories."""

from __future__ import annotations

import os
import subprocess
import time
from math import inf
from pathlib import Path
from unittest.mock import Mock

import pytest

from understudy.automations.commits import Commits
from understudy.git import GitError, Operation
from understudy.store.activity import Activity, Did, Mark

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


class Looking:
    """Looks from mark to mark, as a process does after the other."""

    def __init__(self, root: Path, mark: Mark = Mark()) -> None:  # noqa: B008 - it is a value
        self.root = root
        self.mark = mark

    def new(self) -> list[Activity]:
        found, self.mark = Commits(self.root).new(self.mark)
        return found


def told(found: list[Activity]) -> list[tuple[Did, str, str]]:
    return [(each.did, each.text, each.old) for each in found]


def test_commits_and_switches_are_told_of_once(git: Git) -> None:
    commits = Looking(git.root)
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


def rewritten(git: Git, *, lines: slice) -> None:
    """As git does when it forgets what is old: in a file that takes the place of the other."""
    reflog = git.root / ".git/logs/HEAD"
    other = reflog.with_suffix(".lock")
    other.write_text("".join(reflog.read_text().splitlines(keepends=True)[lines]))
    other.replace(reflog)


def dated(git: Git, at: int, message: str, content: str) -> str:
    git.environment["GIT_COMMITTER_DATE"] = f"@{at} +0000"
    return made(git, {"a.py": content}, message)


def test_a_commit_is_not_later_than_it_was_noted(git: Git) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "now")
    git.environment["GIT_COMMITTER_DATE"] = "@253402300799 -1200"  # the end of the year 9999
    git("commit", "--quiet", "--allow-empty", "-m", "later")
    git.environment["GIT_COMMITTER_DATE"] = "@1 +1400"
    git("commit", "--quiet", "--allow-empty", "-m", "first")
    one, later, first = Looking(git.root).new()
    assert one.at <= later.at <= time.time()
    assert first.at == 1.0


def test_what_was_before_the_mark_is_passed_over_once(git: Git) -> None:
    dated(git, 1_000, "old", "a")
    dated(git, 2_000, "new", "b")
    commits = Looking(git.root, Mark(since=1_500.0))
    assert [(each.text, each.at) for each in commits.new()] == [("new", 2_000.0)]
    dated(git, 1_200, "by a clock that goes wrong", "c")
    assert [each.text for each in commits.new()] == ["by a clock that goes wrong"]


def test_what_git_shortened_is_not_told_of_again(git: Git) -> None:
    dated(git, 1_000, "old", "a")
    dated(git, 2_000, "new", "b")
    commits = Looking(git.root)
    assert len(commits.new()) == 2
    dated(git, 3_000, "newest", "c")
    rewritten(git, lines=slice(1, None))
    assert [each.text for each in commits.new()] == ["newest"]
    rewritten(git, lines=slice(1, None))
    assert commits.new() == []


def test_another_repository_at_the_same_place(git: Git) -> None:
    """Its file may be longer, and have the place on the disk that the former one had."""
    dated(git, 1_000, "one", "a")
    commits = Looking(git.root)
    assert len(commits.new()) == 1
    reflog = git.root / ".git/logs/HEAD"
    reflog.write_text("".join(reflog.read_text().replace("one", f"{n}, long") for n in range(3)))
    assert commits.new() == []  # they were done when what was seen was
    dated(git, 2_000, "two", "b")
    assert [each.text for each in commits.new()] == ["two"]


@pytest.mark.parametrize(
    ("arguments", "wrote"),
    [
        (("commit", "--quiet", "--allow-empty", "-m", "x"), False),
        (("switch", "--quiet", "side"), True),
        (("reset", "--quiet", "--hard", "side"), True),
    ],
)
def test_what_writes_files(git: Git, arguments: tuple[str, ...], wrote: bool) -> None:
    assert not Commits(git.root).wrote(0.0, inf)
    dated(git, 1_000, "one", "a")
    git("switch", "--quiet", "--create", "side")
    dated(git, 1_000, "two", "b")
    git("switch", "--quiet", "main")
    git.environment["GIT_COMMITTER_DATE"] = "@2000 +0000"
    git(*arguments)
    assert Commits(git.root).wrote(1_990.0, 2_001.0) is wrote
    assert not Commits(git.root).wrote(1_500.0, 1_990.0)  # what a wrong clock dated later
    assert not Commits(git.root).wrote(2_001.0, inf)


def test_a_line_that_is_being_written_is_read_when_it_is_whole(git: Git) -> None:
    made(git, {"a.py": "a"}, "one")
    commits = Looking(git.root)
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
    assert told(Looking(git.root).new()) == [(Did.COMMITTED, "one", commit)]


@pytest.mark.parametrize("what", ["pipe", "endless", "folder"])
def test_what_is_no_file_keeps_nobody(git: Git, what: str) -> None:
    """Nobody writes into the pipe, and the other one has no end."""
    made(git, {"a": "1"}, "first")
    commits, notes = Commits(git.root), git.root / ".git/logs/HEAD"
    notes.unlink()
    match what:
        case "pipe":
            os.mkfifo(notes)
        case "endless":
            notes.symlink_to("/dev/zero")
        case _:
            notes.mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        commits.new(Mark())
    with pytest.raises(OSError, match="not a regular file"):
        commits.wrote(0, inf)


def test_what_git_says_of_a_file_without_an_end_is_cut(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: .\n" * 100_000)
    with pytest.raises(GitError) as raised:
        Commits(tmp_path)
    assert len(str(raised.value)) < 3_000


def test_operations_of_a_commit(git: Git) -> None:
    text = "".join(f"line {n}\n" for n in range(30))
    first = git.commit({"a b.py": text, "gone.py": "x", "in/ä.py": "y"})
    (git.root / "a b.py").rename(git.root / "in/new\tname.py")
    (git.root / "gone.py").unlink()
    second = git.commit({"in/ä.py": "z"})
    commits = Commits(git.root)
    told = commits.operations([second, first])
    assert {name: set(ops) for name, ops in told.items()} == {
        first: {Operation("A", "", name) for name in ("a b.py", "gone.py", "in/ä.py")},
        second: {
            Operation("R", "a b.py", "in/new\tname.py"),
            Operation("D", "gone.py", ""),
            Operation("M", "in/ä.py", "in/ä.py"),
        },
    }
    below = Commits(git.root / "in").operations([first, second])
    assert {name: set(ops) for name, ops in below.items()} == {
        first: {Operation("A", "", "ä.py")},
        second: {Operation("A", "", "new\tname.py"), Operation("M", "ä.py", "ä.py")},
    }


def test_a_merge_and_a_huge_commit_have_none(git: Git) -> None:
    git.commit({"a.py": "a"})
    git("switch", "--quiet", "--create", "side")
    git.commit({"b.py": "b"})
    git("switch", "--quiet", "main")
    git.commit({"c.py": "c"})
    git("merge", "--quiet", "--no-edit", "side")
    commits = Commits(git.root)
    assert commits.operations([git("rev-parse", "HEAD")]) == {}
    most = git.commit({f"many/{n}.py": str(n) for n in range(2_000)})
    more = git.commit({f"more/{n}.py": str(n) for n in range(2_001)})
    assert {name: len(ops) for name, ops in commits.operations([most, more]).items()} == {
        most: 2_000
    }


UNKNOWN = "3f786850e387550fdab836ed7e6dc881de23001b"


def test_no_repository_and_no_such_commit(tmp_path: Path, git: Git) -> None:
    with pytest.raises(GitError):
        Commits(tmp_path)
    commit = git.commit({"a.py": "a"})
    told = Commits(git.root).operations(["--output=x", UNKNOWN, commit])
    assert told == {commit: [Operation("A", "", "a.py")]}


def test_one_commit_that_cannot_be_read_does_not_hide_the_others(git: Git) -> None:
    commits = [git.commit({f"{n}.py": str(n)}) for n in range(7)]
    tree_of = git("rev-parse", f"{commits[3]}^{{tree}}")
    (git.root / ".git/objects" / tree_of[:2] / tree_of[2:]).unlink()
    told = Commits(git.root).operations(commits)
    assert set(told) == {each for n, each in enumerate(commits) if n not in (3, 4)}


def test_all_are_asked_for_in_one_command(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [git.commit({f"{n}.py": str(n)}) for n in range(20)]
    commits = Commits(git.root)
    run = Mock(side_effect=subprocess.run)
    monkeypatch.setattr("understudy.git.running.subprocess.run", run)
    assert len(commits.operations(made)) == 20
    assert run.call_count == 1


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    folder = tmp_path / "trapped"
    folder.mkdir()
    trapped = Trapped(folder)
    found, _ = Commits(trapped.root).new(Mark())
    done = [each.old for each in found if each.did is Did.COMMITTED]
    assert done
    assert Commits(trapped.root).operations(done)
    assert trapped.marks == set()
