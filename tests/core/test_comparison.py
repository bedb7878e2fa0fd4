"""With what an editor compares files, in a real repository, and how it notices that git moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.app.results.comparison import Comparison

from .repositories import Git

OLD = "a\nb\nc\n"
NEW = "a\nB\nc\n"
MOST = 1_000


@pytest.fixture
def git(tmp_path: Path) -> Git:
    git = Git.new(tmp_path)
    git.commit({"a.py": OLD, "b.py": OLD})
    return git


async def rows(comparison: Comparison, git: Git, name: str = "a.py") -> frozenset[int] | None:
    path = str(git.root / name)
    await comparison.look([path], MOST)
    return comparison.on_disk(path)


async def test_rows_on_disk_and_of_a_buffer(git: Git) -> None:
    comparison = Comparison(git.root)
    path = str(git.root / "a.py")
    assert await comparison.follow("HEAD")
    assert await comparison.rows(path, NEW.encode(), MOST) == frozenset({1})
    assert await comparison.look([path, str(git.root / "b.py")], MOST) == {
        path,
        str(git.root / "b.py"),
    }
    assert comparison.on_disk(path) == frozenset()
    (git.root / "a.py").write_text(NEW)
    assert await comparison.look([path, str(git.root / "b.py")], MOST) == {path}
    assert comparison.on_disk(path) == frozenset({1})


async def test_what_git_does_not_know_or_is_too_large_is_new_as_a_whole(git: Git) -> None:
    comparison = Comparison(git.root)
    await comparison.follow("HEAD")
    (git.root / "c.py").write_text(OLD)
    assert await rows(comparison, git, "c.py") is None
    assert await rows(comparison, git, "gone.py") is None
    assert await comparison.rows("Untitled-1", b"a\n", MOST) is None
    (git.root / "a.py").write_text(OLD * MOST)
    assert await rows(comparison, git) is None
    assert await comparison.rows(str(git.root / "b.py"), OLD.encode() * MOST, MOST) is None


async def test_off_is_none(git: Git) -> None:
    comparison = Comparison(git.root)
    assert not await comparison.follow("off")
    assert not comparison.is_on
    await comparison.follow("HEAD")
    assert await rows(comparison, git) == frozenset()
    assert await comparison.follow("off")
    assert comparison.on_disk(str(git.root / "a.py")) is None
    assert await rows(comparison, git) is None


@pytest.mark.parametrize("packed", [False, True])
async def test_what_moves_is_noticed_once(git: Git, *, packed: bool) -> None:
    git("branch", "base")
    if packed:
        git("pack-refs", "--all")
    head, base = Comparison(git.root), Comparison(git.root)
    await head.follow("HEAD")
    await base.follow("base")
    git.commit({"a.py": NEW})
    assert await head.follow("HEAD")
    assert not await head.follow("HEAD")
    assert not await base.follow("base"), "it is as it was"
    assert await rows(base, git) == frozenset({1})
    git("branch", "--force", "base", "main")
    assert await base.follow("base")
    assert await rows(base, git) == frozenset()
    git("checkout", "--quiet", "HEAD~1")
    assert await head.follow("HEAD")
    assert not await base.follow("base")


async def test_in_a_work_tree_of_its_own(git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
    other = git.beside(tmp_path / "other")
    comparison = Comparison(other.root)
    await comparison.follow("HEAD")
    other.commit({"a.py": NEW})
    assert await comparison.follow("HEAD")
    assert await rows(comparison, other) == frozenset()


async def test_a_folder_below(git: Git) -> None:
    git.commit({"sub/a.py": OLD})
    comparison = Comparison(git.root / "sub")
    await comparison.follow("HEAD")
    assert await comparison.rows(str(git.root / "sub/a.py"), NEW.encode(), MOST) == frozenset({1})


@pytest.mark.parametrize("revision", ["base", "base...", "base~1", "ev\0il", "\ud800"])
async def test_a_revision_that_is_not_there(git: Git, revision: str) -> None:
    comparison = Comparison(git.root)
    assert await comparison.follow(revision)
    assert comparison.problem
    assert not comparison.is_on
    assert not await comparison.follow(revision)


async def test_one_that_comes_later_holds(git: Git) -> None:
    comparison = Comparison(git.root)
    await comparison.follow("base")
    assert "base" in comparison.problem
    git("branch", "base")
    assert await comparison.follow("base")
    assert not comparison.problem
    assert await rows(comparison, git) == frozenset()


async def test_no_repository(tmp_path: Path) -> None:
    comparison = Comparison(tmp_path)
    assert await comparison.follow("HEAD")
    assert "not a git repository" in comparison.problem
    git = Git(tmp_path, tmp_path / "home")
    git("init", "--quiet")
    git.commit({"a.py": OLD})
    assert await comparison.follow("HEAD")
    assert await rows(comparison, git) == frozenset()
