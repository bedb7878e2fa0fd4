"""Changes that an editor makes, so that open buffers and its own undo work: the journal has what
they lead from and to before the editor is given them, and never makes or takes back any of them by
itself. For a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .apply import find, opened, told
from .beneath import Beneath
from .change import Change
from .check import Checked
from .record import Maker, Record
from .records import BOUNDS, Bounds


def hand_over(
    checked: Checked,
    workspace: Path,
    journal: Path,
    *,
    by: str,
    what: str,
    undoes: int = 0,
    bounds: Bounds = BOUNDS,
    now: Callable[[], float] = time.time,
) -> Record:
    """An entry of changes that an editor is about to be asked to make; see ``journal.apply``. Until
    it has ``answered``, nobody knows whether it did. Raises OSError, also when a file is not what
    it was any more.
    """
    with opened(journal, workspace) as records, Beneath(workspace) as place:
        changes, merged = checked
        asked = Record(0, now(), by, what, place.root, changes, undoes, merged, maker=Maker.ASKED)
        try:
            record = records.add(asked, place.open)
        except OSError as error:
            raise OSError(f"{told(error)}; nothing was written") from error
        with suppress(OSError):  # what is too old goes another time
            records.prune(bounds, record.at)
        return record


def answered(journal: Path, number: int, *, made: bool) -> None:
    """The editor has ``made`` all of it, or says that it has not. Raises OSError, LookupError."""
    with opened(journal, find(journal, number).root) as records:
        record = records.find(number)
        if made:
            records.confirm(record)
            return
        with Beneath(record.root) as place:
            # One that gave up half-way has left files made, renamed or deleted: it stays in doubt.
            if not any(_has_begun(place, change) for change in record.changes):
                records.forget(record)


def _has_begun(place: Beneath, change: Change) -> bool:
    stood = change.before is not None and not change.old
    return (place.look(change.path) is not None) != stood
