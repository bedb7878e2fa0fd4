"""Where the engine's time went, by day, its newest spans, and the profiles of programs."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, Self

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


class Days(NamedTuple):
    """The first and the last, as ``YYYY-MM-DD``. What is of later ones, a clock was ahead."""

    since: str
    until: str

    @classmethod
    def to(cls, last: date, many: int | None = None) -> Self:
        """So many days; None: all."""
        first = date.min if many is None else last - timedelta(days=many - 1)
        return cls(first.isoformat(), last.isoformat())


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
        self, day: str, sums: Mapping[Key, Sum], rows: Iterable[Row], keep: int, days: int
    ) -> None:
        """Of the day, as ``YYYY-MM-DD``. ``keep`` so many spans, and so many ``days`` with sums,
        the newest: a clock that was ahead for a while takes no others away."""
        await self._database.run(lambda c: _add(c, day, sums, [*rows], keep, days), write=True)

    async def sums(self, days: Days) -> dict[Key, Sum]:
        """Of these days together."""

        def work(c: sqlite3.Connection) -> dict[Key, Sum]:
            found: dict[Key, Sum] = {}
            for key, each in _sums(c, "day BETWEEN ? AND ?", *days):
                found.setdefault(key, Sum()).join(each)
            return found

        return await self._database.run(work)

    async def tools(self, days: Days) -> list[Ran]:
        """Each of these days of each tool and task."""
        query = """
            SELECT day, attributes, sum(iif(name = 'run', count, 0)),
                sum(iif(name = 'run', total, 0)), sum(iif(name = 'queue', total, 0))
            FROM sums WHERE name IN ('run', 'queue') AND day BETWEEN ? AND ?
            GROUP BY day, attributes
        """

        def work(c: sqlite3.Connection) -> list[Ran]:
            found: dict[tuple[date, str], Ran] = {}
            for written, attributes, times, ran, waited in c.execute(query, days):
                key = date.fromisoformat(written), dict(json.loads(attributes)).get("tool", "")
                had = found.get(key, Ran(*key, 0, 0.0))
                found[key] = Ran(*key, had.times + times, had.ran + ran, had.waited + waited)
            return [*found.values()]

        return await self._database.run(work)

    async def files(self, days: Days) -> list[Ran]:
        """Each of these days of each file, in so far as it was worked on alone. A wait is no
        work; it ran as often as it was analysed, also while its user typed."""
        query = (
            "SELECT day, file,"  # noqa: S608
            " sum(iif(name IN ('analysis', 'speculation'), count, 0)), sum(own)"
            " FROM sums WHERE file != ''"
            f" AND name NOT IN ({', '.join('?' * len(WAITS))}) AND day BETWEEN ? AND ?"
            " GROUP BY day, file"
        )
        given = (*WAITS, *days)
        return await self._database.run(
            lambda c: [Ran(date.fromisoformat(day), *row) for day, *row in c.execute(query, given)]
        )

    async def days(self, days: Days) -> list[str]:
        """Those of these of which something is kept, the first one first."""
        query = "SELECT DISTINCT day FROM sums WHERE day BETWEEN ? AND ? ORDER BY day"
        return await self._database.run(lambda c: [day for (day,) in c.execute(query, days)])

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
    days: int,
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
    newest = "SELECT DISTINCT day FROM sums ORDER BY day DESC LIMIT ?"
    c.execute(f"DELETE FROM sums WHERE day NOT IN ({newest})", (days,))  # noqa: S608
    columns = ", ".join(Row._fields)
    marks = ", ".join("?" * len(Row._fields))
    c.executemany(f"INSERT INTO spans ({columns}) VALUES ({marks})", rows)  # noqa: S608
    c.execute(
        "DELETE FROM spans WHERE number <= (SELECT MAX(number) FROM spans) - ?",
        (keep,),
    )
