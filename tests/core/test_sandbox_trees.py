"""Folders that are nested however deep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from understudy.sandbox.trees import DEEPEST, TooDeep, opened, remove, walk


@contextmanager
def inside(top: Path, levels: int, name: str) -> Iterator[int]:
    """The descriptor of the innermost of so many folders."""
    folder = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=folder)
        outer, folder = folder, os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(outer)
    yield folder
    os.close(folder)


@pytest.mark.parametrize("name", ["d", "d" * 255], ids=["short", "long"])
@pytest.mark.parametrize("levels", [DEEPEST, DEEPEST + 1])
def test_a_walk_ends_where_folders_are_too_deep(tmp_path: Path, levels: int, name: str) -> None:
    (top := tmp_path / "top").mkdir()
    with inside(top, levels, name):
        before = os.listdir("/proc/self/fd")
        with opened(str(top)) as folder:
            if levels > DEEPEST:
                with pytest.raises(TooDeep):
                    list(walk(folder))
            else:
                assert [each.name for each in walk(folder)] == [name] * levels
        assert os.listdir("/proc/self/fd") == before
    remove(top)


@pytest.mark.parametrize("name", ["0", "d" * 255], ids=["short", "long"])
def test_what_is_nested_is_removed_and_what_links_lead_to_is_not(tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    (top := tmp_path / "top").mkdir()
    (top / "1").mkdir()
    (top / "1/2").touch()
    with inside(top, 3000, name) as folder:
        os.symlink(tmp_path / "other", "link", dir_fd=folder)
        os.symlink(tmp_path / "other", name, dir_fd=folder)
        os.mkdir("closed", 0, dir_fd=folder)
        os.mkfifo("pipe", dir_fd=folder)
        os.chmod(folder, 0)
    (top / "1").chmod(0)
    top.chmod(0)
    remove(top)
    assert os.listdir(tmp_path) == ["other"]
    assert os.listdir(tmp_path / "other") == ["file"]
