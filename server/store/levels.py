"""How much of the machine was used, minute by minute, for all workspaces together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from .database import Database, Schema

FILE = "machine.db"
"""Its name in the state folder."""
LEVELS = Schema(
    (
        """
        CREATE TABLE levels (
            minute INTEGER NOT NULL, name TEXT NOT NULL, used REAL NOT NULL, most REAL NOT NULL,
            PRIMARY KEY (minute, name)
        ) WITHOUT ROWID
        """,
        """
        DROP TABLE levels;
        CREATE TABLE levels (
            minute INTEGER NOT NULL, name TEXT NOT NULL, used REAL NOT NULL, most REAL NOT NULL,
            PRIMARY KEY (minute, name, most)
        ) WITHOUT ROWID
        """,
    ),
    durable=False,
    lost="how much of the machine is used is not kept",
)
_KEPT_MINUTES = 24 * 60


class Level(NamedTuple):
    """``at``: seconds since the epoch, a whole minute; ``used`` of ``limit``. What has another
    limit is another thing, though it is called the same: the disk of another workspace, the memory
    of another container."""

    at: float
    name: str
    used: float
    limit: float


class Levels:
    """Raises sqlite3.Error. Several processes may keep the same minute of the same thing: the first
    one's counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, levels: Iterable[Level]) -> None:
        """Those of a day stay."""
        rows = [(int(each.at // 60), each.name, each.used, each.limit) for each in levels]

        def work(c: sqlite3.Connection) -> None:
            c.executemany("INSERT OR IGNORE INTO levels VALUES (?, ?, ?, ?)", rows)
            newest = max((minute for minute, *_ in rows), default=0)
            # What lies ahead was kept while the clock was wrong.
            kept = newest - _KEPT_MINUTES, newest
            c.execute("DELETE FROM levels WHERE minute NOT BETWEEN ? AND ?", kept)

        await self._database.run(work)

    async def since(self, at: float) -> list[Level]:
        """The oldest first."""
        query = "SELECT minute * 60.0, name, used, most FROM levels WHERE minute >= ? ORDER BY 1, 2"
        return await self._database.run(
            lambda c: [Level(*row) for row in c.execute(query, (int(at // 60),))]
        )

    async def close(self) -> None:
        await self._database.close()
