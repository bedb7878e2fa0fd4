"""How long what has ended is kept, and that it goes afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from ..store.history import History
from .logfile import job_of

_SECONDS = 300.0
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how many days what has ended is kept."""

    results: float = 7.0
    metrics: float = 30.0


class Cleaner:
    """Forgets the jobs that are old enough, and removes their logs."""

    def __init__(self, history: History, logs: Path) -> None:
        self._history = history
        self._logs = logs
        self._cleaned_at: float | None = None

    async def turn(self, now: float, keeping: Keeping) -> None:
        """At first, and then every five minutes. Raises sqlite3.Error, OSError."""
        if self._cleaned_at is not None and 0 <= now - self._cleaned_at < _SECONDS:
            return
        self._cleaned_at = now
        results, metrics = now - keeping.results * _DAY, now - keeping.metrics * _DAY
        gone = await self._history.prune(results, metrics)
        await asyncio.to_thread(_remove_logs, self._logs, set(gone))


def _remove_logs(folder: Path, jobs: set[int]) -> None:
    for path in folder.iterdir() if jobs else ():
        if job_of(path.name) in jobs:
            path.unlink(missing_ok=True)
