"""What came of a run in the sandbox: plain values, and a diff for people."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
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
    "diff",
    "printable",
]

_LONGEST = 1 << 20
"""Bytes of a file whose lines are compared for people."""


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


def diff(changes: Sequence[Change]) -> str:
    """A unified diff as git writes it. Control characters in names and texts that are not UTF-8
    are told of, never printed."""
    return "".join(line for change in changes for line in _diff(change))


def _diff(change: Change) -> Iterator[str]:
    old, new = printable(change.old or change.path), printable(change.path)
    yield f"diff --git a/{old} b/{new}\n"
    if change.kind is Kind.RENAMED:
        yield f"rename from {old}\nrename to {new}\n"
    before, after = change.before, change.after
    if before is None and after is not None:
        yield f"new {after.entry} mode {_mode(after)}\n"
    elif after is None and before is not None:
        yield f"deleted {before.entry} mode {_mode(before)}\n"
    elif before is not None and after is not None and _mode(before) != _mode(after):
        yield f"old mode {_mode(before)}\nnew mode {_mode(after)}\n"
    if before and after and before.digest == after.digest:
        return
    content = [_lines(before), _lines(after)]
    if content[0] is None or content[1] is None:
        yield f"Binary files a/{old} and b/{new} differ\n"
        return
    names = (
        ("/dev/null" if before is None else f"a/{old}"),
        ("/dev/null" if after is None else f"b/{new}"),
    )
    for line in difflib.unified_diff(content[0], content[1], *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


_TYPES = {Entry.FILE: 0o100000, Entry.LINK: 0o120000, Entry.FOLDER: 0o040000, Entry.SPECIAL: 0}


def _mode(state: State) -> str:
    return f"{_TYPES[state.entry] | state.mode:06o}"


def _lines(state: State | None) -> list[str] | None:
    """None for what is no text, or too long to be shown."""
    if state is None or state.entry in (Entry.FOLDER, Entry.SPECIAL):
        return []
    if state.size > _LONGEST:
        return None
    try:
        text = state.read().decode()
    except (UnicodeDecodeError, OSError):
        return None
    return None if "\0" in text else re.findall(r"[^\n]*\n|[^\n]+", text)
