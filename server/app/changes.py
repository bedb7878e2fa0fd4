"""What a trial would change, as fronts tell of it. Light: what is answered first imports it."""

from __future__ import annotations

from ..journal.change import Change, Entry, Kind, State, printable
from ..sandbox.trial import few

__all__ = ["NOTHING", "NO_CHANGE", "Change", "Entry", "Kind", "State", "few", "printable"]

NO_CHANGE = "There is nothing to apply: the files are so by now."
NOTHING = (
    "Nothing is left to undo. What an editor did by itself, such as a quick fix, "
    "its own undo takes back."
)
