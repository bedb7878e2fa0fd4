"""Reading configuration files through a cache that a ``stat`` keeps true."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

_LARGEST = 1 << 20


class CachedFiles:
    """``analyzers.base.Files`` on the real disk. Used from one thread at a time."""

    def __init__(self) -> None:
        self._contents: dict[Path, tuple[tuple[int, int, int], bytes]] = {}
        self._tables: dict[Path, tuple[bytes, dict[str, Any] | ValueError]] = {}

    def read(self, path: Path) -> bytes | None:
        try:
            stat = os.stat(path)
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            known = self._contents.get(path)
            if known is None or known[0] != stamp:
                if stat.st_size > _LARGEST:
                    return None
                known = self._contents[path] = (stamp, path.read_bytes())
        except OSError:
            self._contents.pop(path, None)
            return None
        return known[1]

    def toml(self, path: Path) -> dict[str, Any] | None:
        if (content := self.read(path)) is None:
            return None
        known = self._tables.get(path)
        if known is None or known[0] is not content:
            known = self._tables[path] = (content, _parse(content))
        if isinstance(known[1], ValueError):
            raise known[1]
        return known[1]


class FilesOnce:
    """A view of ``CachedFiles`` for one scan: nothing is looked at twice."""

    def __init__(self, files: CachedFiles) -> None:
        self._files = files
        self._read: dict[Path, bytes | None] = {}

    def read(self, path: Path) -> bytes | None:
        if path not in self._read:
            self._read[path] = self._files.read(path)
        return self._read[path]

    def toml(self, path: Path) -> dict[str, Any] | None:
        return self._files.toml(path) if self.read(path) is not None else None


def _parse(content: bytes) -> dict[str, Any] | ValueError:
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:
        return error
