"""A journal into which somebody else has written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from understudy.journal import apply as journal
from understudy.journal.change import Change, State
from understudy.journal.check import Refused

from .trees import photograph, put

OLD, NEW = State.of(b"old\n", 0o644), State.of(b"new\n", 0o644)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("text", "other"):
        (root / name).write_bytes(b"old\n")
        (root / name).chmod(0o644)
    return root


@pytest.fixture
def store(tmp_path: Path, root: Path) -> Path:
    store = tmp_path / "state" / "journal"
    assert put([Change.between("text", OLD, NEW)], root, store)
    return store


def no_record(folder: Path) -> None:
    (folder / "record.json").unlink()


def endless(folder: Path) -> None:
    no_record(folder)
    (folder / "record.json").symlink_to("/dev/zero")


def waiting(folder: Path) -> None:
    no_record(folder)
    os.mkfifo(folder / "record.json")


def says(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "record.json").write_text(text)


def has(**entries: Any) -> Callable[[Path], object]:
    return lambda folder: rewrite(folder, lambda plain: plain.update(entries))


def change(**entries: Any) -> Callable[[Path], object]:
    return lambda folder: rewrite(folder, lambda plain: plain["changes"][0].update(entries))


def state(which: str, **entries: Any) -> Callable[[Path], object]:
    return lambda folder: rewrite(folder, lambda plain: plain["changes"][0][which].update(entries))


def rewrite(folder: Path, does: Callable[[dict[str, Any]], object]) -> None:
    place = folder / "record.json"
    plain = json.loads(place.read_text())
    does(plain)
    place.write_text(json.dumps(plain))


UNREAD: dict[str, Callable[[Path], object]] = {
    "no record": no_record,
    "a device": endless,
    "a pipe": waiting,
    "no JSON": says("x"),
    "nested": says("[" * 200_000),
    "a number": says("1"),
    "a list": says("[]"),
    "nothing": says("{}"),
    "a long number": says("1" * 10_000),
    "another version": has(version=2),
    "a later version": has(version=99),
    "of another entry": has(id=5),
    "a root that is none": has(root=5),
    "a root with NUL": has(root="/a\0b"),
    "no changes": has(changes=None),
    "changes that are none": has(changes=[[]]),
    "unknown": has(more=1),
    "a mark with a path": has(mark="/../../victim"),
    "another maker": has(maker="x"),
    "a time that is none": has(at="x"),
    "no time": has(at=None),
    "a time that nobody has": has(at=10**40),
    "a size that is none": has(size="x"),
    "left that is none": has(left="x"),
    "merged that is none": has(merged=[1]),
    "nothing to nothing": change(before=None, after=None),
    "above": change(path="../victim"),
    "absolute": change(path="/victim"),
    "NUL": change(path="a\0b"),
    "no path": change(path=""),
    "the root": change(path="."),
    "old above": change(old="x/../../victim"),
    "a state that is none": change(before=5),
    "another kind": state("before", entry="x"),
    "a mode that is none": state("before", mode="x"),
    "more than a mode": state("before", mode=0o100644),
    "before its start": state("before", start=-1),
}


@pytest.mark.parametrize("ending", ["", ".open"])
@pytest.mark.parametrize("damage", UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_told_and_stops_no_other(
    root: Path, store: Path, damage: Callable[[Path], object], ending: str
) -> None:
    folder = (store / "1").rename(store / f"1{ending}")
    damage(folder)
    before = photograph(root)
    assert journal.entries(store) == []
    assert journal.recover(store, root) == []
    (unread,) = journal.unread(store)
    assert (unread.folder, unread.interrupted) == (folder, ending == ".open")
    assert str(folder) in unread.told
    with pytest.raises((OSError, LookupError)):
        journal.undo(store, 1, by="a test")
    record = put([Change.between("other", OLD, NEW)], root, store)
    assert record
    assert record.id == 2
    journal.undo(store, record.id, by="a test")
    assert photograph(root) == before


def test_rights_that_nothing_had_are_not_given_back(root: Path, store: Path) -> None:
    state("before", mode=0o4755)(store / "1")
    before = photograph(root)
    with pytest.raises(Refused, match="set-id"):
        journal.undo(store, 1, by="a test")
    assert photograph(root) == before


def interrupted(changes: list[Change], root: Path, theirs: Path, entry: Path) -> None:
    """An entry, in some journal, of which what made the last file was not done."""
    assert put(changes, root, theirs)
    (root / "made").unlink()
    (theirs / "1").rename(entry)
    number = int(entry.name.partition(".")[0])
    rewrite(entry, lambda plain: plain.update(id=number))


def test_what_was_begun_elsewhere_is_not_carried_out_here(
    root: Path, store: Path, tmp_path: Path
) -> None:
    """An interrupted entry of another folder, which nobody has asked to have changed."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "text").write_bytes(b"old\n")
    changes = [Change.between("text", OLD, NEW), Change.between("made", None, NEW)]
    interrupted(changes, victim, tmp_path / "theirs", store / "7.open")
    before = photograph(victim)
    assert journal.recover(store, root) == []
    assert put([Change.between("other", OLD, NEW)], root, store)
    journal.undo(store, 1, by="a test")
    assert photograph(victim) == before
    (found,) = journal.recover(store, victim)
    assert not found.completed
    assert (victim / "text").read_bytes() == b"old\n", "it could have been"


def test_what_was_begun_in_a_folder_below_is_taken_back_with_it(root: Path, tmp_path: Path) -> None:
    inner, store = root / "inner", tmp_path / "store"
    inner.mkdir()
    (inner / "text").write_bytes(b"old\n")
    before = photograph(root)
    changes = [Change.between("text", OLD, NEW), Change.between("made", None, NEW)]
    store.mkdir()
    interrupted(changes, inner, tmp_path / "theirs", store / "1.open")
    assert len(journal.recover(store, root)) == 1
    assert photograph(root) == before
