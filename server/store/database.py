"""Open, migrate and guard a database; one thread reads and writes it.

A database that is corrupt is moved aside, reported, and started afresh. One that cannot be used
just now (a full disk, a read-only one, a newer version of the program has made it) is left alone:
whoever asks is told why, and it is tried again with the next who asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .. import spans
from ..state import LOCK_SECONDS, locked

_T = TypeVar("_T")

_OF_OTHERS = 0o077
_ASIDE = ".corrupt-"
_LEAST_BYTES = 1 << 16
"""A database needs them to be opened."""


class Schema(NamedTuple):
    """What a database holds. ``durable``: what was committed survives a power cut; else the last of
    it may be lost, and is derived again. ``lost`` tells a person what it means to have none."""

    migrations: tuple[str, ...]
    durable: bool
    lost: str


class Unusable(sqlite3.OperationalError):
    """The disk does not take or give it just now. Tells a person what happened, why, and what to
    do."""


class Closed(Unusable):
    """It was closed, as when its folder is left."""


class NewerDatabase(Unusable):
    """It was made, or was changed meanwhile, by a newer version of the program."""


class _Work(NamedTuple):
    work: Callable[[sqlite3.Connection], Any]
    write: bool
    future: asyncio.Future[Any]


_Answer = tuple[Any, Exception | None]


class Database:
    """What is taken out of it is overwritten.

    ``trouble`` tells a person why what is to be kept cannot be kept now; empty when it can.
    ``moved`` tells that, and where to, a corrupt one was moved aside."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self._path = path
        self._lock = path.with_suffix(".lock")
        self._schema = schema
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Work] = []
        self._committing: asyncio.Task[None] | None = None
        self._file: tuple[int, int] | None = None
        self._closed = False
        self.trouble = ""
        self.moved = ""

    @property
    def problem(self) -> str:
        """What there is to say of it; empty when nothing is."""
        return self.trouble or self.moved

    async def run(self, work: Callable[[sqlite3.Connection], _T], *, write: bool = False) -> _T:
        """Do ``work`` on the database's thread. When this returns, it is committed.

        What is asked for while a transaction is under way shares the next one: each piece of work
        has a savepoint of its own, and one commit serves all. ``write``: it decides by what it
        reads, so no other process may write meanwhile. Raises what ``work`` raises, sqlite3.Error.
        """
        self._must_be_open()
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
            async with spans.span("store", file="", database=self._path.stem):
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
                answers = self._attempt(batch)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                self._set_aside(error)
                answers = self._attempt(batch)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            answers = [(None, error)] * len(batch)
        return [(value, self._explained(error)) for value, error in answers]

    def _attempt(self, batch: list[_Work]) -> list[_Answer]:
        if self._connection is not None and not self._is_in_place():
            self._disconnect()  # another process has moved it aside, or somebody has deleted it
        connection = self._connection or self._connect()
        before = connection.total_changes
        try:
            with connection:
                # Another process may have brought it up to date. To read inside a transaction that
                # is not immediate would take the look of things at which it could no longer write.
                if any(each.write for each in batch):
                    connection.execute("BEGIN IMMEDIATE")
                self._version(connection)
                if not connection.in_transaction:
                    connection.execute("BEGIN")
                answers = [_in_savepoint(connection, each.work) for each in batch]
        except NewerDatabase:
            self._disconnect()
            raise
        if connection.total_changes != before:
            self.trouble = ""
        return answers

    def _explained(self, error: Exception | None) -> Exception | None:
        """The error, in words for people if the disk is to blame; the trouble is noted."""
        if error is None:
            return None
        if not isinstance(error, Unusable):
            said = getattr(error, "strerror", "") or error
            lost, folder = self._schema.lost, self._path.parent
            if _is_full(error, folder):
                told = f"the disk of {folder} is full ({said}): {lost} until there is space"
            elif isinstance(error, TimeoutError):
                told = f"{self._lock} is held by another process: {lost} until that goes on or ends"
            elif _code(error) == sqlite3.SQLITE_BUSY:
                told = f"{self._path} is locked by another process: {lost} until that ends"
            elif _is_shut(error):
                told = f"{self._path} cannot be used ({said}): {lost} until {folder} can be written"
            else:
                return error
            explained = Unusable(told)
            explained.__cause__ = error
            error = explained
        self.trouble = str(error)
        return error

    async def compact(self) -> None:
        """Have what was deleted gone from the files, the write-ahead log included.

        Raises sqlite3.Error, also when another process goes on reading what is to go.
        """
        self._must_be_open()
        loop = asyncio.get_running_loop()
        error = await loop.run_in_executor(self._thread, self._compacted)
        if error is not None:
            raise error

    def _compacted(self) -> Exception | None:
        try:
            connection = self._connection or self._connect()
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("VACUUM")
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (sqlite3.Error, OSError) as error:
            return self._explained(error)
        if busy:
            return sqlite3.OperationalError(
                f"another process is reading {self._path}: what was deleted goes from the disk when"
                " this is asked for again"
            )
        return None

    async def close(self) -> None:
        """What was asked for before is done; what is asked for later raises ``Closed``."""
        self._closed = True
        if self._committing is not None:
            await asyncio.wait((self._committing,))
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _must_be_open(self) -> None:
        if self._closed:
            raise Closed(f"{self._path} was closed: its folder is left")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_in_place(self) -> bool:
        """Whether what was opened still lies at the path."""
        try:
            about = os.stat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return (about.st_dev, about.st_ino) == self._file

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        self._disconnect()
        with self._locked():
            if not self._is_in_place():
                return  # another process was faster
            aside = self._path.with_suffix(f"{_ASIDE}{time.time_ns()}")
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.chmod(f"{self._path}{suffix}", 0o600)
                    os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")
        self.moved = f"the database was corrupt ({error}); it was moved to {aside}"

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Turning a new database to WAL does not wait for another process that does the same.
        with self._locked():
            self._connection = self._connect_alone()
        self.trouble = ""
        return self._connection

    def _locked(self) -> AbstractContextManager[None]:
        # Who was told that it cannot be used need not wait again to be told the same.
        return locked(self._lock, 0 if self.trouble else LOCK_SECONDS)

    def _connect_alone(self) -> sqlite3.Connection:
        # To close a file ends all locks that this process has on it, those of another connection
        # too; then the next process that leaves takes the log away that is written here.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        about = os.stat(self._path)
        if about.st_mode & _OF_OTHERS:  # as of one that was copied; its log takes the mode over
            os.chmod(self._path, 0o600)
        self._file = about.st_dev, about.st_ino
        connection = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
        try:
            self._version(connection)  # what is newer is not touched
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(f"PRAGMA synchronous={'FULL' if self._schema.durable else 'NORMAL'}")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._schema.migrations):
            raise NewerDatabase(
                f"{self._path} was made by a newer Understudy: {self._schema.lost} here until this"
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


def set_aside(path: Path) -> list[Path]:
    """The files that a database was moved to when it was corrupt; ``path``: where it was."""
    return sorted(path.parent.glob(f"{path.stem}{_ASIDE}*"))


def all_set_aside(folder: Path) -> list[Path]:
    """Those of all databases in it."""
    return sorted(folder.glob(f"*{_ASIDE}*"))


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


def _code(error: Exception) -> int:
    """Of sqlite's errors, without what is added to it; 0 for others."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return _code(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _is_full(error: Exception, folder: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    code = _code(error)
    if code == sqlite3.SQLITE_IOERR:  # which tells of no reason
        with contextlib.suppress(OSError):
            return shutil.disk_usage(folder).free < _LEAST_BYTES
    return bool(code == sqlite3.SQLITE_FULL)


def _is_shut(error: Exception) -> bool:
    """Whether the file cannot be opened, read or written."""
    if isinstance(error, OSError):
        return True
    return _code(error) in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
    )
