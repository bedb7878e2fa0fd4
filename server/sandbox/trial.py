"""What came of a run in the sandbox: plain values."""

from __future__ import annotations

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
    VIOLATED = "changed what it may not"
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
    id: int = 0

    @property
    def is_clean(self) -> bool:
        """Only what is clean may be applied."""
        return self.status is Status.CLEAN

    @property
    def said(self) -> str:
        """How it ended and what it would change, for people."""
        why = f": {self.why}" if self.why else ""
        return f"{self.status.capitalize()}{why}. It would change {self.many or 'nothing'}."

    @property
    def many(self) -> str:
        """How many files it would change, for people; empty for none."""
        many = len(self.changes)
        return f"{many} file{'s' * (many != 1)}" if many else ""
