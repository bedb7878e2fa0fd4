"""What the developer did, newest last: a bounded log of tasks, without their secrets."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from ..findings.redact_text import redacted
from .database import Database, Schema

FILE = "activity.db"
"""Its name in the workspace's state folder."""

ACTIVITY = Schema(
    (
        """
        CREATE TABLE activity (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at REAL NOT NULL,
            did TEXT NOT NULL,
            text TEXT NOT NULL,
            session TEXT NOT NULL,
            cwd TEXT NOT NULL,
            old TEXT NOT NULL,
            seconds REAL,
            ok INTEGER,
            detail TEXT NOT NULL
        );
        CREATE INDEX activity_at ON activity (at);
        CREATE TABLE paused (since REAL NOT NULL)
        """,
        """
        CREATE TABLE looked (
            since REAL NOT NULL,
            last REAL NOT NULL,
            position INTEGER NOT NULL,
            before TEXT NOT NULL
        );
        INSERT INTO looked SELECT 0, ifnull(max(at), 0), 0, '' FROM activity
            WHERE did IN ('committed', 'switched')
        """,
        """
        ALTER TABLE looked ADD COLUMN off INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE paused ADD COLUMN until REAL
        """,
    ),
    durable=False,
    lost="what you do is not remembered",
)

_Row = tuple[float, *tuple[object, ...]]
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COLUMNS = "at, did, text, session, cwd, old, seconds, ok, detail"


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


class Mark(NamedTuple):
    """How far was looked through what git notes of HEAD, a file that grows. ``position``: bytes;
    ``before``: a check sum of what stands before that, which tells whether it is still that file.
    ``last``: when the last of it was done. ``since``: what was done earlier is passed over by the
    next look: it was forgotten, or was not to be remembered. Seconds of the epoch. ``off``: when it
    was looked, nothing was to be remembered."""

    since: float = 0.0
    last: float = 0.0
    position: int = 0
    before: str = ""
    off: bool = False

    @property
    def is_first(self) -> bool:
        """Whether nobody has looked so far."""
        return not (self.last or self.position)


class Log:
    """What was done in a workspace. Nothing comes in but without secrets, through ``add`` and
    ``look``, and what is taken out is overwritten. Raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def problem(self) -> str:
        """What there is to say of the database; empty when nothing is."""
        return self._database.problem

    async def add(self, activities: Iterable[Activity], most: int) -> None:
        """Append them, without secrets, and keep the last ``most`` by their times; while it is
        paused, nothing, and nothing that was done while it was the last time."""
        rows = [_row(each) for each in activities]
        if rows:
            await self._database.run(lambda c: _insert(c, rows, most), write=True)

    async def looked(self) -> Mark:
        """How far was looked through what git notes."""
        return await self._database.run(_mark)

    async def look(self, was: Mark, now: Mark, found: Iterable[Activity], most: int) -> bool:
        """Add what git noted between two marks, as ``add`` does; also while it is paused, that is
        looked through. False, and nothing is done, where the mark is no longer ``was``: another
        process has looked, or it was forgotten meanwhile."""
        rows = [_row(each) for each in found]

        def work(c: sqlite3.Connection) -> bool:
            if _mark(c) != was:
                return False
            c.execute(
                "UPDATE looked SET since = ?, last = ?, position = ?, before = ?, off = ?", now
            )
            _insert(c, rows, most)
            return True

        return await self._database.run(work, write=True)

    async def all(self, since: float = 0.0, most: int = 1_000_000) -> list[Activity]:
        """The last ``most`` that began at ``since`` or later, the oldest first."""
        query = (
            f"SELECT {_COLUMNS}, id FROM activity WHERE at >= ?"  # noqa: S608
            " ORDER BY at DESC, id DESC LIMIT ?"
        )
        rows = await self._database.run(lambda c: c.execute(query, (since, most)).fetchall())
        return [_activity(row) for row in reversed(rows)]

    async def counts(self, did: Did) -> dict[str, int]:
        """How often each text was done so."""
        query = "SELECT text, count(*) FROM activity WHERE did = ? GROUP BY text"
        return dict(await self._database.run(lambda c: c.execute(query, (str(did),)).fetchall()))

    async def after(self, id_: int) -> list[Activity]:
        """Those that were added after the one of that number, in that order."""
        query = f"SELECT {_COLUMNS}, id FROM activity WHERE id > ? ORDER BY id"  # noqa: S608
        rows = await self._database.run(lambda c: c.execute(query, (id_,)).fetchall())
        return [_activity(row) for row in rows]

    async def extent(self, one: Activity) -> tuple[int, bool]:
        """How many there are, and whether that one is among them still: in a log that was begun
        anew another has its number."""
        query = "SELECT count(*), count(*) FILTER (WHERE id = ? AND at = ?) FROM activity"
        own = one.id, one.at
        count, found = await self._database.run(lambda c: c.execute(query, own).fetchone())
        return int(count), bool(found)

    async def forget(self, since: float | None = None) -> int:
        """Take out what began at ``since`` or later, or all; how many those were. Afterwards they
        are in no file, and do not come back from what git noted until now. Raises sqlite3.Error,
        also when they are taken out, and another process that reads keeps the files from being
        cleaned."""

        def work(c: sqlite3.Connection) -> int:
            _pass_over(c)
            return c.execute(
                "DELETE FROM activity WHERE ? IS NULL OR at >= ?", (since,) * 2
            ).rowcount

        count = await self._database.run(work, write=True)
        await self._database.compact()
        return count

    async def paused(self) -> bool:
        return await self._database.run(_is_paused)

    async def pause(self, on: bool) -> None:
        """From now on nothing is added, or it is again; also by other processes. What was done
        while it was paused is not added later."""

        def work(c: sqlite3.Connection) -> None:
            if on and not _is_paused(c):
                c.execute("DELETE FROM paused")
                # To the second, as shells tell of when a command began.
                c.execute("INSERT INTO paused VALUES (?, NULL)", (int(time.time()),))
            elif not on and _is_paused(c):
                _pass_over(c)
                c.execute("UPDATE paused SET until = ?", (time.time(),))

        await self._database.run(work, write=True)


def without_secrets(activity: Activity) -> Activity:
    """As it is kept. What git calls a commit is none."""
    of_git = activity.did in (Did.COMMITTED, Did.SWITCHED)

    def kept(text: str) -> str:
        return text if of_git and _HASH.fullmatch(text) else redacted(text)

    return replace(
        activity,
        text=kept(activity.text),
        session=redacted(activity.session),
        cwd=redacted(activity.cwd),
        old=kept(activity.old),
        detail=redacted(activity.detail),
    )


def _is_paused(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM paused WHERE until IS NULL").fetchone() is not None


def _insert(connection: sqlite3.Connection, rows: Sequence[_Row], most: int) -> None:
    if not rows or _is_paused(connection):
        return
    pauses = connection.execute("SELECT since, until FROM paused").fetchall()
    rows = [row for row in rows if not any(since <= row[0] < until for since, until in pauses)]
    insert = f"INSERT INTO activity ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    beyond = "SELECT id FROM activity ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?"
    connection.executemany(insert, rows)
    connection.execute(f"DELETE FROM activity WHERE id IN ({beyond})", (most,))  # noqa: S608


def _mark(connection: sqlite3.Connection) -> Mark:
    query = f"SELECT {', '.join(Mark._fields)} FROM looked"  # noqa: S608
    mark = Mark(*connection.execute(query).fetchone())
    return mark._replace(off=bool(mark.off))


def _pass_over(connection: sqlite3.Connection) -> None:
    """What git noted until now is not told of by a later look."""
    connection.execute("UPDATE looked SET since = ?", (time.time(),))


def _row(activity: Activity) -> _Row:
    kept = without_secrets(activity)
    texts = kept.text, kept.session, kept.cwd, kept.old
    return (kept.at, str(kept.did), *texts, kept.seconds, kept.ok, kept.detail)


def _activity(row: tuple[object, ...]) -> Activity:
    at, did, text, session, cwd, old, seconds, ok, detail, id_ = row
    was_ok = None if ok is None else bool(ok)
    return Activity(at, Did(did), text, session, cwd, old, seconds, was_ok, detail, id_)  # type: ignore[arg-type]
