"""The Python API: of the task engine (docs/api.md tells how it is used), of channels and analyzers.

Everything here is stable; nothing else in the package is meant to be imported by others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from .model import Category, Finding, Importance, Position, Range, Severity
from .notifications.base import Channel, Event, Level, Notice, Undelivered
from .runner.attempt import Change
from .runner.engine import Engine, Setting
from .runner.execute import Runner
from .runner.graph import GraphError, Plan
from .runner.scheduler import Options
from .runner.task import Context, Result, Task, Transient
from .spans import span, timed
from .store.job_rows import Checkpoint, Record

__all__ = [
    "Category",
    "Change",
    "Channel",
    "Checkpoint",
    "Context",
    "Engine",
    "Event",
    "Finding",
    "GraphError",
    "Importance",
    "Level",
    "Notice",
    "Options",
    "Plan",
    "Position",
    "Range",
    "Record",
    "Result",
    "Severity",
    "Task",
    "Transient",
    "Undelivered",
    "open_engine",
    "span",
    "timed",
]

_MIB = 1 << 20


@asynccontextmanager
async def open_engine(
    folder: Path,
    tasks: Iterable[Task],
    *,
    options: Options = Options(),  # noqa: B008 - frozen
    memory_mb: int = 2_048,
    trusted: bool = False,
    told: Callable[[Change], object] = lambda _: None,
) -> AsyncIterator[Engine]:
    """An engine whose queue lies in ``folder``, which is made when it is missing.

    Several processes may open the same folder: one of them runs the jobs. ``trusted``: tasks that
    need trust may run. ``told`` is called with what happens to jobs. On leaving, all that was
    started has ended; what waits is run when the folder is opened again. What the disk does not let
    is tried again and again; ``Engine.trouble`` tells.
    """
    runner = Runner()
    runner.governor.limit(options.percent, memory_mb * _MIB)
    engine = Engine(folder, tasks, runner, Setting(options, trusted=lambda: trusted), told)
    try:
        await engine.start()
        yield engine
    finally:
        await engine.close()
        await runner.close()
