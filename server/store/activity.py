"""What the developer did, newest last: a bounded log of tasks, without their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Did(StrEnum):
    """What kind of task it was; what ``Activity.text`` is of each."""

    SAVED = "saved"
    """A file: its path."""
    CREATED = "created"
    """A file or folder: its path."""
    DELETED = "deleted"
    """A file or folder: its path."""
    MOVED = "moved"
    """A file or folder: the path that it has now; ``old`` is the one that it had."""
    COMMAND = "command"
    """A line that was typed into a terminal."""
    TASK = "task"
    """A task of Understudy, the tests and scans included: its name."""
    EDITOR = "editor"
    """A command of the editor that the server carries out: its name."""
    FIXED = "fixed"
    """A quick fix: the rule; ``old`` is the file's path."""
    COMMITTED = "committed"
    """A commit: its subject; ``old`` is its hash."""
    SWITCHED = "switched"
    """A switch of branches: the name of the new one; ``old`` is that of the one before."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One task. ``at``: when it began, in seconds since the epoch. ``session``: what it belongs to,
    such as one terminal or one editor; the tasks of a session follow each other. ``cwd``: the
    folder it was done in, below the workspace, with slashes; empty for the workspace itself. Paths
    in ``text`` and ``old`` are below the workspace, too. ``seconds``: how long it took; ``ok``:
    whether it went well; None where that is not known. ``detail``: of a task of Understudy, its
    parameters as JSON. ``id``: its number in the log; 0 before it is there."""

    at: float
    did: Did
    text: str
    session: str = ""
    cwd: str = ""
    old: str = ""
    seconds: float | None = None
    ok: bool | None = None
    detail: str = ""
    id: int = 0
