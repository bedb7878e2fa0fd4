"""The task that audits dependencies. What it needs is imported when it runs."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ...model import Importance
from ...runner.task import Context, Result, Task
from ...settings import Settings
from . import NAME
from .cache import Cache

_FILE = "audits.json"


class Audits:
    """Audits of one workspace. ``state`` is its state folder, where answers are kept; ``without``:
    folders in it that are workspaces of their own; ``now``: seconds since the epoch."""

    def __init__(
        self,
        root: Path,
        state: Path,
        environ: Mapping[str, str],
        without: Callable[[], frozenset[str]] = frozenset,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._environ = environ
        self._without = without
        self._now = now
        self._cache = Cache(state / _FILE)

    def task(self, settings: Settings) -> Task:
        """It runs nothing of the workspace, and needs no trust."""
        own = settings.tasks

        async def run(context: Context) -> Result:
            return await self._run(context, settings)

        return Task(
            NAME,
            run,
            title="Dependency audit",
            importance=Importance[own.dependency_audit.priority.upper()],
            repeatable=True,
            timeout=own.timeout_seconds,
            retries=own.retries,
            retry_delay=own.retry_delay_seconds,
        )

    async def _run(self, context: Context, settings: Settings) -> Result:
        folder = await asyncio.to_thread(self._prepare)
        from .asking import Asking
        from .audit import audit

        own, now = settings.audit, self._now()
        asking = Asking(context, own, self._cache, self._root, folder, self._environ, now)
        try:
            return await audit(asking, settings, self._without())
        finally:
            await asyncio.to_thread(self._clean_up, folder, now)

    def _prepare(self) -> str:
        """An empty folder. For a thread: what is imported here waits for the disk."""

        self._cache.load()
        return tempfile.mkdtemp(prefix="understudy-audit-")

    def _clean_up(self, folder: str, now: float) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # what is not kept is asked for again
            self._cache.save(now)
