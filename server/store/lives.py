"""When findings came and went, as they are on disk: a bounded history."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..findings.fingerprint import name_of
from ..findings.lives import Course, End, Look, Past, Stand, Told, course, moved
from .database import Database, Schema

FILE = "lives.db"
"""Its name in the workspace's state folder."""
LIVES = Schema(
    (
        """
        CREATE TABLE lives (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL, rule TEXT NOT NULL,
            fingerprint TEXT NOT NULL, severity INTEGER NOT NULL, came REAL NOT NULL,
            new INTEGER NOT NULL, gone REAL, how TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX lives_path ON lives (path);
        CREATE INDEX lives_gone ON lives (gone);
        CREATE TABLE files (
            path TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
            tools TEXT NOT NULL, marks TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE by_git (path TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
        """,
    ),
    durable=False,
    lost="when findings came and went is not known",
)
_MOST_GONE = 50_000


class Life(NamedTuple):
    """A finding. ``came``: seconds since the epoch, when it was first seen; ``new``: it was made
    while somebody looked, so that this is when; ``gone`` None: it is there. ``how`` as ``End``,
    empty while it is there."""

    path: str
    rule: str
    severity: int
    came: float
    new: bool
    gone: float | None
    how: str


class Head(NamedTuple):
    """What git has checked out: a branch (empty: none), and a commit."""

    branch: str
    commit: str


class Seen(NamedTuple):
    """What was looked at since the last time: ``gone`` are files that are there no more, ``left``
    such as are, and are not looked at any more. ``switched``: the files that git has put another
    version of there since, or taken away. ``whole``: all files of the workspace were looked at."""

    at: float
    looks: Sequence[Look]
    gone: Collection[str] = ()
    left: Collection[str] = ()
    head: Head | None = None
    switched: Collection[str] = ()
    whole: bool = False


async def lives(database: Database) -> list[Life]:
    """All that is kept, the oldest first. Raises sqlite3.Error."""
    query = "SELECT path, rule, severity, came, new, gone, how FROM lives ORDER BY id"
    return await database.run(
        lambda c: [
            Life(_told(key), rule, severity, came, bool(new), gone, how)
            for key, rule, severity, came, new, gone, how in c.execute(query)
        ]
    )


async def came(database: Database, paths: Iterable[str]) -> dict[str, dict[str, float]]:
    """When what is there was first seen, in seconds since the epoch: by file, and by the findings'
    names (``name_of``). Raises sqlite3.Error."""
    query = "SELECT fingerprint, came FROM lives WHERE path = ? AND gone IS NULL"
    return await database.run(
        lambda c: {
            path: {name_of(told): at for told, at in c.execute(query, (_key(path),))}
            for path in paths
        }
    )


async def paths(database: Database) -> list[str]:
    """The files that were there at their last look. Raises sqlite3.Error."""
    query = "SELECT path FROM files"
    return await database.run(lambda c: [_path(key) for (key,) in c.execute(query)])


async def head(database: Database) -> Head | None:
    """What git had at the last look. Raises sqlite3.Error."""
    found = await database.run(lambda c: _fact(c, "head"))
    return Head(*json.loads(found)) if found else None


async def take(database: Database, seen: Seen) -> None:
    """Write down what became of the findings. Raises sqlite3.Error."""
    await database.run(lambda c: _take(c, seen), write=True)


def _take(c: sqlite3.Connection, seen: Seen) -> None:
    # Another process may have seen the same switch, and looked at what it brought.
    if seen.head is not None and _fact(c, "head") != (now := json.dumps(seen.head)):
        _note(c, "head", now)
        c.executemany(
            "INSERT OR IGNORE INTO by_git VALUES (?)", [(_key(path),) for path in seen.switched]
        )
    watched = bool(_fact(c, "whole"))
    _follow_moved(c, seen)
    for path in seen.gone:
        _end_all(c, path, seen.at, End.AWAY if _is_by_git(c, path) else End.FIXED)
    for path in seen.left:
        _end_all(c, path, seen.at, End.UNTOLD)
    for look in seen.looks:
        _look(c, look, seen.at, watched=watched)
    if seen.whole and not watched:
        _note(c, "whole", str(seen.at))
    oldest = "SELECT id FROM lives WHERE gone IS NOT NULL ORDER BY gone DESC LIMIT -1 OFFSET ?"
    c.execute(f"DELETE FROM lives WHERE id IN ({oldest})", (_MOST_GONE,))  # noqa: S608


def _look(c: sqlite3.Connection, look: Look, at: float, *, watched: bool) -> None:
    past = Past(*_lives(c, look.path), _stand(c, look.path))
    found = course(past, look, switched=_is_by_git(c, look.path), watched=watched)
    _carry_out(c, look.path, found, at)
    if past.stand != look.stand:
        row = (_key(look.path), *look.stand[:2], json.dumps(look.stand.tools))
        marks = json.dumps(dict(look.stand.marks))
        c.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", (*row, marks))


def _is_by_git(c: sqlite3.Connection, path: str) -> bool:
    """Whether git has written or taken away a file since it was last looked at; known once."""
    return c.execute("DELETE FROM by_git WHERE path = ?", (_key(path),)).rowcount > 0


def _carry_out(c: sqlite3.Connection, path: str, found: Course, at: float) -> None:
    c.executemany(
        "UPDATE lives SET gone = ?, how = ? WHERE id = ?",
        [(at, end, number) for number, end in found.ended],
    )
    c.executemany(
        "UPDATE lives SET rule = ?, fingerprint = ?, severity = ?, gone = NULL, how = ''"
        " WHERE id = ?",
        [(*told, number) for number, told in (*found.back, *found.kept)],
    )
    c.executemany(
        "INSERT INTO lives (path, rule, fingerprint, severity, came, new)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(_key(path), *told, at, new) for told, new in found.came],
    )


def _follow_moved(c: sqlite3.Connection, seen: Seen) -> None:
    """What is known of files that are called otherwise goes with them."""
    gone = {path: _lives(c, path)[0] for path in seen.gone}
    looked = (
        {look.path: look.told for look in seen.looks if look.told} if any(gone.values()) else {}
    )
    came = {path: told for path, told in looked.items() if _stand(c, path) is None}
    for new, old in moved(gone, came).items():
        for table in ("lives", "files"):
            c.execute(f"UPDATE {table} SET path = ? WHERE path = ?", (_key(new), _key(old)))  # noqa: S608


def _end_all(c: sqlite3.Connection, path: str, at: float, how: End) -> None:
    """The file is not looked at any more."""
    c.execute(
        "UPDATE lives SET gone = ?, how = ? WHERE path = ? AND gone IS NULL", (at, how, _key(path))
    )
    c.execute("DELETE FROM files WHERE path = ?", (_key(path),))


def _stand(c: sqlite3.Connection, path: str) -> Stand | None:
    """How a file was; None: nobody had looked."""
    query = "SELECT mtime_ns, size, tools, marks FROM files WHERE path = ?"
    row = c.execute(query, (_key(path),)).fetchone()
    if row is None:
        return None
    mtime_ns, size, tools, marks = row
    return Stand(mtime_ns, size, tuple(json.loads(tools)), json.loads(marks))


_There = list[tuple[int, Told]]
_Gone = list[tuple[int, Told, End]]


def _lives(c: sqlite3.Connection, path: str) -> tuple[_There, _Gone]:
    query = (
        "SELECT id, rule, fingerprint, severity, gone, how FROM lives WHERE path = ? ORDER BY id"
    )
    there: _There = []
    ended: _Gone = []
    for number, rule, fingerprint, severity, gone, how in c.execute(query, (_key(path),)):
        told = Told(rule, fingerprint, severity)
        if gone is None:
            there.append((number, told))
        else:
            ended.append((number, told, End(how)))
    return there, ended


def _key(path: str) -> str | bytes:
    """What stands for a path, whatever this process takes the names of files for: its text, or its
    bytes where it is none."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _told(key: str | bytes) -> str:
    """For people."""
    return key if isinstance(key, str) else key.decode("utf-8", "backslashreplace")


def _path(key: str | bytes) -> str:
    return os.fsdecode(key.encode() if isinstance(key, str) else key)


def _fact(c: sqlite3.Connection, name: str) -> str:
    row = c.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def _note(c: sqlite3.Connection, name: str, value: str) -> None:
    c.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
