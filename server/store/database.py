"""Open, migrate and guard a database; one thread reads and writes it.

A database that is corrupt is moved aside, reported, and started afresh; one that cannot be used, or
was made by a newer version of the program, is left alone, and memory serves in its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


class Schema(NamedTuple):
    """What a database holds. ``durable``: what was committed survives a power cut; else the last of
    it may be lost, and is derived again. ``lost`` tells a person what it means to have none."""

    migrations: tuple[str, ...]
    durable: bool
    lost: str


class NewerDatabase(Exception):
    """The database was made by a newer version of the program; it is left alone."""


class _Work(NamedTuple):
    work: Callable[[sqlite3.Connection], Any]
    write: bool
    future: asyncio.Future[Any]


_Answer = tuple[Any, Exception | None]


class Database:
    """``problem`` tells a person what was wrong when it was opened; empty when nothing was."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self._path = path
        self._schema = schema
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Work] = []
        self._committing: asyncio.Task[None] | None = None
        self.problem = ""

    async def run(self, work: Callable[[sqlite3.Connection], _T], *, write: bool = False) -> _T:
        """Do ``work`` on the database's thread. When this returns, it is committed.

        What is asked for while a transaction is under way shares the next one: each piece of work
        has a savepoint of its own, and one commit serves all. ``write``: it decides by what it
        reads, so no other process may write meanwhile. Raises what ``work`` raises, sqlite3.Error.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._waiting.append(_Work(work, write, future))
        if self._committing is None or self._committing.done():
            self._committing = loop.create_task(self._commit())
        return await future

    async def _commit(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting, []
            batch = [each for each in taken if not each.future.done()]
            answers = await loop.run_in_executor(self._thread, self._transaction, batch)
            for each, (value, error) in zip(batch, answers, strict=True):
                if each.future.done():
                    continue
                if error is None:
                    each.future.set_result(value)
                else:
                    each.future.set_exception(error)

    def _transaction(self, batch: list[_Work]) -> list[_Answer]:
        try:
            try:
                return self._attempt(batch)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                self._set_aside(error)
            return self._attempt(batch)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            return [(None, error)] * len(batch)

    def _attempt(self, batch: list[_Work]) -> list[_Answer]:
        connection = self._connection or self._open()
        with connection:
            immediate = any(each.write for each in batch)
            connection.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")
            return [_in_savepoint(connection, each.work) for each in batch]

    async def close(self) -> None:
        def in_thread() -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

        if self._committing is not None:
            await asyncio.wait((self._committing,))
        await asyncio.get_running_loop().run_in_executor(self._thread, in_thread)
        self._thread.shutdown(wait=False)

    def _open(self) -> sqlite3.Connection:
        try:
            self._connection = self._connect()
        except NewerDatabase as newer:
            self.problem = str(newer)
            self._connection = self._memory()
        except (sqlite3.DatabaseError, OSError) as error:
            if isinstance(error, sqlite3.DatabaseError) and _is_corrupt(error):
                raise
            self.problem = f"{self._path} cannot be used ({error}); {self._schema.lost}"
            self._connection = self._memory()
        return self._connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        aside = self._path.with_suffix(f".corrupt-{time.time_ns()}")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")
        self.problem = f"the database was corrupt ({error}); it was moved to {aside}"

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Turning a new database to WAL does not wait for another process that does the same.
        with self._alone():
            return self._connect_alone()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(
            self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _connect_alone(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
        try:
            self._version(connection)  # what is newer is not touched
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if self._schema.durable else 'NORMAL'}")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _memory(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._migrate(connection)
        return connection

    def _version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._schema.migrations):
            raise NewerDatabase(
                f"{self._path.name} was made by a newer Understudy; {self._schema.lost} until this"
                " one is brought up to date"
            )
        return int(version)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        migrations = self._schema.migrations
        if self._version(connection) == len(migrations):
            return
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            version = self._version(connection)
            for number, script in enumerate(migrations[version:], version + 1):
                for statement in script.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number}")


def _in_savepoint(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], object]
) -> _Answer:
    """Raises sqlite3.DatabaseError when the whole transaction is lost."""
    connection.execute("SAVEPOINT work")
    try:
        answer = work(connection)
    except Exception as error:
        if isinstance(error, sqlite3.DatabaseError) and _is_corrupt(error):
            raise
        if not connection.in_transaction:  # a full disk ends it all
            raise
        connection.execute("ROLLBACK TO work")
        return None, error
    connection.execute("RELEASE work")
    return answer, None


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
