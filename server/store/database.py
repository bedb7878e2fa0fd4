"""Open, migrate and guard a database; one thread reads and writes it.

Derived results are written with ``synchronous=NORMAL``: a power cut may lose the last of them, they
are then derived again. A database that is corrupt is moved aside, reported, and started afresh.
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
from typing import TypeVar

_T = TypeVar("_T")

_MIGRATIONS = (
    """
    CREATE TABLE results (
        key TEXT PRIMARY KEY, report TEXT NOT NULL, used REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX results_used ON results (used);
    CREATE TABLE files (
        path TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
        inode INTEGER NOT NULL, digest TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)


class NewerDatabase(Exception):
    """The database was made by a newer version of the program; it is left alone."""


class Database:
    """``problem`` tells a person what was wrong when it was opened; empty when nothing was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self.problem = ""

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do ``work`` on the database's thread, in one transaction. Raises sqlite3.Error."""

        def in_thread() -> _T:
            try:
                with self._connection or self._open() as connection:
                    return work(connection)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                self._set_aside(error)
            with self._open() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_thread)

    async def close(self) -> None:
        def in_thread() -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

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
            self.problem = f"{self._path} cannot be used ({error}); results are not kept"
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
            _version(connection)  # what is newer is not touched
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _memory(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        _migrate(connection)
        return connection


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise NewerDatabase(
            "the database was made by a newer Understudy; results are not kept until this one is"
            " brought up to date"
        )
    return int(version)


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(_MIGRATIONS):
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
