"""Configuration files through the cache: as they are on disk, for any number of threads."""

from __future__ import annotations

import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from understudy.checks.files import CachedFiles
from understudy.disk import read_regular


def test_a_broken_table_is_reported_afresh_each_time(tmp_path: Path) -> None:
    """One exception raised again and again would drag an ever longer traceback along."""
    broken = tmp_path / "pyproject.toml"
    broken.write_text("= nothing")
    files = CachedFiles()
    raised = []
    for _ in range(3):
        with pytest.raises(ValueError, match="line 1") as caught:
            files.toml(broken)
        raised.append(caught.value)
    assert len({id(error) for error in raised}) == 3
    assert len({len(traceback.extract_tb(error.__traceback__)) for error in raised}) == 1
    assert len({str(error) for error in raised}) == 1


def test_what_is_no_file_leaves_nothing_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = os.listdir("/proc/self/fd")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="It is not a regular file"):
            read_regular(path)
    assert os.listdir("/proc/self/fd") == before


def test_a_file_is_read_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "ruff.toml"
    files = CachedFiles()
    assert files.toml(path) is None
    path.write_text("a = 1")
    assert files.toml(path) == {"a": 1}
    path.write_text("a = 1\nb = 2")
    assert files.toml(path) == {"a": 1, "b": 2}
    path.unlink()
    assert files.read(path) is None


def test_threads_share_one_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ruff.toml"
    path.write_text("a = 1")
    reads: list[Path] = []

    def slowly(path: Path, most: int) -> bytes:
        reads.append(path)
        os.sched_yield()
        return read_regular(path, most)

    monkeypatch.setattr("understudy.checks.files.read_regular", slowly)
    files = CachedFiles()
    with ThreadPoolExecutor(8) as threads:
        tables = list(threads.map(lambda _: files.toml(path), range(64)))
    assert tables == [{"a": 1}] * 64
    assert reads == [path]
    assert len({id(table) for table in tables}) == 1
