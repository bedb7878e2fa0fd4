"""What has changed in a folder, and its debouncing for each task. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Kind(StrEnum):
    CREATED = "created"
    MODIFIED = "modified"
    """The content is another."""
    DELETED = "deleted"


Changes = Mapping[str, Kind]
"""By path, relative to the root."""

NONE: Changes = MappingProxyType({})


def merged(old: Changes, new: Changes) -> dict[str, Kind]:
    """What both come to, one after the other; what came and went is no change."""
    result = dict(old)
    for path, kind in new.items():
        before = result.get(path)
        if before is Kind.CREATED and kind is Kind.DELETED:
            del result[path]
        elif before is Kind.CREATED:
            pass
        elif before is Kind.DELETED and kind is Kind.CREATED:
            result[path] = Kind.MODIFIED
        else:
            result[path] = kind
    return result


class _Pending(NamedTuple):
    changes: dict[str, Kind]
    first: float
    last: float
    quiet: float

    @property
    def due(self) -> float:
        return min(self.last + self.quiet, self.first + _AT_MOST * self.quiet)


_AT_MOST = 10
"""So many times its debounce a task waits, where changes never cease."""


class Debouncer:
    """Collects the changes for each task until they have ceased for a while. Times are seconds of
    a monotonic clock."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def add(self, task: str, changes: Changes, now: float, quiet: float = 1.0) -> None:
        """``quiet``: seconds without a further change after which the task is ready."""
        old = self._pending.get(task)
        both = merged(old.changes if old else {}, changes)
        if both:
            self._pending[task] = _Pending(both, old.first if old else now, now, quiet)
        else:
            self._pending.pop(task, None)

    def ready(self, now: float) -> dict[str, dict[str, Kind]]:
        """The tasks that have waited long enough, with their changes; they are forgotten here."""
        names = [name for name, pending in self._pending.items() if pending.due <= now]
        return {name: self._pending.pop(name).changes for name in names}

    def next_ready(self) -> float | None:
        return min((pending.due for pending in self._pending.values()), default=None)

    def forget(self, tasks: Iterable[str]) -> None:
        for task in tasks:
            self._pending.pop(task, None)
