"""The file of notices: whole lines, private, bounded, shared by processes."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.support import until
from understudy.notifications.base import Notice, Undelivered, attempt
from understudy.notifications.file import File, FileConfig

DAY = 86_400.0


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


async def test_a_line_is_the_notice(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    file = File(FileConfig(path))
    await attempt(file, notice)
    await attempt(file, notice)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [Notice.from_json(json.loads(line)) for line in lines] == [notice, notice]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_others_may_not_read_a_file_that_was_open_to_them(
    notice: Notice, tmp_path: Path
) -> None:
    path = tmp_path / "notices.jsonl"
    path.touch(0o644)
    await attempt(File(FileConfig(path)), notice)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_full_file_is_set_aside(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    file = File(FileConfig(path, max_bytes=500))
    for number in range(6):
        await attempt(file, replace(notice, id=str(number)))
    aside = sorted(tmp_path.glob("notices.*.*.jsonl"))
    assert len(aside) == 2
    assert [name for each in (*aside, path) for name in ids(each)] == list("012345")
    assert all(each.stat().st_size <= 500 for each in tmp_path.iterdir())
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in tmp_path.iterdir())


async def test_a_day_has_its_file_and_old_ones_go(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    others = [tmp_path / "notices.2020-01-01.jsonl", tmp_path / "other.2020-01-01.1.jsonl"]
    now = time.time()
    file = File(FileConfig(path, keep_days=3), lambda: now)
    for age in (8, 5, 2, 0):
        await attempt(file, replace(notice, id=str(age)))
        os.utime(path, (now - age * DAY,) * 2)
    for other in others:
        other.touch()
        os.utime(other, (now - 99 * DAY,) * 2)
    await attempt(file, notice)
    kept = {name for each in tmp_path.glob("notices.*.*.jsonl") for name in ids(each)}
    assert kept == {"2"}
    assert ids(path) == ["0", notice.id]
    assert all(other.exists() for other in others)


async def test_a_line_that_a_crash_cut_stays_alone(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b'{"id":"ha')
    await attempt(File(FileConfig(path)), notice)
    cut, whole = path.read_text(encoding="utf-8").splitlines()
    assert cut == '{"id":"ha'
    assert json.loads(whole)["id"] == notice.id


async def test_a_file_that_another_sets_aside_is_left_to_it(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    aside = tmp_path / "aside"
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        inode = os.fstat(other.fileno()).st_ino
        waits = re.compile(rf"-> FLOCK .*:{inode} ")
        task = asyncio.ensure_future(attempt(File(FileConfig(path)), notice))
        await until(lambda: waits.search(Path("/proc/locks").read_text()) or task.done())
        assert not task.done()
        path.rename(aside)
    await task
    assert not aside.read_bytes()
    assert ids(path) == [notice.id]


WRITER = """
import asyncio, sys
from pathlib import Path
from understudy.notifications.base import *
from understudy.notifications.file import File, FileConfig
async def main(name):
    file = File(FileConfig(Path(sys.argv[2]), max_bytes=20_000))
    for n in range(100):
        await attempt(file, Notice(f"{name}-{n}", Event.CUSTOM, Level.INFO, "t", "m" * (n % 50) * 10))
asyncio.run(main(sys.argv[1]))
"""


def test_processes_share_a_file_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-P", "-c", WRITER, name, str(path)]) for name in "abcd"
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    written = Counter(name for each in tmp_path.iterdir() for name in ids(each))
    assert written == Counter(f"{name}-{n}" for name in "abcd" for n in range(100))
    assert len(list(tmp_path.iterdir())) > 3


async def test_a_disk_that_is_full_keeps_whole_lines(notice: Notice, tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    file = File(FileConfig(path))
    await attempt(file, notice)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(Undelivered) as caught:
            await attempt(file, notice)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.transient
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "nowhere"])
async def test_only_a_regular_file_is_written(notice: Notice, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "notices.jsonl"
    target = tmp_path / "target"
    target.write_text("mine")
    match kind:
        case "link":
            path.symlink_to(target)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path = tmp_path / "none" / "notices.jsonl"
    with pytest.raises(Undelivered, match=r"notices\.jsonl cannot be written") as caught:
        await asyncio.wait_for(attempt(File(FileConfig(path)), notice), 5)
    assert not caught.value.transient
    assert target.read_text() == "mine"
