"""Results by content: what a tool said of a content under a configuration; and files by stat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from .database import Database, Schema, Unusable
from .measured import Counts

log = logging.getLogger(__name__)

_T = TypeVar("_T")

RESULTS = Schema(
    (
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
    ),
    durable=False,
    lost="results are not kept",
)

_FLUSH_SECONDS = 0.2
_RETRY_SECONDS = 10.0
_MOST_WAITING = 20_000
"""Of what the disk did not take, so many entries wait for the next attempt: the newest."""
_KEPT_SECONDS = 30 * 86_400
"""After so long without being asked for, a result is forgotten."""
_REFRESHED_SECONDS = 86_400
_CHUNK = 500


class FileStamp(NamedTuple):
    """What tells, without reading it, that a file is still the one that was read."""

    mtime_ns: int
    size: int
    inode: int
    digest: str


class Results:
    """Writes are gathered and committed together a moment later; a read sees them at once.

    Once it is closed it knows nothing and takes nothing: who comes late only loses the cache.
    ``counts``: who asks counts there what was known, and what a tool had to look at. ``written`` is
    called when something else than before is on disk.
    """

    def __init__(
        self,
        database: Database,
        counts: Counts | None = None,
        written: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self.counts = counts or Counts()
        self._written = written
        self._reports: dict[str, str] = {}
        self._stamps: dict[str, FileStamp | None] = {}
        self._asked: set[str] = set()
        self._flush: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._closed = asyncio.Event()
        self.problem = ""

    async def get(self, keys: Sequence[str]) -> dict[str, str]:
        """The reports (``codec.dumps``) known under ``keys``. A broken disk knows none."""
        if self._closed.is_set():
            return {}
        found = {key: self._reports[key] for key in keys if key in self._reports}
        missing = [key for key in keys if key not in found]

        def read(connection: sqlite3.Connection) -> None:
            for start in range(0, len(missing), _CHUNK):
                chunk = missing[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                query = f"SELECT key, report FROM results WHERE key IN ({marks})"  # noqa: S608
                found.update(connection.execute(query, chunk))

        if missing:
            await self._try(read)
        self._asked.update(found)
        return found

    def put(self, reports: Mapping[str, str]) -> None:
        if not self._closed.is_set():
            self._reports.update(reports)
            self._schedule()

    async def stamps(
        self, paths: Collection[str] | None = None, *, strict: bool = False
    ) -> dict[str, FileStamp]:
        """The files known, by path: every one, or those of ``paths``. A broken disk knows none;
        where that is no answer, ``strict``, it raises sqlite3.Error or OSError."""
        if self._closed.is_set():
            return {}
        known: dict[str, FileStamp] = {}
        few = [os.fsencode(path) for path in paths] if paths and len(paths) < _CHUNK else []

        def read(connection: sqlite3.Connection) -> None:
            query = "SELECT path, mtime_ns, size, inode, digest FROM files"
            if few:
                query += f" WHERE path IN ({','.join('?' * len(few))})"
            for path, *stamp in connection.execute(query, few):
                known[os.fsdecode(path)] = FileStamp(*stamp)

        if (paths is None or paths) and (error := await self._try(read)) and strict:
            raise error
        for path, stamp in self._stamps.items():
            known.pop(path, None)
            if stamp is not None:
                known[path] = stamp
        if paths is None:
            return known
        return {path: known[path] for path in paths if path in known}

    def stamp(self, stamps: Mapping[str, FileStamp]) -> None:
        self._note(stamps)

    def forget(self, paths: Iterable[str]) -> None:
        self._note(dict.fromkeys(paths))

    async def forget_unseen(self, root: Path, seen: Iterable[str]) -> None:
        """Forget the files below ``root`` that a scan of all of it did not meet."""
        inside = os.path.join(root, "")
        gone = (await self.stamps()).keys() - set(seen)
        self.forget(path for path in gone if path.startswith(inside))

    def _note(self, stamps: Mapping[str, FileStamp | None]) -> None:
        if stamps and not self._closed.is_set():
            self._stamps.update(stamps)
            self._schedule()

    async def flush(self) -> None:
        """Commit what was gathered."""
        if not self._closed.is_set():
            await self._write()

    async def _write(self) -> bool:
        """Whether the disk took it; what it did not take waits for the next attempt."""
        async with self._writing:  # else an older batch that failed could come after a newer one
            return await self._write_batch()

    async def _write_batch(self) -> bool:
        reports, self._reports = self._reports, {}
        stamps, self._stamps = self._stamps, {}
        asked, self._asked = self._asked, set()
        now = time.time()

        def write(connection: sqlite3.Connection) -> None:
            rows = [(key, report, now) for key, report in reports.items()]
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            fresh = [(now, key, now - _REFRESHED_SECONDS) for key in asked]
            connection.executemany("UPDATE results SET used = ? WHERE key = ? AND used < ?", fresh)
            # As bytes: a path need not be Unicode.
            gone = [(os.fsencode(path),) for path, stamp in stamps.items() if stamp is None]
            connection.executemany("DELETE FROM files WHERE path = ?", gone)
            kept = [(os.fsencode(path), *stamp) for path, stamp in stamps.items() if stamp]
            connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", kept)

        again = True
        try:
            error = await self._try(write)
            # Any other error lies in the batch: it would fail for ever.
            again = isinstance(error, (sqlite3.OperationalError, OSError))
        finally:
            if again:
                self._reports = _newest({**reports, **self._reports})
                self._stamps = _newest({**stamps, **self._stamps})
        if error is None:
            self.problem = ""
            if reports or stamps:
                self._written()
        return error is None

    async def _prune(self) -> None:
        oldest = time.time() - _KEPT_SECONDS
        await self._try(lambda c: c.execute("DELETE FROM results WHERE used < ?", (oldest,)))

    async def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        if self._flush is not None:
            await asyncio.wait([self._flush])
        await self._write()
        await self._prune()
        await self._database.close()

    def _schedule(self) -> None:
        if self._flush is None or self._flush.done():
            self._flush = asyncio.get_running_loop().create_task(self._flush_later())

    async def _flush_later(self) -> None:
        pause = _FLUSH_SECONDS
        while (self._reports or self._stamps) and not self._closed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), pause)
                return  # who closes writes the rest
            pause = _FLUSH_SECONDS if await self._write() else _RETRY_SECONDS

    async def _try(self, work: Callable[[sqlite3.Connection], object]) -> Exception | None:
        """What went wrong. A full or read-only disk costs the cache, never the analysis."""
        try:
            await self._database.run(work)
        except (sqlite3.Error, OSError, OverflowError, ValueError) as error:
            told = isinstance(error, Unusable)
            problem = str(error) if told else f"results are not kept: {error}"
            if problem != self.problem:
                log.warning("%s", problem)
            self.problem = problem
            return error
        return None


def _newest(entries: dict[str, _T]) -> dict[str, _T]:
    return dict(list(entries.items())[-_MOST_WAITING:])
