"""What a question and a list say of files and of entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.app.presentation.journal import did, does, line, question
from understudy.journal.change import Change, Entry, State
from understudy.journal.record import Maker, Record

OLD, NEW = State.of(b"old", 0o644), State.of(b"new", 0o644)
FOLDER = State(Entry.FOLDER, 0o755)


def made(path: str, state: State = NEW) -> Change:
    return Change.between(path, None, state)


def gone(path: str, state: State = OLD) -> Change:
    return Change.between(path, state, None)


def changed(path: str) -> Change:
    return Change.between(path, OLD, NEW)


TOLD = {
    "one": ([changed("a")], "changes a"),
    "by kind": (
        [changed("a"), made("b"), gone("c"), changed("d")],
        "deletes c; creates b; changes a, d",
    ),
    "renamed": ([Change.between("b", OLD, OLD, "a")], "renames a to b"),
    "mode": (
        [Change.between("a", OLD, State.of(b"old", 0o755))],
        "changes the permissions of a",
    ),
    "folder": (
        [made("d", FOLDER), made("d/x"), made("d/e", FOLDER), made("d/e/y"), made("dx")],
        "creates d/ (2 files), dx",
    ),
    "folder that goes": ([gone("d", FOLDER), gone("d/x")], "deletes d/ (1 file)"),
    "empty folder": ([made("d", FOLDER)], "creates d/"),
    "in a folder that was there": ([made("d/x")], "creates d/x"),
    "changed in a folder": ([changed("d/x"), made("d/y", FOLDER)], "creates d/y/; changes d/x"),
    "many": ([changed(str(at)) for at in range(7)], "changes 0, 1, 2, 3, 4, 2 more"),
    "odd": ([made("a\x1b[31m\n")], "creates a\\x1b[31m\\n"),
}


@pytest.mark.parametrize(("changes", "told"), TOLD.values(), ids=TOLD)
def test_what_becomes_of_files(changes: list[Change], told: str) -> None:
    assert does(changes) == told
    assert did(changes).count(";") == told.count(";")


def record(**more: object) -> Record:
    plain = Record(7, 1_000_000.0, "you", "sandbox: sh\n", Path("/w"), (changed("a"),))
    return Record(**{each: getattr(plain, each) for each in Record.__slots__} | more)


def test_the_question_has_the_age_and_what_would_be_done() -> None:
    asked = question(record(), [changed("a"), gone("b")], 1_000_000.0 + 3 * 3600 + 5)
    assert asked == "Undo “sandbox: sh\\n” (entry 7, 3 hours ago)? It deletes b; changes a."
    assert "(entry 7, less than a minute ago)" in question(record(), [], 999_999.0)
    long = question(record(what="x" * 61), [], 1_000_000.0)
    assert f"“{'x' * 60}…”" in long


LINES = {
    "undo": ({"undoes": 3}, "you: undo of 3: sandbox: sh\\n"),
    "in part": ({"undoes": 3, "partly": True}, "you: undo of 3, in part: sandbox: sh\\n"),
    "redo": ({"redoes": 3}, "you: redo of 3: sandbox: sh\\n"),
    "undone": ({"undone": True}, "you: sandbox: sh\\n  (undone)"),
    "merged": ({"merged": ("a",)}, "you: sandbox: sh\\n  (1 merged)"),
    "editor": ({"maker": Maker.EDITOR}, "you: sandbox: sh\\n  (by the editor)"),
    "left": ({"left": True}, "you: sandbox: sh\\n  (interrupted, edited since)"),
}


@pytest.mark.parametrize(("more", "told"), LINES.values(), ids=LINES)
def test_an_entry_in_a_line(more: dict[str, object], told: str) -> None:
    assert line(record(**more)).endswith(f"  {told}")
