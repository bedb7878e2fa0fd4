"""What is on disk, and before what: told by the calls that put
it there."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from understudy.journal import apply as journal
from understudy.journal.change import Change, Entry, State
from understudy.journal.records import Bounds

from .trees import Scene, killed_at, put

_WAITING = ".open"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synced and renamed, by path, and what folder is removed with all that is in it."""
    made: list[tuple[str, str]] = []
    fsync, rename, rmtree = os.fsync, os.rename, shutil.rmtree

    def note(what: str, path: object) -> None:
        made.append((what, os.fsdecode(str(path))))

    def synced(descriptor: int) -> None:
        note("sync", os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def renamed(old: Any, new: Any, **folders: Any) -> None:
        note("rename", old)
        rename(old, new, **folders)

    def removed(path: Any, **options: Any) -> None:
        if Path(path).exists():
            note("remove", path)
        rmtree(path, **options)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(shutil, "rmtree", removed)
    return made


def _at(calls: list[tuple[str, str]], what: str, ending: str) -> int:
    """Of the last such call."""
    return max(
        at for at, (name, path) in enumerate(calls) if (name, path.endswith(ending)) == (what, True)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.of(b"one\n", 0o644), State.of(b"one\n", 0o755)),
        (State(Entry.FOLDER, 0o755), State(Entry.FOLDER, 0o700)),
    ],
)
def test_a_mode_is_on_disk_before_its_entry_is_finished(
    tmp_path: Path, calls: list[tuple[str, str]], before: State, after: State
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    if before.is_folder:
        (root / "it").mkdir(before.mode)
    else:
        (root / "it").write_bytes(b"one\n")
        (root / "it").chmod(before.mode)
    calls.clear()
    assert put([Change.between("it", before, after)], root, tmp_path / "store")
    assert _at(calls, "sync", str(root / "it")) < _at(calls, "rename", _WAITING)


def test_what_was_settled_is_on_disk_before_its_entry_goes(
    tmp_path: Path, calls: list[tuple[str, str]]
) -> None:
    """Killed while there is a temporary file beside its place, and nothing else to take back."""
    for count in range(1, 400):
        scene = Scene(tmp_path / str(count), [], [])
        (scene.root / "folder").mkdir()
        change = Change.between("folder/new", None, State.of(b"new\n", 0o644))
        assert killed_at(count, partial(put, [change], scene.root, scene.store))
        if os.listdir(scene.root / "folder"):
            break
    calls.clear()
    (recovered,) = journal.recover(scene.store, scene.root)
    assert not recovered.completed
    assert os.listdir(scene.root / "folder") == []
    assert _at(calls, "sync", str(scene.root / "folder")) < _at(calls, "rename", _WAITING)


def test_an_entry_goes_by_its_name_first(tmp_path: Path, calls: list[tuple[str, str]]) -> None:
    """A cut in between must not leave an entry that cannot be read."""
    scene = Scene(tmp_path)
    scene.apply()
    calls.clear()
    journal.undo(scene.store, 1, by="a test", bounds=Bounds(entries=1))
    assert (tmp_path / "store" / "2").is_dir()
    renamed, removed = _at(calls, "rename", "/store/1"), _at(calls, "remove", "/store/1.draft")
    assert ("sync", str(scene.store)) in calls[renamed:removed]
