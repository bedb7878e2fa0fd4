"""What is written into files on the user's word, and taking it back."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..automations.paths import DRAFTS, SCRIPTS
from ..findings.redact_text import redacted_words
from ..journal import apply as journal_
from ..journal import handing
from ..journal.beneath import Beneath
from ..journal.change import Change, State
from ..journal.check import Checked, Refused, admit, check
from ..journal.guarded import needed as needed_by
from ..journal.record import Maker, Record
from ..journal.reverse import ALL, Reverse, Scope
from ..journal.waiting import forget as forget_
from ..journal.waiting import waiting as waiting_
from ..sandbox.trial import Trial, printable
from ..state import workspace_dir
from .changes import NOTHING
from .presentation.journal import did, does, line, payload, question

__all__ = ["ALL", "Record", "Scope", "did", "does", "line", "payload", "printable"]

_BY = "you"
_UNSAVED = "an editor made it: what is not saved there, its own undo takes back"
_NONE: Mapping[str, bytes] = {}


class Undoing(NamedTuple):
    """What taking an entry back would change; no changes when there is nothing to do. ``drafts``:
    the automations that are kept as they were before they were accepted."""

    record: Record
    way: Reverse
    drafts: frozenset[str] = frozenset()

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.way.changes

    @property
    def merged(self) -> tuple[str, ...]:
        return self.way.merged

    @property
    def notes(self) -> list[str]:
        """What else there is to be known, in sentences without an end."""
        return [
            *(f"{printable(path)}: what was edited since stays" for path in self.merged),
            *(f"{printable(path)}: the folder stays; {why}" for path, why in self.way.kept),
            *(f"{printable(path)}: left as it is; {why}" for path, why in self.way.against),
            *self.lost,
        ]

    @property
    def lost(self) -> list[str]:
        """The automations whose scripts go, in sentences without an end."""
        gone = (PurePosixPath(e.path) for e in self.changes if e.before and not e.after)
        names = [e.stem for e in gone if str(e.parent) == SCRIPTS and e.suffix == ".py"]
        return [_without_script(name, is_kept=name in self.drafts) for name in names]

    def question(self, now: float) -> str:
        """The same in a terminal and in an editor. ``now``: seconds since the epoch."""
        return question(self.record, self.changes, now)


def _without_script(name: str, *, is_kept: bool) -> str:
    told = f"without its script nothing runs the automation {printable(name)} any more"
    return f"{told}; `understudy automations enable {name}` accepts it again" if is_kept else told


def title(argv: Sequence[str]) -> str:
    """What an entry is called that comes from a trial of a command: without its secrets."""
    return f"sandbox: {shlex.join(redacted_words(argv))}"


_RUN_BY = {
    "git": "git",
    "editor": "editors",
    "agent": "coding agents",
    "CI": "a build service",
    "tools": "the tools that read it",
    "shell": "shells",
    "session": "your session",
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
    What was interrupted there is looked after before. Raises OSError."""
    recover(root)
    reasons: dict[str, str] = {}
    with Beneath(root) as place:
        for look in (partial(admit, consents=needed(trial, root)), check):
            try:
                look(place, trial.changes)
            except Refused as error:
                reasons = {**dict(error.reasons), **reasons}
    return tuple(f"{printable(path)}: {reason}" for path, reason in sorted(reasons.items()))


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
    recover(root)
    return journal_.entries(journal_of(root))


def recover(root: Path) -> None:
    """What was interrupted in a workspace is complete, or as it was. Raises OSError."""
    journal_.recover(journal_of(root), root)


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
    return (e for e in records if not (e.undone or e.undoes or e.redoes or e.left))


def nothing(records: Iterable[Record]) -> str:
    """What to say when none of them stands."""
    again = (
        f"Entry {each.id} was interrupted, and its files were edited since: "
        f"`understudy undo {each.id}` tries it again."
        for each in records
        if each.left and not each.undone
    )
    return "\n".join((NOTHING, *again))


def find(root: Path, number: int) -> Record:
    """Raises LookupError when there is no such entry, and OSError."""
    for record in entries(root):
        if record.id == number:
            return record
    raise LookupError(f"the journal has no entry {number}")


def scope(record: Record, files: Iterable[str], here: Path, *, partly: bool = False) -> Scope:
    """Of an entry, what belongs to ``files``, as somebody in the folder ``here`` names them, or as
    they are listed. Raises ValueError for one that it has not changed."""
    found = []
    for file in files:
        names = os.path.relpath(here / file, record.root), os.path.normpath(file)
        known = (name for name in names if any(map(Scope((name,)).has, record.changes)))
        if (name := next(known, None)) is None:
            raise ValueError(f"Entry {record.id} has not changed {printable(file)}.")
        found.append(name)
    return Scope(tuple(found), partly)


def content(record: Record, file: str, *, before: bool) -> bytes:
    """What stood in a file before or after an entry; of a link, where it leads. Raises ValueError
    when nothing did, and OSError."""
    for each in record.changes:
        if file in each.paths:
            state: State | None = each.before if before else each.after
            if state is not None and not state.is_folder:
                return state.read()
    side = "before" if before else "after"
    raise ValueError(f"There was no file {printable(file)} {side} entry {record.id}.")


def plan(
    root: Path, record: Record, unsaved: Mapping[str, bytes] = _NONE, scope: Scope = ALL
) -> Undoing:
    """``unsaved``: what an editor has and the disk has not, by paths below the root. Raises OSError
    when it cannot be taken back any more, with the files that stand against it and what can be done
    instead."""
    number, journal = record.id, journal_of(root)
    try:
        way = journal_.undoing(journal, number, unsaved, scope)
        drafts = frozenset(each.stem for each in (workspace_dir(root) / DRAFTS).glob("*.py"))
        return Undoing(record, way, drafts)
    except Refused as error:
        told = [str(error), *([_UNSAVED] if record.maker is not Maker.JOURNAL else [])]
    try:
        journal_.undoing(journal, number, unsaved, scope._replace(partly=True))
        told.append(f"To take back all but that: `understudy undo {number} --partly`.")
    except Refused:
        pass
    told.append(
        f"To see a file as it was: `understudy journal show {number} --file FILE --before`."
    )
    if older := next((e for e in standing(entries(root)) if e.id < number), None):
        told.append(f"To go on with the next older entry: `understudy undo {older.id}`.")
    raise OSError("\n".join(told))


def passed(root: Path, found: Undoing, scope: Scope) -> str:
    """What to say of an entry when there is nothing to do. One of which nothing stands on disk
    counts as undone from now on. Raises OSError."""
    record, said = found.record, f"Entry {found.record.id}: there is nothing to change"
    if record.maker is not Maker.JOURNAL:
        return f"{said} on disk; {_UNSAVED}."
    if record.origin != record.id or scope.files:
        return f"{said}, the files are as they were before it or earlier."
    if not record.undone:
        journal_.lapse(journal_of(root), record.id)
    return f"{said}, the files are as they were before it or earlier; it is marked as undone."


def hand_over(root: Path, checked: Checked, what: str, undoes: int = 0) -> Record:
    """Have on record what an editor is about to be asked to make; ``undoes``: the entry that it
    takes back. Raises OSError."""
    return handing.hand_over(checked, root, journal_of(root), by=_BY, what=what, undoes=undoes)


def answered(root: Path, record: Record, *, made: bool) -> None:
    """What the editor said to it. Raises OSError, LookupError."""
    handing.answered(journal_of(root), record.id, made=made)


def undo(root: Path, number: int, scope: Scope = ALL) -> Record | None:
    """Take it back; None when there is nothing to do. Raises OSError, and LookupError when there is
    no such entry."""
    return journal_.undo(journal_of(root), number, by=_BY, scope=scope)
