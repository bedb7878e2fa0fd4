"""Whether files are still as they were, where nobody tells that they changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..analyzers.installations import Stamp, stamp_of


class Stamps:
    """The files as they are now, which need not exist."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether one has come, changed or gone since the last time. A few microseconds."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> tuple[Stamp, ...]:
        return tuple(map(stamp_of, self._paths))
