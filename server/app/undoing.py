"""What is written into files on the user's word, and taking it back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..journal import apply as journal_
from ..journal import handing
from ..journal.beneath import Beneath
from ..journal.change import Change
from ..journal.check import Checked, Refused, admit, check
from ..journal.guarded import needed as needed_by
from ..journal.records import Maker, Record
from ..journal.waiting import forget as forget_
from ..journal.waiting import waiting as waiting_
from ..sandbox.diff import diff
from ..sandbox.trial import Trial, printable
from ..state import workspace_dir

_BY = "you"
_UNSAVED = "an editor made it: what is not saved there, its own undo takes back"
_NONE: Mapping[str, bytes] = {}


class Undoing(NamedTuple):
    """What taking an entry back would change; nothing when all is so already. ``merged``: files,
    as they can be shown, in which edits that were made since stay."""

    record: Record
    changes: tuple[Change, ...]
    merged: tuple[str, ...]

    @property
    def diff(self) -> str:
        """For people. Reads what is there."""
        return diff(self.changes)

    @property
    def already(self) -> str:
        """What is to be said when there is nothing to do."""
        if self.record.maker is Maker.JOURNAL:
            return "All of it is so already."
        return f"On disk all of it is so already; {_UNSAVED}."


_RUN_BY = {
    "git": "git",
    "editor": "editors",
    "CI": "a build service",
    "shell": "shells",
    "understudy": "Understudy",
}
"""Who runs what takes a consent of that name."""
CONSENTS = tuple(_RUN_BY)


def run_by_others(trial: Trial, root: Path) -> tuple[tuple[str, str], ...]:
    """The files for which ``needed`` has a consent, as they can be shown, and who runs them;
    folders, when there is nothing in them."""
    files: list[tuple[str, str]] = []
    folders: list[tuple[str, str]] = []
    names = _needed(trial, root)
    for each in trial.changes:
        state = each.after or each.before
        found = folders if state and state.is_folder else files
        found += [(printable(each.path), _RUN_BY[name]) for name in sorted(names[each.path])]
    return tuple(files or folders)


def refused(trial: Trial, root: Path) -> tuple[str, ...]:
    """All that stands against applying it, as things are: each a file and the reason, for people.
    Raises OSError."""
    reasons: dict[str, str] = {}
    with Beneath(root) as place:
        for look in (partial(admit, consents=needed(trial, root)), check):
            try:
                look(place, trial.changes)
            except Refused as error:
                reasons = {**dict(error.reasons), **reasons}
    return tuple(f"{printable(path)}: {reason}" for path, reason in reasons.items())


def needed(trial: Trial, root: Path) -> frozenset[str]:
    """The consents that applying it takes, each for files that programs run by themselves."""
    return frozenset().union(*_needed(trial, root).values())


def _needed(trial: Trial, root: Path) -> dict[str, frozenset[str]]:
    return needed_by(Path(os.path.realpath(root)), trial.changes)


def apply(
    trial: Trial, root: Path, what: str, consents: frozenset[str] = frozenset()
) -> Record | None:
    """Make what a clean trial would change; None when all is so already. ``consents``: those of
    ``needed`` that the user gave. Raises OSError: Refused when nothing was written, with what
    stands against it."""
    if not trial.is_clean:
        raise OSError(f"nothing was written: the trial was not clean ({trial.status})")
    return write(trial.changes, root, what, consents)


def write(
    changes: Sequence[Change], root: Path, what: str, consents: frozenset[str] = frozenset()
) -> Record | None:
    """Make these of a clean trial's so. As ``apply``."""
    journal = journal_of(root)
    return journal_.apply(changes, root, journal, by=_BY, what=what, consents=consents)


def journal_of(root: Path) -> Path:
    """The journal of a workspace. Raises OSError."""
    return workspace_dir(root) / "journal"


def entries(root: Path) -> list[Record]:
    """The newest first. Raises OSError; blocks, as all of these."""
    journal = journal_of(root)
    journal_.recover(journal, root)
    return journal_.entries(journal)


def waiting(root: Path) -> list[Record]:
    """Those that were interrupted and cannot be taken back as things are, the newest first. Raises
    OSError."""
    return waiting_(journal_of(root))


def waits(record: Record) -> str:
    """Why, and what can be done, for people."""
    files = ", ".join(printable(each.path) for each in record.changes)
    root = printable(str(record.root))
    return (
        f"Entry {record.id} was interrupted half-way in {root}, which is away or another folder "
        "now. It is taken back when that one is there again; "
        f"or look at {files}, and `understudy journal --drop {record.id}` forgets it."
    )


def forget(root: Path, number: int) -> None:
    """Drop one of those, with what stood there before. Raises LookupError, OSError."""
    forget_(journal_of(root), number)


def unread(root: Path) -> list[str]:
    """What is to be said of each entry that cannot be read. Raises OSError."""
    return [each.told for each in journal_.unread(journal_of(root))]


def standing(records: Iterable[Record]) -> Iterator[Record]:
    """The entries that nobody took back here. The first is the one when none is named."""
    return (each for each in records if not (each.undone or each.undoes or each.left))


def plan(root: Path, number: int, unsaved: Mapping[str, bytes] = _NONE) -> Undoing:
    """``unsaved``: what an editor has and the disk has not, by paths below the root. Raises
    LookupError when there is no such entry, and OSError when it cannot be taken back any more, with
    the files that stand against it."""
    journal = journal_of(root)
    record = journal_.find(journal, number)
    try:
        checked = journal_.undoing(journal, number, unsaved)
    except Refused as error:
        if record.maker is Maker.JOURNAL:
            raise
        raise OSError(f"{error}\n{_UNSAVED}") from None
    return Undoing(record, checked.changes, tuple(map(printable, checked.merged)))


def hand_over(root: Path, checked: Checked, what: str, undoes: int = 0) -> Record:
    """Have on record what an editor is about to be asked to make; ``undoes``: the entry that it
    takes back. Raises OSError."""
    return handing.hand_over(checked, root, journal_of(root), by=_BY, what=what, undoes=undoes)


def answered(root: Path, record: Record, *, made: bool) -> None:
    """What the editor said to it. Raises OSError, LookupError."""
    handing.answered(journal_of(root), record.id, made=made)


def undo(root: Path, number: int) -> Record | None:
    """Take it back; None when all is so already. Raises as ``plan``."""
    return journal_.undo(journal_of(root), number, by=_BY)


_MAKERS = {
    Maker.JOURNAL: (),
    Maker.ASKED: ("handed to an editor, which did not say that it made it",),
    Maker.EDITOR: ("by the editor",),
}


def line(record: Record) -> str:
    """An entry in a line."""
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.at))
    files = len(record.changes)
    notes = [
        *(["undone"] if record.undone else []),
        *([f"undoes {record.undoes}"] if record.undoes else []),
        *(["interrupted, edited since"] if record.left else []),
        *([f"{len(record.merged)} merged"] if record.merged else []),
        *_MAKERS[record.maker],
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
        "maker": record.maker,
    }
