"""What the developer did, newest last: a bounded log of tasks, without their secrets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from enum import StrEnum

from .database import Database, Schema


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


ACTIVITY = Schema(
    (
        "CREATE TABLE activity (at REAL NOT NULL, did TEXT NOT NULL, text TEXT NOT NULL, session"
        " TEXT NOT NULL, cwd TEXT NOT NULL, old TEXT NOT NULL, seconds REAL, ok INTEGER, detail"
        " TEXT NOT NULL, id INTEGER PRIMARY KEY AUTOINCREMENT);"
        "CREATE TABLE paused (since REAL NOT NULL)",
    ),
    durable=False,
    lost="what you do is not remembered",
)


class Log:
    """Everything raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, activities: Iterable[Activity], most: int) -> None:
        def work(c: sqlite3.Connection) -> None:
            if c.execute("SELECT 1 FROM paused").fetchone():
                return
            marks = ", ".join("?" * len(fields(Activity)))
            rows = [(*astuple(each)[:-1], None) for each in activities]
            c.executemany(f"INSERT INTO activity VALUES ({marks})", rows)  # noqa: S608
            c.execute(
                "DELETE FROM activity WHERE id <= (SELECT max(id) FROM activity) - ?", (most,)
            )

        await self._database.run(work, write=True)

    async def all(self, since: float = 0.0) -> list[Activity]:
        query = "SELECT * FROM activity WHERE at >= ? ORDER BY id"
        return await self._database.run(
            lambda c: [
                Activity(row[0], Did(row[1]), *row[2:7], row[7] and bool(row[7]), *row[8:])
                for row in c.execute(query, (since,))
            ]
        )

    async def paused(self) -> bool:
        return await self._database.run(
            lambda c: c.execute("SELECT 1 FROM paused").fetchone() is not None
        )

    async def pause(self, paused: bool) -> None:
        def work(c: sqlite3.Connection) -> None:
            c.execute("DELETE FROM paused")
            if paused:
                c.execute("INSERT INTO paused VALUES (0)")

        await self._database.run(work, write=True)
