"""Reading configuration files through a cache that a ``stat`` keeps true."""

from __future__ import annotations

import os
import stat
import threading
import tomllib
from pathlib import Path
from typing import Any

from ..disk import read_regular

_LARGEST = 1 << 20


class CachedFiles:
    """``analyzers.base.Files`` on the real disk, for any number of threads.

    A table belongs to all who ask for it: it is not to be changed.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._contents: dict[Path, tuple[tuple[int, int, int], bytes]] = {}
        self._tables: dict[Path, tuple[bytes, dict[str, Any], str]] = {}

    def read(self, path: Path) -> bytes | None:
        with self._lock:
            return self._read(path)

    def _read(self, path: Path) -> bytes | None:
        try:
            seen = os.stat(path)
            stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            known = self._contents.get(path)
            if known is None or known[0] != stamp:
                known = self._contents[path] = (stamp, read_regular(path, _LARGEST))
        except OSError:
            self._contents.pop(path, None)
            return None
        return known[1]

    def toml(self, path: Path) -> dict[str, Any] | None:
        with self._lock:
            if (content := self._read(path)) is None:
                return None
            known = self._tables.get(path)
            if known is None or known[0] is not content:
                known = self._tables[path] = (content, *_parse(content))
        _, table, why = known
        if why:
            raise ValueError(why)
        return table

    def is_special(self, path: Path) -> bool:
        try:
            kind = stat.S_IFMT(os.stat(path).st_mode)
        except OSError:
            return False
        return kind not in (stat.S_IFREG, stat.S_IFDIR)


class FilesOnce:
    """A view of ``CachedFiles`` for one scan: nothing is looked at twice. For one thread."""

    def __init__(self, files: CachedFiles) -> None:
        self._files = files
        self._read: dict[Path, bytes | None] = {}
        self._special: dict[Path, bool] = {}

    def read(self, path: Path) -> bytes | None:
        if path not in self._read:
            self._read[path] = self._files.read(path)
        return self._read[path]

    def toml(self, path: Path) -> dict[str, Any] | None:
        return self._files.toml(path) if self.read(path) is not None else None

    def is_special(self, path: Path) -> bool:
        if path not in self._special:
            self._special[path] = self._files.is_special(path)
        return self._special[path]


def _parse(content: bytes) -> tuple[dict[str, Any], str]:
    """The table, and why there is none: an exception that is kept grows with every raise."""
    try:
        return tomllib.loads(content.decode()), ""
    except (ValueError, RecursionError) as error:
        return {}, str(error)
