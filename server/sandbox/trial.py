"""What came of a run in the sandbox: plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..journal.change import Change, Entry, Kind, State, printable

__all__ = [
    "Change",
    "Entry",
    "Kind",
    "Level",
    "State",
    "Status",
    "Trial",
    "Usage",
    "printable",
]


class Level(StrEnum):
    """How much keeps a command in. Told by what a probe could do, never by a version."""

    ISOLATED = "A"
    PARTIAL = "B"
    NONE = "C"


class Status(StrEnum):
    """``FAILED``: it ended with another code than 0. ``REFUSED``: it was not run."""

    CLEAN = "clean"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    LIMITED = "over a limit"
    OUTDATED = "outdated"
    VIOLATED = "did what it may not"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of the clock and of processors, and the most bytes that a process held."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """``why`` says what happened when it is not clean. ``launcher`` and ``backend``: what the level
    was made of. ``notes``: what is to be known of how it was run, in sentences without an end.
    ``ignored``: the paths of the changes of what git ignores. ``hidden``: what it could not open.
    ``started``: the paths of the programs that it started, and ``in_turn`` of those that these did,
    where that was looked at.
    ``id``: its number in the history of the workspace; 0 for what was not run at all."""

    status: Status
    level: Level
    launcher: str = ""
    backend: str = ""
    exit_code: int | None = None
    why: str = ""
    output: bytes = b""
    changes: tuple[Change, ...] = ()
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    in_turn: tuple[str, ...] = ()
    id: int = 0

    @property
    def is_clean(self) -> bool:
        """Only what is clean may be applied."""
        return self.status is Status.CLEAN

    @property
    def said(self) -> str:
        """How it ended and what it would change, for people."""
        why = f": {printable(self.why)}" if self.why else ""
        return f"{self.status.capitalize()}{why}. It would change {self.many or 'nothing'}."

    @property
    def last_line(self) -> str:
        """What it printed last, as people can be shown it; empty where it printed nothing."""
        lines = self.output[-_READ:].decode("utf-8", "replace").splitlines()
        told = next((each.strip() for each in reversed(lines) if each.strip()), "")
        return printable(told[:_LONGEST_LINE])

    @property
    def many(self) -> str:
        """How much it would change, for people; empty for nothing."""
        if not self.ignored:
            return counted(self.changes)
        count = len(self.ignored)
        if not self.seen:
            return f"nothing but what git ignores ({count})"
        return f"{counted(self.seen)}, and {count} that git ignores"

    @property
    def seen(self) -> tuple[Change, ...]:
        """The changes that git sees."""
        ignored = frozenset(self.ignored)
        return tuple(each for each in self.changes if each.path not in ignored)

    @property
    def passed_over(self) -> tuple[Change, ...]:
        """The changes of what git ignores."""
        ignored = frozenset(self.ignored)
        return tuple(each for each in self.changes if each.path in ignored)


_NAMED = 3
_READ = 4_096
_LONGEST_LINE = 200
_TOLD = {
    Kind.CREATED: "new",
    Kind.DELETED: "deleted",
    Kind.RENAMED: "renamed",
    Kind.MODE: "permissions",
}


def few(paths: Sequence[str]) -> str:
    """The first of them, as they can be shown, and how many more there are."""
    told = ", ".join(printable(each) for each in paths[:_NAMED])
    more = len(paths) - _NAMED
    return f"{told} and {more} more" if more > 0 else told


def counted(changes: Sequence[Change]) -> str:
    """How many files and folders, and what becomes of them when that is more than another content,
    for people: ``3 files (1 new) and 1 folder (new)``."""
    kinds: dict[str, list[Change]] = {"file": [], "folder": []}
    for each in changes:
        state = each.after or each.before
        kinds["folder" if state and state.is_folder else "file"].append(each)
    return " and ".join(_counted(noun, found) for noun, found in kinds.items() if found)


def _counted(noun: str, changes: Sequence[Change]) -> str:
    many = len(changes)
    kinds = Counter(_TOLD[each.kind] for each in changes if each.kind in _TOLD)
    told = (what if count == many else f"{count} {what}" for what, count in kinds.items())
    what = f" ({', '.join(told)})" if kinds else ""
    return f"{many} {noun}{'s' * (many != 1)}{what}"
