"""What tools did and what was spared, counted by day where the user is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from ..model import Cost
from .database import Database, Schema

log = logging.getLogger(__name__)

FILE = "measured.db"
"""Its name in the workspace's state folder."""
MEASURED = Schema(
    (
        """
        CREATE TABLE recalled (
            day TEXT NOT NULL, tool TEXT NOT NULL, files INTEGER NOT NULL, PRIMARY KEY (day, tool)
        ) WITHOUT ROWID;
        CREATE TABLE looked (
            day TEXT NOT NULL, tool TEXT NOT NULL, ahead INTEGER NOT NULL, class INTEGER NOT NULL,
            files INTEGER NOT NULL, seconds REAL NOT NULL, cpu REAL NOT NULL,
            memory INTEGER NOT NULL, PRIMARY KEY (day, tool, ahead, class)
        ) WITHOUT ROWID;
        CREATE TABLE noticed (
            day TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, what)
        ) WITHOUT ROWID;
        CREATE TABLE tested (
            at REAL NOT NULL, seconds REAL NOT NULL, ok INTEGER NOT NULL,
            affected INTEGER NOT NULL, whole INTEGER NOT NULL
        )
        """,
    ),
    durable=False,
    lost="what was saved and spent is not counted",
)
_KEPT_DAYS = 400
"""Those that there is something of: a clock that was far ahead for a while costs one of them."""
_MOST_TESTED = 20_000
_FLUSH_SECONDS = 30.0
_CLASSES = 4
"""So many to each doubling of the seconds for a file."""
_FASTEST = 1e-6


class Recalled(NamedTuple):
    """For so many files the answer of a tool was known: it did not run."""

    day: date
    tool: str
    files: int


class Looked(NamedTuple):
    """A tool looked at so many files, which took ``seconds`` in all. ``ahead``: nobody had asked
    yet. ``class_``: those of one class took about the same each. ``memory``: the most, in bytes."""

    day: date
    tool: str
    ahead: bool
    class_: int
    files: int
    seconds: float
    cpu: float
    memory: int


class Notice(StrEnum):
    """What became of what could have been told. ``MERGED``: it was told together with others, in
    one notice less each; ``DUPLICATE``: the same had been told just before; ``HELD``: it was told
    later, when it did not disturb."""

    TOLD = "told"
    MERGED = "merged"
    DUPLICATE = "duplicate"
    HELD = "held"


class Noticed(NamedTuple):
    day: date
    what: Notice
    times: int


class Suite(NamedTuple):
    """A run of the tests: when it ended, in seconds since the epoch, and what it took.
    ``affected``: of those alone that a change affects; ``whole``: of all there are."""

    at: float
    seconds: float
    ok: bool
    affected: bool
    whole: bool


class Kept(NamedTuple):
    """The oldest first."""

    recalled: tuple[Recalled, ...] = ()
    looked: tuple[Looked, ...] = ()
    noticed: tuple[Noticed, ...] = ()
    suites: tuple[Suite, ...] = ()


_Look = tuple[str, bool, int]
_Sums = tuple[int, float, float, int]


class _Day(NamedTuple):
    recalled: Counter[str]
    looked: dict[_Look, _Sums]
    noticed: Counter[Notice]


class Counts:
    """Belongs to the event loop. Counts in memory; what came together is written some time later,
    and when it is closed. ``database`` None: it is not kept. What the disk does not take waits for
    the next time; ``kept`` raises sqlite3.Error."""

    def __init__(
        self,
        database: Database | None = None,
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
    ) -> None:
        self._database = database
        self._today = today
        self._days: dict[date, _Day] = {}
        self._suites: list[Suite] = []
        self._flush: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    def recalled(self, tool: str, files: int = 1) -> None:
        """The answer for so many files was known."""
        self._of_today().recalled[tool] += files

    def looked(
        self, tool: str, files: int, seconds: float, cost: Cost, *, ahead: bool = False
    ) -> None:
        """A tool looked at so many files, which took so many seconds in all; at none, where it
        failed, which costs, too."""
        key = tool, ahead, class_of(seconds / files if files else 0.0)
        sums = files, max(0.0, seconds), cost.cpu_seconds, cost.memory_bytes
        _add(self._of_today().looked, key, sums)

    def noticed(self, what: Notice, count: int = 1) -> None:
        if count:
            self._of_today().noticed[what] += count

    def ran(self, suite: Suite) -> None:
        self._of_today()
        self._suites.append(suite)

    def _of_today(self) -> _Day:
        if self._flush is None and self._database is not None and not self._closed.is_set():
            self._flush = asyncio.get_running_loop().create_task(self._flush_later())
        return self._days.setdefault(self._today(), _Day(Counter(), {}, Counter()))

    async def _flush_later(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), _FLUSH_SECONDS)
        self._flush = None
        if not self._closed.is_set():  # who closes writes the rest
            await self.flush()

    async def flush(self) -> None:
        """Write what came together."""
        if self._database is None or not self._days:
            return
        days, self._days = self._days, {}
        suites, self._suites = self._suites, []
        try:
            await self._database.run(lambda c: _write(c, days, suites))
        except (sqlite3.Error, OSError) as error:
            log.warning("what was saved and spent is not written yet: %s", error)
            self._suites = suites + self._suites
            for day, (recalled, looked, noticed) in days.items():
                own = self._days.setdefault(day, _Day(Counter(), {}, Counter()))
                own.recalled.update(recalled)
                own.noticed.update(noticed)
                for key, sums in looked.items():
                    _add(own.looked, key, sums)

    async def close(self) -> None:
        self._closed.set()
        if self._flush is not None:
            await asyncio.wait([self._flush])
        if self._database is not None:
            await self.flush()
            await self._database.close()


def _add(looked: dict[_Look, _Sums], key: _Look, sums: _Sums) -> None:
    a, b, c, d = looked.get(key, (0, 0.0, 0.0, 0))
    files, seconds, cpu, memory = sums
    looked[key] = a + files, b + seconds, c + cpu, max(d, memory)


async def kept(database: Database) -> Kept:
    """All that was written. Raises sqlite3.Error."""
    return await database.run(_read)


async def kept_in(state: Path) -> Kept:
    """The same of a workspace's state folder. Nothing is made where nothing was written. Raises
    sqlite3.Error."""
    if not (state / FILE).exists():
        return Kept()
    database = Database(state / FILE, MEASURED)
    try:
        return await kept(database)
    finally:
        await database.close()


def class_of(seconds: float) -> int:
    """Of the seconds that one file took."""
    return math.floor(_CLASSES * math.log2(max(_FASTEST, seconds)))


def _write(c: sqlite3.Connection, days: dict[date, _Day], suites: Iterable[Suite]) -> None:
    for day, (recalled, looked, noticed) in days.items():
        name = day.isoformat()
        c.executemany(
            "INSERT INTO recalled VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET files = files + excluded.files",
            [(name, tool, files) for tool, files in recalled.items()],
        )
        c.executemany(
            "INSERT INTO looked VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " files = files + excluded.files, seconds = seconds + excluded.seconds,"
            " cpu = cpu + excluded.cpu, memory = max(memory, excluded.memory)",
            [(name, *key, *sums) for key, sums in looked.items()],
        )
        c.executemany(
            "INSERT INTO noticed VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(name, what, count) for what, count in noticed.items()],
        )
    c.executemany("INSERT INTO tested VALUES (?, ?, ?, ?, ?)", suites)
    newest = "SELECT rowid FROM tested ORDER BY rowid DESC LIMIT ?"
    c.execute(f"DELETE FROM tested WHERE rowid NOT IN ({newest})", (_MOST_TESTED,))  # noqa: S608
    for table in ("recalled", "looked", "noticed"):
        newest = f"SELECT DISTINCT day FROM {table} ORDER BY day DESC LIMIT ?"  # noqa: S608
        c.execute(f"DELETE FROM {table} WHERE day NOT IN ({newest})", (_KEPT_DAYS,))  # noqa: S608


def _read(c: sqlite3.Connection) -> Kept:
    return Kept(
        tuple(Recalled(_day(day), *rest) for day, *rest in _rows(c, "recalled")),
        tuple(
            Looked(_day(day), tool, bool(ahead), *rest)
            for day, tool, ahead, *rest in _rows(c, "looked")
        ),
        tuple(Noticed(_day(d), Notice(what), count) for d, what, count in _rows(c, "noticed")),
        tuple(
            Suite(at, seconds, *map(bool, flags))
            for at, seconds, *flags in c.execute("SELECT * FROM tested ORDER BY at")
        ),
    )


def _rows(c: sqlite3.Connection, table: str) -> Iterable[Any]:
    return c.execute(f"SELECT * FROM {table} ORDER BY day")  # noqa: S608


def _day(written: object) -> date:
    return date.fromisoformat(str(written))
