"""What is written into files on the user's word, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..journal import apply as journal_
from ..journal.guard import needed as needed_at
from ..journal.records import Record
from ..sandbox.trial import Trial, diff, printable
from ..state import workspace_dir

_BY = "you"


class Undoing(NamedTuple):
    """What taking an entry back would do: a ``diff`` for people, and the files, as they can be
    shown, in which edits that were made since stay."""

    record: Record
    diff: str
    merged: tuple[str, ...]


def needed(trial: Trial) -> frozenset[str]:
    """The consents that applying it takes, each for files that programs run by themselves."""
    return frozenset().union(*(needed_at(p) for each in trial.changes for p in each.paths))


def apply(
    trial: Trial, root: Path, what: str, consents: frozenset[str] = frozenset()
) -> Record | None:
    """Make what a clean trial would change; None when all is so already. ``consents``: those of
    ``needed`` that the user gave. Raises OSError: Refused when nothing was written, with what
    stands against it."""
    if not trial.is_clean:
        raise OSError(f"nothing was written: the trial was not clean ({trial.status})")
    journal = journal_of(root)
    return journal_.apply(trial.changes, root, journal, by=_BY, what=what, consents=consents)


def journal_of(root: Path) -> Path:
    """The journal of a workspace. Raises OSError."""
    return workspace_dir(root) / "journal"


def entries(root: Path) -> list[Record]:
    """The newest first. Raises OSError; blocks, as all of these."""
    journal = journal_of(root)
    journal_.recover(journal)
    return journal_.entries(journal)


def newest(records: Iterable[Record]) -> int | None:
    """The entry that is taken back when none is named: the last thing done that still stands."""
    standing = (r.id for r in records if not (r.undone or r.undoes or r.left))
    return next(standing, None)


def plan(root: Path, number: int) -> Undoing:
    """Raises LookupError when there is no such entry, and Refused, an OSError, when it cannot be
    taken back any more, with the files that stand against it."""
    journal = journal_of(root)
    checked = journal_.undoing(journal, number)
    record = next(each for each in journal_.entries(journal) if each.id == number)
    merged = tuple(map(printable, checked.merged))
    return Undoing(record, diff(checked.changes), merged)


def undo(root: Path, number: int) -> Record | None:
    """Take it back; None when all is so already. Raises as ``plan``."""
    return journal_.undo(journal_of(root), number, by=_BY)


def line(record: Record) -> str:
    """An entry in a line."""
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.at))
    files = len(record.changes)
    notes = [
        *(["undone"] if record.undone else []),
        *([f"undoes {record.undoes}"] if record.undoes else []),
        *(["interrupted, edited since"] if record.left else []),
        *([f"{len(record.merged)} merged"] if record.merged else []),
    ]
    told = f"  ({', '.join(notes)})" if notes else ""
    count = f"{files} file{'s' * (files != 1)}"
    what = printable(f"{record.by}: {record.what}")
    return f"{record.id:>5}  {at}  {count:<10}  {what}{told}"


def payload(record: Record) -> Mapping[str, Any]:
    """An entry as JSON."""
    return {
        "id": record.id,
        "at": record.at,
        "by": record.by,
        "what": record.what,
        "root": str(record.root),
        "files": [
            {"path": each.path, "kind": each.kind, "old": each.old} for each in record.changes
        ],
        "undoes": record.undoes or None,
        "undone": record.undone,
        "merged": list(record.merged),
        "interrupted": record.left,
    }
