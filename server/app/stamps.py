"""Whether files are still as they were, where nobody tells that they changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class Stamps:
    """The files as they are now, which need not exist."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether one has come, changed or gone since the last time. A few microseconds."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(map(_stamp, self._paths))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
