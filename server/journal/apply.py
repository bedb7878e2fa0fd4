"""Making changes in the user's files so that none of it is lost: whole or not at all, with what was
there on disk before the first write, and back again.

An entry that was interrupted is the first thing that the next call looks after. For a thread.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ..disk import why
from ..state import LOCK_SECONDS, locked
from .beneath import Beneath, Shown
from .carry_out import bring_back, carry_out, clear, settle, sync
from .change import Change, inverse, printable, same
from .check import Checked, admit, check, misplaced
from .record import Record
from .records import BOUNDS, Bounds, Records, Unread
from .reverse import ALL, Older, Reverse, Scope, reverse

_NOTHING: frozenset[str] = frozenset()
_NOT_YET = "what had been written cannot be taken back either: that comes first at the next start"
_ADVICE = {
    errno.ENOSPC: "make room there, and try again",
    errno.EDQUOT: "make room there, and try again",
    errno.EROFS: "have it mounted for writing, and try again",
    errno.EIO: "look at the disk",
}
_SAVED: Mapping[str, bytes] = {}


class Recovered(NamedTuple):
    """What became of an entry that was interrupted. ``completed``: all of it had been done; else it
    was taken back, but for what is ``left``: paths that somebody has edited since."""

    record: Record
    completed: bool
    left: tuple[str, ...] = ()


def apply(
    changes: Sequence[Change],
    workspace: Path,
    journal: Path,
    *,
    by: str,
    what: str,
    consents: frozenset[str] = _NOTHING,
    bounds: Bounds = BOUNDS,
    now: Callable[[], float] = time.time,
) -> Record | None:
    """Make all of what a command in the sandbox would change, or none. None when it is so already.

    ``journal``: a private folder, made when missing. ``by``: who does it; ``what``: a line for
    people. ``consents``: see ``guard.CONSENTS``. Raises Refused when nothing was written, with
    reasons by path, and OSError when something failed on the way and all was taken back.
    """
    with Beneath(workspace) as place:
        admit(place, changes, consents)
    return make(changes, workspace, journal, by=by, what=what, bounds=bounds, now=now)


def make(
    changes: Sequence[Change],
    workspace: Path,
    journal: Path,
    *,
    by: str,
    what: str,
    bounds: Bounds = BOUNDS,
    now: Callable[[], float] = time.time,
) -> Record | None:
    """As ``apply``, for changes that Understudy itself has thought of: wherever in ``workspace``
    they are."""
    with opened(journal, workspace) as records, Beneath(workspace) as place:
        record = Record(0, now(), by, what, place.root, ())
        return _carry_out(records, place, record, check(place, changes), bounds)


def undo(
    journal: Path,
    number: int,
    *,
    by: str,
    scope: Scope = ALL,
    bounds: Bounds = BOUNDS,
    now: Callable[[], float] = time.time,
) -> Record | None:
    """Take an entry back, which is an entry, too, and can be taken back itself. None when there is
    nothing to do. Raises Refused as ``apply`` does, and LookupError when there is no such entry."""
    with opened(journal, find(journal, number).root) as records:
        undone = records.find(number)
        with Beneath(undone.root) as place:
            found = reverse(place, undone.changes, _older(records, number), scope)
            record = replace(
                Record(0, now(), by, undone.what, undone.root, ()),
                undoes=0 if undone.undoes else undone.origin,
                redoes=undone.undoes,
                partly=undone.partly or found.rest,
            )
            return _carry_out(records, place, record, found.checked, bounds)


def undoing(
    journal: Path, number: int, unsaved: Mapping[str, bytes] = _SAVED, scope: Scope = ALL
) -> Reverse:
    """What ``undo`` would do as things are, with contents; as an editor has them with what is
    ``unsaved``, see ``Shown``. Raises as it does."""
    with opened(journal, find(journal, number).root) as records:
        record = records.find(number)
        with Shown(record.root, unsaved) as place:
            return reverse(place, record.changes, _older(records, number), scope)


def lapse(journal: Path, number: int) -> bool:
    """Count an entry as undone when nothing of it stands any more on disk; whether it is so. Raises
    as ``undo`` does."""
    with opened(journal, find(journal, number).root) as records:
        record = records.find(number)
        with Beneath(record.root) as place:
            if reverse(place, record.changes, _older(records, number)).changes:
                return False
        records.lapse(record)
        return True


def _older(records: Records, number: int) -> Older:
    """What the entries before one have changed."""
    return lambda: (each for of in records.all() if of.id < number for each in of.changes)


def entries(journal: Path) -> list[Record]:
    """The newest first. Raises OSError."""
    return Records(journal).all()


def find(journal: Path, number: int) -> Record:
    """Raises LookupError when there is no such entry, and OSError."""
    return Records(journal).find(number)


def unread(journal: Path) -> list[Unread]:
    """The entries that cannot be read. Raises OSError."""
    return Records(journal).unread() if journal.is_dir() else []


def recover(journal: Path, root: Path) -> list[Recovered]:
    """What was interrupted in ``root``, or below it, is as it was before it began, or complete.
    Raises OSError."""
    if not journal.is_dir():
        return []
    records = Records(journal)
    with locked(records.lock, LOCK_SECONDS):
        return _recover(records, root)


@contextmanager
def opened(journal: Path, root: Path) -> Iterator[Records]:
    """One writer at a time; whoever holds the lock and finds an open entry knows that it was
    interrupted."""
    with ExitStack() as stack:
        try:
            records = Records(journal)
            stack.enter_context(locked(records.lock, LOCK_SECONDS))
        except OSError as error:
            raise OSError(f"{told(error)}; nothing was written") from error
        try:
            _recover(records, root)
        except OSError as error:
            before = "earlier changes were interrupted and cannot be taken back"
            raise OSError(f"{before}: {told(error)}") from error
        yield records


def _carry_out(
    records: Records, place: Beneath, record: Record, found: Checked, bounds: Bounds
) -> Record | None:
    if not found.changes:
        return None
    planned = replace(record, changes=found.changes, merged=found.merged, inode=place.inode)
    try:
        begun = records.begin(planned, place.open)
    except OSError as error:
        raise OSError(f"{told(error)}; nothing was written") from error
    try:
        carry_out(place, begun.changes, begun.mark)
    except OSError as error:
        try:
            back = _take_back(records, place, begun)
        except OSError:
            raise OSError(f"{told(error)}; {_NOT_YET}") from error
        if back.completed:
            return back.record
        raise OSError(f"{told(error)}; what had been written was taken back") from error
    except BaseException:
        _take_back(records, place, begun)
        raise
    try:
        done = records.finish(begun)
    except OSError as error:
        raise OSError(
            f"{told(error)}; all was written, and is looked at again next time"
        ) from error
    with suppress(OSError):  # what is too old goes another time
        records.prune(bounds, record.at)
    return done


def _recover(records: Records, root: Path) -> list[Recovered]:
    """Nobody is asked before: an entry has no say in where that is done."""
    found = []
    real = os.path.realpath(root)
    for record in records.interrupted():
        if not (record.root.is_relative_to(real) and record.root.is_dir()):
            continue
        with Beneath(record.root) as place:
            if place.inode == record.inode:  # else it waits: that may be mounted again
                found.append(_take_back(records, place, record))
    return found


def told(error: OSError) -> str:
    """What happened, and what to do about it."""
    advice = _ADVICE.get(error.errno or 0)
    return f"{printable(why(error))}{f' ({advice})' if advice else ''}"


def _back(record: Record) -> str:
    """Not the mark of the way there: what is found beside a file has to tell which way it was
    going."""
    return f"{record.mark}-back"


def _take_back(records: Records, place: Beneath, record: Record) -> Recovered:
    settle(place, inverse(record.changes), _back(record))
    settle(place, record.changes, record.mark)
    if all(_is_made(place, change) for change in record.changes):
        clear(place, record.changes, record.mark)
        sync(place, record.changes)
        return Recovered(records.finish(record), completed=True)
    steps, left = _way_back(place, record.changes)
    returning = {step.path for step in steps}
    brought = [change for change in record.changes if change.path in returning]
    bring_back(place, brought, record.mark, _back(record))
    carry_out(place, steps, _back(record))
    clear(place, record.changes, record.mark)
    clear(place, inverse(record.changes), _back(record))
    sync(place, record.changes)  # also what was settled alone, before the entry goes
    if not left:
        records.drop(record.id)
        return Recovered(record, completed=False)
    kept = replace(record, changes=tuple(left), left=True)
    records.narrow(kept)
    paths = tuple(change.path for change in left)
    return Recovered(records.finish(kept), completed=False, left=paths)


def _is_made(place: Beneath, change: Change) -> bool:
    gone = not change.old or place.look(change.old) is None
    return gone and same(place.look(change.path), change.after)


def _way_back(place: Beneath, changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """What leads back from where it stopped, and the changes that nothing leads back from."""
    steps: dict[str, tuple[Change, Change]] = {}
    left: list[Change] = []
    for change in changes:
        step = _step_back(place, change)
        if step is None:
            left.append(change)
        elif step.old or not same(step.before, step.after):
            steps[step.path] = step, change
    while stuck := {path for path, _ in misplaced(place, [step for step, _ in steps.values()])}:
        left += [steps.pop(path)[1] for path in stuck]
    return [step for step, _ in steps.values()], left


def _step_back(place: Beneath, change: Change) -> Change | None:
    """None when somebody has put something else there since."""
    now = place.look(change.path)
    if not change.old:
        known = now is None or now.holds(change.before) or now.holds(change.after)
        return Change.between(change.path, now, change.before) if known else None
    there = place.look(change.old)
    if now is None:
        return Change.between(change.old, there, there)
    if there is None and change.before:
        return Change.between(change.old, now, replace(now, mode=change.before.mode), change.path)
    return None
