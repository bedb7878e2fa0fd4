"""A copy of a database in memory, for where its folder cannot be written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from .database import Database


class Copied(Database):
    """It is used as the database itself is; what is written goes with it. Where there is none it is
    empty; where it cannot be read, whoever asks is told why."""

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            if self._path.exists():
                with closing(sqlite3.connect(_uri(self._path), uri=True)) as source:
                    source.backup(connection)
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _is_in_place(self) -> bool:
        return True


def _uri(path: Path) -> str:
    """Without a log beside it nothing has to be written to read it."""
    log = path.with_name(f"{path.name}-wal")
    alone = not log.exists() or not log.stat().st_size
    return f"file:{quote(str(path))}?mode=ro{'&immutable=1' if alone else ''}"
