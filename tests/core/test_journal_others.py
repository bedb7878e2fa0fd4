"""What others have put where the journal writes, before and at that moment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from understudy.journal import apply as journal
from understudy.journal import beside, carry_out
from understudy.journal.change import Change, Entry, State

from .trees import link, photograph, put

THEM = 65_534
OLD, NEW = State.of(b"old\n", 0o644), State.of(b"new\n", 0o644)
FOLDER = State(Entry.FOLDER, 0o755)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder").chmod(0o700)
    for name in ("text", "script", ".envrc"):
        (root / name).write_bytes(b"old\n")
        (root / name).chmod(0o644)
    return root


def test_files_that_look_like_the_journals_own_are_nobodys_business(
    root: Path, tmp_path: Path
) -> None:
    """A repository can bring them, for the entries to come."""
    short = hashlib.sha256(b".envrc").hexdigest()[:16]
    for number in range(4):
        for what in ("old", "new"):
            (root / f".understudy-{number}-{short}.{what}").write_bytes(b"evil\n")
    before = photograph(root)
    record = put([Change.between(".envrc", OLD, NEW)], root, tmp_path / "journal", {"shell"})
    assert record
    assert photograph(root) == before | {".envrc": ("file", 0o644, b"new\n")}
    journal.undo(tmp_path / "journal", record.id, by="a test")
    assert photograph(root) == before


def test_no_two_entries_use_the_same_names(root: Path, tmp_path: Path) -> None:
    records = [
        put([Change.between("text", *states)], root, tmp_path / "journal")
        for states in ((OLD, NEW), (NEW, OLD))
    ]
    marks = {record.mark for record in records if record}
    assert len(marks) == 2
    assert all(len(mark) == 32 for mark in marks)


class Race(NamedTuple):
    """A user, in whose folder root makes a ``change``, exchanges what root has just made, when
    that calls ``moment`` for the path."""

    change: Change
    moment: str
    temporary: bool = False


RACES = {
    "a file": Race(Change.between("made", None, NEW), "own", temporary=True),
    "a file that stands": Race(Change.between("text", OLD, NEW), "own", temporary=True),
    "a link": Race(Change.between("made", None, link("text")), "own", temporary=True),
    "a staged file": Race(Change.between("made", None, NEW), "_put", temporary=True),
    "a folder": Race(Change.between("made", None, FOLDER), "mkdir"),
    "a mode": Race(Change.between("script", OLD, State.of(b"old\n", 0o755)), "_set_mode"),
    "the mode of a folder": Race(
        Change.between("folder", State(Entry.FOLDER, 0o700), FOLDER), "_set_mode"
    ),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could give anything away")
@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_root_gives_away_nothing_of_its_own(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, race: Race
) -> None:
    for path in (root, *root.iterdir()):
        os.chown(path, THEM, THEM)
    states = (race.change.before, race.change.after)
    secret = root / "secret"
    if any(state and state.is_folder for state in states):
        secret.mkdir(0o700)
        (secret / "key").write_bytes(b"root only\n")
    else:
        secret.write_bytes(b"root only\n")
        secret.chmod(0o600)
    inode = secret.stat().st_ino
    done = []

    def exchange() -> None:
        (at,) = root.glob(".understudy-*.new") if race.temporary else [root / race.change.path]
        at.rename(root / "taken")
        secret.rename(at)
        done.append(at)

    hook(monkeypatch, race.moment, exchange)
    with pytest.raises(OSError, match=r"what had been written|changed meanwhile|root's"):
        put([race.change], root, tmp_path / "journal")
    assert done
    for path in root.rglob("*"):
        about = path.lstat()
        if about.st_ino == inode:
            assert (about.st_uid, about.st_mode & 0o077) == (0, 0)
            break


def hook(patch: pytest.MonkeyPatch, moment: str, does: Callable[[], None]) -> None:
    """Once: before a step of the journal, or after a folder was made."""
    place: Any = {"mkdir": os, "own": beside}.get(moment, carry_out)
    real = getattr(place, moment)
    waiting = [does]

    def step(*args: Any, **options: Any) -> Any:
        if moment == "mkdir":
            done = real(*args, **options)
            if "dir_fd" in options and waiting:
                waiting.pop()()
            return done
        if waiting:
            waiting.pop()()
        return real(*args, **options)

    patch.setattr(place, moment, step)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what belongs to others")
def test_what_root_makes_belongs_to_whom_the_folder_belongs_to(root: Path, tmp_path: Path) -> None:
    os.chown(root, THEM, THEM)
    made = [
        Change.between("file", None, NEW),
        Change.between("link", None, link("nowhere")),
        Change.between("deep", None, FOLDER),
        Change.between("deep/file", None, NEW),
    ]
    assert put(made, root, tmp_path / "journal")
    assert {(root / each.path).lstat().st_uid for each in made} == {THEM}
