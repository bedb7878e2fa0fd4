"""Results by content: what a tool said of a content under a configuration; and files by stat."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .database import Database

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.2
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
    """Writes are gathered and committed together a moment later; a read sees them at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reports: dict[str, str] = {}
        self._stamps: dict[str, FileStamp | None] = {}
        self._asked: set[str] = set()
        self._flush: asyncio.Task[None] | None = None
        self.problem = ""

    async def get(self, keys: Sequence[str]) -> dict[str, str]:
        """The reports (``codec.dumps``) known under ``keys``. A broken disk knows none."""
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
        self._reports.update(reports)
        self._schedule()

    async def stamps(self) -> dict[str, FileStamp]:
        """Every file known, by path."""
        known: dict[str, FileStamp] = {}

        def read(connection: sqlite3.Connection) -> None:
            query = "SELECT path, mtime_ns, size, inode, digest FROM files"
            for path, mtime_ns, size, inode, digest in connection.execute(query):
                known[os.fsdecode(path)] = FileStamp(mtime_ns, size, inode, digest)

        await self._try(read)
        for path, stamp in self._stamps.items():
            known.pop(path, None)
            if stamp is not None:
                known[path] = stamp
        return known

    def stamp(self, stamps: Mapping[str, FileStamp]) -> None:
        self._stamps.update(stamps)
        self._schedule()

    def forget(self, paths: Iterable[str]) -> None:
        self._stamps.update(dict.fromkeys(paths))
        self._schedule()

    async def flush(self) -> None:
        """Commit what was gathered."""
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

        if await self._try(write):
            self.problem = ""

    async def _prune(self) -> None:
        oldest = time.time() - _KEPT_SECONDS
        await self._try(lambda c: c.execute("DELETE FROM results WHERE used < ?", (oldest,)))

    async def close(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            await asyncio.gather(self._flush, return_exceptions=True)
        await self.flush()
        await self._prune()
        await self._database.close()

    def _schedule(self) -> None:
        if self._flush is None or self._flush.done():
            self._flush = asyncio.get_running_loop().create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._reports or self._stamps:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush()

    async def _try(self, work: Callable[[sqlite3.Connection], object]) -> bool:
        """Whether it worked. A full or read-only disk costs the cache, never the analysis."""
        try:
            await self._database.run(work)
        except (sqlite3.Error, OSError) as error:
            self.problem = f"results are not kept: {error}"
            log.warning("%s", self.problem)
            return False
        return True
