"""Entries that were interrupted and wait: the folder that they were made in is away, or another one
has its name. What was written stands half done until that folder is there again."""

from __future__ import annotations

from pathlib import Path

from ..state import LOCK_SECONDS, locked
from .record import Record
from .records import Records


def waiting(journal: Path) -> list[Record]:
    """Those that ``recover`` leaves, the newest first. Raises OSError, for a thread."""
    if not journal.is_dir():
        return []
    records = Records(journal)
    with locked(records.lock, LOCK_SECONDS):  # what somebody is writing just now is done by then
        return records.interrupted()


def forget(journal: Path, number: int) -> None:
    """Drop one, also one that cannot be read, and what stood there before with it; what was written
    stays as it is. Raises LookupError when it does not wait, and OSError."""
    records = Records(journal)
    with locked(records.lock, LOCK_SECONDS):
        try:
            records.drop(number)
        except FileNotFoundError as error:
            raise LookupError(f"no entry {number} waits") from error
