"""Where the engine's time went, by day, its newest spans, and the profiles of programs."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from ..spans import WAITS, Key, Sum
from .database import Database, Schema

PROFILE = Schema(
    (
        """
        CREATE TABLE sums (
            day TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, attributes TEXT NOT NULL,
            count INTEGER NOT NULL, total REAL NOT NULL, own REAL NOT NULL, most REAL NOT NULL,
            cpu REAL NOT NULL, memory INTEGER NOT NULL, buckets TEXT NOT NULL,
            PRIMARY KEY (day, name, file, attributes)
        ) WITHOUT ROWID;
        CREATE TABLE spans (
            number INTEGER PRIMARY KEY, pid INTEGER NOT NULL, id INTEGER NOT NULL,
            parent INTEGER NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL,
            attributes TEXT NOT NULL, began REAL NOT NULL, seconds REAL NOT NULL,
            cpu REAL NOT NULL, memory INTEGER NOT NULL, trace INTEGER NOT NULL
        );
        CREATE TABLE profiles (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, command TEXT NOT NULL,
            body TEXT NOT NULL, samples BLOB NOT NULL
        )
        """,
        # Those took no time: how often an answer was known is in measured.db.
        "DELETE FROM sums WHERE name = 'cache'",
    ),
    durable=False,
    lost="nothing is remembered of where time goes",
)

FILE = "profile.db"
_MOST_A_DAY = 2_000
"""Sums are kept, those that took longest."""
_MOST_PROFILES = 20


class Row(NamedTuple):
    """A span. ``file`` is relative to the workspace where it lies there; ``attributes`` are JSON,
    ``began`` is in seconds since 1970."""

    pid: int
    id: int
    parent: int
    name: str
    file: str
    attributes: str
    began: float
    seconds: float
    cpu: float
    memory: int
    trace: int


class Ran(NamedTuple):
    """What one tool, or all work on one file, took on a day: seconds that it ran, and waited."""

    day: date
    name: str
    times: int
    ran: float
    waited: float = 0.0


class Kept(NamedTuple):
    """The profile of a program, as JSON."""

    id: int
    at: float
    command: str
    body: Any


class Profiles:
    """Raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, day: str, sums: Mapping[Key, Sum], rows: Iterable[Row], keep: int, since: str
    ) -> None:
        """Of the day, as ``YYYY-MM-DD``. ``keep`` so many spans, and the days from ``since`` on."""
        await self._database.run(lambda c: _add(c, day, sums, [*rows], keep, since), write=True)

    async def sums(self, since: str = "") -> dict[Key, Sum]:
        """Of that day and the later ones."""

        def work(c: sqlite3.Connection) -> dict[Key, Sum]:
            found: dict[Key, Sum] = {}
            for key, each in _sums(c, "day >= ?", since):
                found.setdefault(key, Sum()).join(each)
            return found

        return await self._database.run(work)

    async def tools(self) -> list[Ran]:
        """Each day of each tool and task."""
        query = """
            SELECT day, attributes, sum(iif(name = 'run', count, 0)),
                sum(iif(name = 'run', total, 0)), sum(iif(name = 'queue', total, 0))
            FROM sums WHERE name IN ('run', 'queue') GROUP BY day, attributes
        """

        def work(c: sqlite3.Connection) -> list[Ran]:
            found: dict[tuple[date, str], Ran] = {}
            for written, attributes, times, ran, waited in c.execute(query):
                key = date.fromisoformat(written), dict(json.loads(attributes)).get("tool", "")
                had = found.get(key, Ran(*key, 0, 0.0))
                found[key] = Ran(*key, had.times + times, had.ran + ran, had.waited + waited)
            return [*found.values()]

        return await self._database.run(work)

    async def files(self) -> list[Ran]:
        """Each day of each file, in so far as it was worked on alone. A wait is no work."""
        query = (
            "SELECT day, file, sum(count), sum(own) FROM sums"  # noqa: S608
            f" WHERE file != '' AND name NOT IN ({', '.join('?' * len(WAITS))}) GROUP BY day, file"
        )
        waits = tuple(WAITS)
        return await self._database.run(
            lambda c: [Ran(date.fromisoformat(day), *row) for day, *row in c.execute(query, waits)]
        )

    async def days(self) -> tuple[str, str] | None:
        """The first and the last of which something is kept."""

        def work(c: sqlite3.Connection) -> tuple[str, str] | None:
            first, last = c.execute("SELECT MIN(day), MAX(day) FROM sums").fetchone()
            return (first, last) if first else None

        return await self._database.run(work)

    async def newest(self) -> list[Row]:
        """The oldest of them first."""
        columns = ", ".join(Row._fields)
        query = f"SELECT {columns} FROM spans ORDER BY number"  # noqa: S608
        return await self._database.run(lambda c: [Row(*row) for row in c.execute(query)])

    async def keep(self, at: float, command: str, body: Any, samples: bytes) -> int:
        """The number under which the profile is kept; ``samples`` are what the profiler wrote."""

        def work(c: sqlite3.Connection) -> int:
            row = (at, command, json.dumps(body), zlib.compress(samples))
            query = "INSERT INTO profiles (at, command, body, samples) VALUES (?, ?, ?, ?)"
            number = c.execute(query, row).lastrowid
            c.execute(
                "DELETE FROM profiles WHERE id NOT IN"
                " (SELECT id FROM profiles ORDER BY id DESC LIMIT ?)",
                (_MOST_PROFILES,),
            )
            assert number is not None
            return number

        return await self._database.run(work, write=True)

    async def kept(self) -> list[Kept]:
        """The newest first."""
        query = "SELECT id, at, command, body FROM profiles ORDER BY id DESC"
        return await self._database.run(
            lambda c: [
                Kept(id_, at, told, json.loads(body)) for id_, at, told, body in c.execute(query)
            ]
        )

    async def samples(self, id_: int) -> bytes:
        """Those of one; empty when there are none."""
        query = "SELECT samples FROM profiles WHERE id = ?"
        row = await self._database.run(lambda c: c.execute(query, (id_,)).fetchone())
        return zlib.decompress(row[0]) if row else b""

    async def forget(self) -> int:
        """All profiles of programs; how many those were."""
        return await self._database.run(lambda c: c.execute("DELETE FROM profiles").rowcount)


def _sums(c: sqlite3.Connection, where: str, *given: object) -> list[tuple[Key, Sum]]:
    columns = "name, file, attributes, count, total, own, most, cpu, memory, buckets"
    query = f"SELECT {columns} FROM sums WHERE {where}"  # noqa: S608
    return [
        (_key(*key), Sum(count, total, own, most, cpu, memory, Counter(dict(json.loads(buckets)))))
        for *key, count, total, own, most, cpu, memory, buckets in c.execute(query, given)
    ]


def _key(name: str, file: str, attributes: str) -> Key:
    return Key(name, "", file, tuple((key, value) for key, value in json.loads(attributes)))


def _add(
    c: sqlite3.Connection,
    day: str,
    sums: Mapping[Key, Sum],
    rows: list[Row],
    keep: int,
    since: str,
) -> None:
    known = dict(_sums(c, "day = ?", day))
    for key, each in sums.items():
        place = Key(key.name, "", key.file, key.attributes)
        together = known.setdefault(place, Sum())
        together.join(each)
        c.execute(
            "INSERT OR REPLACE INTO sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(day, place.name, place.file, json.dumps(place.attributes)),
                *(together.count, together.total, together.own, together.most),
                *(together.cpu, together.memory, json.dumps([*together.buckets.items()])),
            ),
        )
    c.execute(
        "DELETE FROM sums WHERE day = ? AND (name, file, attributes) NOT IN (SELECT name, file,"
        " attributes FROM sums WHERE day = ? ORDER BY own DESC, count DESC LIMIT ?)",
        (day, day, _MOST_A_DAY),
    )
    c.execute("DELETE FROM sums WHERE day < ?", (since,))
    columns = ", ".join(Row._fields)
    marks = ", ".join("?" * len(Row._fields))
    c.executemany(f"INSERT INTO spans ({columns}) VALUES ({marks})", rows)  # noqa: S608
    c.execute(
        "DELETE FROM spans WHERE number <= (SELECT MAX(number) FROM spans) - ?",
        (keep,),
    )
