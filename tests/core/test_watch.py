"""Watching real files: what is told of them, what is not, and what it survives."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from understudy.triggers.changes import Changes, Kind, merged
from understudy.triggers.watch import Batch, watch

from .support import AS_A_USER, PATIENCE, tree

NEW, OTHER, GONE = Kind.CREATED, Kind.MODIFIED, Kind.DELETED


class Watching:
    def __init__(self, root: Path, batches: AsyncIterator[Batch]) -> None:
        self.root = root
        self._batches = batches
        self._rounds = 0

    async def next(self, seconds: float = PATIENCE) -> Batch:
        async with asyncio.timeout(seconds):
            return await anext(self._batches)

    async def told(self, since: Callable[[], object] = lambda: None) -> Changes:
        """All that is told of what ``since`` does: until a file that is written after it is told,
        no matter in how many batches."""
        since()
        self._rounds += 1
        last = f"last{self._rounds}"
        (self.root / last).touch()
        changes: Changes = {}
        while last not in changes:
            changes = merged(changes, (await self.next()).changes)
        return {path: kind for path, kind in changes.items() if path != last}


@asynccontextmanager
async def watching(root: Path, *exclude: str, most: int = 1_000) -> AsyncIterator[Watching]:
    async with aclosing(watch(root, exclude, most)) as batches:
        watching = Watching(root, batches)
        first = await watching.next()
        assert first.changes == {}
        yield watching


async def test_created_modified_deleted(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "1", "in/b.py": "1", "in/c.py": "1"})
    async with watching(tmp_path) as seen:
        assert await seen.told(lambda: (tmp_path / "a.py").write_text("2")) == {"a.py": OTHER}
        assert await seen.told(lambda: (tmp_path / "in/d.py").write_text("")) == {"in/d.py": NEW}
        assert await seen.told((tmp_path / "in/b.py").unlink) == {"in/b.py": GONE}
        assert await seen.told(lambda: (tmp_path / "in/c.py").rename(tmp_path / "e.py")) == {
            "in/c.py": GONE,
            "e.py": NEW,
        }


async def test_a_touch_is_no_change(tmp_path: Path) -> None:
    path = tree(tmp_path, {"a.py": "1"}) / "a.py"
    async with watching(tmp_path) as seen:
        assert await seen.told(lambda: os.utime(path, (1, 1))) == {}
        assert await seen.told(lambda: path.write_text("1")) == {}
        assert await seen.told(lambda: path.chmod(0o600)) == {}
        assert await seen.told(lambda: path.write_text("2")) == {"a.py": OTHER}


async def test_an_editor_that_replaces_the_file_modifies_it(tmp_path: Path) -> None:
    path = tree(tmp_path, {"a.py": "1"}) / "a.py"

    def save(content: str) -> None:
        (tmp_path / ".a.py.tmp").write_text(content)
        (tmp_path / ".a.py.tmp").replace(path)

    def save_with_backup(content: str) -> None:
        path.rename(tmp_path / "a.py~")
        path.write_text(content)
        (tmp_path / "a.py~").unlink()

    async with watching(tmp_path) as seen:
        assert await seen.told(lambda: save("2")) == {"a.py": OTHER}
        assert await seen.told(lambda: save("2")) == {}
        assert await seen.told(lambda: save_with_backup("3")) == {"a.py": OTHER}


async def test_folders_come_and_go(tmp_path: Path) -> None:
    tree(tmp_path, {"old/in/a.py": "1"})
    async with watching(tmp_path) as seen:
        await seen.told(lambda: tree(tmp_path, {"x/y/z/a.py": "1", "x/b.py": "1"}))
        assert await seen.told(lambda: tree(tmp_path, {"x/y/z/c.py": ""})) == {"x/y/z/c.py": NEW}
        assert await seen.told(lambda: (tmp_path / "x/y/z/a.py").write_text("2")) == {
            "x/y/z/a.py": OTHER
        }
        assert await seen.told(lambda: (tmp_path / "old").rename(tmp_path / "new")) == {
            "old/in/a.py": GONE,
            "new/in/a.py": NEW,
        }
        assert await seen.told(lambda: (tmp_path / "new/in/a.py").write_text("2")) == {
            "new/in/a.py": OTHER
        }
        assert await seen.told(lambda: shutil.rmtree(tmp_path / "x")) == {
            "x/b.py": GONE,
            "x/y/z/a.py": GONE,
            "x/y/z/c.py": GONE,
        }


async def test_a_folder_with_files_that_came_before_it_was_watched(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        files = {f"{n}/in/deep/a.py": "" for n in range(20)}
        assert await seen.told(lambda: tree(tmp_path, files)) == dict.fromkeys(files, NEW)


async def test_what_comes_between_the_look_and_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = watchfiles.watch

    def late(*folders: str, **options: Any) -> object:
        if (tmp_path / "x").exists():
            tree(tmp_path, {"x/late.py": "", "x/y/late.py": ""})
        return watched(*folders, **options)

    monkeypatch.setattr(watchfiles, "watch", late)
    async with watching(tmp_path) as seen:
        assert await seen.told((tmp_path / "x").mkdir) == {"x/late.py": NEW, "x/y/late.py": NEW}
        assert await seen.told((tmp_path / "x/y/new.py").touch) == {"x/y/new.py": NEW}


async def test_what_is_ignored_is_not_told(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "*.log\n/out/\n", "in/.gitignore": "b.py\n", "out/a.py": "", "node_modules/m.js": "", "build/x": ""})  # fmt: skip
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    async with watching(tmp_path, "build/", "*.tmp") as seen:
        unseen = dict.fromkeys(("a.log", "out/a.py", "out/new/b.py", "in/b.py", "node_modules/m.js", ".venv/c.py", "build/x", "d.tmp", ".git/x", "in/__pycache__/e.pyc"), "1")  # fmt: skip
        assert await seen.told(lambda: tree(tmp_path, {**unseen, "in/a.py": "1"})) == {
            "in/a.py": NEW
        }


async def test_rules_that_change_are_obeyed(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "*.log\n", "a.log": "", "a.txt": ""})
    ignore = tmp_path / ".gitignore"
    async with watching(tmp_path) as seen:
        told = await seen.told(lambda: ignore.write_text("*.txt\n"))
        assert told == {".gitignore": OTHER, "a.log": NEW}
        assert await seen.told(lambda: tree(tmp_path, {"a.log": "1", "a.txt": "1"})) == {
            "a.log": OTHER
        }


async def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"x.py": "", "in/y.py": ""})
    root = tree(tmp_path / "root", {"a.py": ""})
    (root / "before").symlink_to(outside)
    (root / "loop").symlink_to(root)
    async with watching(root) as seen:
        assert inotify_watches() == 1
        (root / "after").symlink_to(outside)
        (root / "file.py").symlink_to(outside / "x.py")
        changes = {"x.py": "2", "in/y.py": "2", "z.py": ""}
        assert await seen.told(lambda: tree(outside, changes)) == {}
        assert inotify_watches() == 1

        def replace() -> None:
            (root / "a.py").unlink()
            (root / "a.py").symlink_to(outside / "x.py")

        assert await seen.told(replace) == {"a.py": GONE}


def inotify_watches() -> int:
    return sum(
        path.read_text().count("inotify wd:")
        for path in Path("/proc/self/fdinfo").iterdir()
        if path.exists()
    )


async def test_a_root_that_is_removed_and_made_again(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"a.py": "1", "in/b.py": "1"})
    files = ("a.py", "in/b.py")
    async with watching(root) as seen:
        for _ in range(2):
            shutil.rmtree(root)
            changes: Changes = {}
            while [changes.get(file) for file in files] != [GONE, GONE]:
                changes = merged(changes, (await seen.next()).changes)
            tree(root, {"a.py": "1", "in/b.py": "1"})
            while [changes.get(file) for file in files] != [OTHER, OTHER]:
                changes = merged(changes, (await seen.next()).changes)
            (root / "in/b.py").write_text("2")
            assert await seen.told() == {"in/b.py": OTHER}


@pytest.mark.parametrize("moved", ["one/top", "one"])
async def test_a_root_that_is_replaced(moved: str, tmp_path: Path) -> None:
    """Itself, or a folder around it, of which the kernel tells nothing."""
    tree(tmp_path, {"one/top/a.py": "1", "two/top/a.py": "22"})
    root = tmp_path / "one/top"
    async with watching(root) as seen:
        (tmp_path / moved).rename(tmp_path / "away")
        (tmp_path / moved.replace("one", "two")).rename(tmp_path / moved)
        assert await seen.told() == {"a.py": OTHER}
        assert await seen.told(lambda: (root / "a.py").write_text("3")) == {"a.py": OTHER}


async def test_a_root_that_comes_later(tmp_path: Path) -> None:
    root = tmp_path / "root"
    async with aclosing(watch(root)) as batches:
        first = asyncio.ensure_future(anext(batches))
        tree(tmp_path, {"root/a.py": "1"})
        assert (await asyncio.wait_for(first, PATIENCE)).changes == {}
        (root / "a.py").write_text("2")
        async with asyncio.timeout(PATIENCE):
            assert (await anext(batches)).changes == {"a.py": OTHER}


async def test_no_more_is_remembered_than_allowed(tmp_path: Path) -> None:
    tree(tmp_path, {f"{n}.py": "1" for n in range(30)})
    async with aclosing(watch(tmp_path, (), 10)) as batches:
        seen = Watching(tmp_path, batches)
        first = await seen.next()
        assert "There are more than 10 files" in first.notice
        for n in range(30):
            os.utime(tmp_path / f"{n}.py")
        told = await seen.told()
        assert len(told) == 20
        assert set(told.values()) == {OTHER}


@pytest.mark.parametrize("count", [6_000, pytest.param(50_000, marks=pytest.mark.soak)])
async def test_a_checkout_of_many_files_is_one_batch(count: int, tmp_path: Path) -> None:
    """Real git; more files than the kernel's queue holds events."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    (tmp_path / "keep").touch()
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    files = {f"d{n % 60}/f{n}.py": f"x = {n}\n" for n in range(count)}
    subprocess.run([*git, "checkout", "-qb", "big"], check=True)
    tree(tmp_path, files)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "two"], check=True)
    async with watching(tmp_path, most=100_000) as seen:
        for branch, kind in (("main", GONE), ("big", NEW)):
            checkout = await asyncio.create_subprocess_exec(*git, "checkout", "-q", branch)
            changes = (await seen.next(60)).changes
            batches = 1
            assert await checkout.wait() == 0
            while len(changes) < count:
                changes = merged(changes, (await seen.next()).changes)
                batches += 1
            assert changes == dict.fromkeys(files, kind)
            assert batches == 1


async def test_a_lock_that_git_left_over_holds_up_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "1", ".git/index.lock": ""})
    os.utime(tmp_path / ".git/index.lock", (1, 1))
    async with watching(tmp_path) as seen:
        (tmp_path / "a.py").write_text("2")
        assert (await seen.next(5)).changes == {"a.py": OTHER}


CODE = """
import asyncio, sys
from contextlib import aclosing
from pathlib import Path
from understudy.triggers.watch import watch

async def main():
    root = Path(sys.argv[1])
    async with aclosing(watch(root)) as batches, asyncio.timeout(30):
        print((await anext(batches)).notice)
        (root / "b" / "x.py").write_text("2")
        print(*(await anext(batches)).changes.items())

asyncio.run(main())
"""


@pytest.mark.parametrize("limit", ["watches", "instances"])
def test_a_system_without_watches_left_is_polled_and_says_so(limit: str, tmp_path: Path) -> None:
    """The kernel's own limit, lowered in a user namespace."""
    tree(tmp_path, {"a/x.py": "1", "b/x.py": "1", "c/x.py": "1"})
    value = {"watches": 2, "instances": 0}[limit]
    script = f'echo {value} > /proc/sys/user/max_inotify_{limit}; exec "$@"'
    python = [sys.executable, "-P", "-c", CODE, str(tmp_path)]
    command = ["unshare", "--user", "--map-root-user", "sh", "-ec", script, "sh", *python]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    notice, change = answer.stdout.splitlines()
    assert notice.startswith(
        f"The system has no file watches left (fs.inotify.max_user_{limit}), so that {tmp_path} is "
        "polled: changes are seen later."
    )
    assert change == "('b/x.py', <Kind.MODIFIED: 'modified'>)"


SHUT = """
import asyncio, os, sys
from contextlib import aclosing
from pathlib import Path
from understudy.triggers.watch import watch

async def main():
    root = Path(sys.argv[1])
    assert not os.access(root / "shut", os.R_OK)
    async with aclosing(watch(root)) as batches, asyncio.timeout(30):
        await anext(batches)
        (root / "a.py").write_text("2")
        print(*(await anext(batches)).changes)

asyncio.run(main())
"""


def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "1", "shut/b.py": ""})
    (tmp_path / "shut").chmod(0)
    command = [*AS_A_USER, sys.executable, "-P", "-c", SHUT, str(tmp_path)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    (tmp_path / "shut").chmod(0o700)
    assert answer.stdout == "a.py\n", answer.stderr


async def test_nothing_is_left_when_it_is_closed(tmp_path: Path) -> None:
    async with watching(tmp_path):
        assert any(each.name.startswith("watch ") for each in threading.enumerate())
    assert not any(each.name.startswith("watch ") for each in threading.enumerate())
    assert inotify_watches() == 0
