"""What is asked of the runner, and what comes back: plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..model import Cost, Importance, Priority


@dataclass(frozen=True, slots=True)
class Lane:
    """A set of warm workers. ``preload`` is imported before they are forked.

    ``batch`` is the number of items that waiting jobs may be joined up to; ``idle_seconds`` after
    its last job a worker is ended (0: it stays).
    """

    name: str
    workers: int
    preload: tuple[str, ...] = ()
    batch: int = 1
    nice: int = 0
    idle_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """``function(context, items) -> one plain result per item``, run in a worker of ``lane``.

    ``function`` is ``"package.module:name"`` inside this package; context and items are plain data.
    Jobs whose lane, function and context are equal may run as one call.
    """

    lane: Lane
    function: str
    context: tuple[Any, ...]
    items: tuple[Any, ...]


def _nowhere(_: bytes) -> None:
    """Nobody looks at what it prints."""


class Urgency:
    """The priority of a job that waits; who joins in waiting for it may raise it meanwhile.

    ``task``: how important the task is that it belongs to, which keeps it within the budget of all
    tasks; None: a person waits for it.
    """

    __slots__ = ("priority", "task")

    def __init__(
        self, priority: Priority = Priority.INTERACTIVE, task: Importance | None = None
    ) -> None:
        self.priority = priority
        self.task = task

    def join(self, task: Importance | None) -> None:
        """A task of this importance, or a person, waits for it, too."""
        self.task = None if task is None or self.task is None else max(self.task, task)

    def raise_to(self, priority: Priority) -> None:
        self.priority = max(self.priority, priority)


@dataclass(frozen=True, slots=True)
class Command:
    """A program to be run to its end, in a process group of its own. DONE: it ended with 0.

    What it prints goes to ``log`` (empty: nowhere), of which the newest ``log_bytes`` at least are
    kept, and to ``output`` as it comes: the first ``whole`` bytes, then what is no flood. Where
    ``secrets`` are not None, the log is without these and whatever else looks like one.
    On time-out, and when it is cancelled, it gets SIGTERM, and after ``grace`` seconds SIGKILL, as
    does all that it started. No file that it writes grows larger than ``file_bytes``.

    ``stage``: ``"package.module:name"`` inside this package, a function that is called instead in a
    forked child, as ``(argv, cwd, environment, context) -> exit code``; ``context`` is plain data.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    log: str = ""
    log_bytes: int = 5 << 20
    secrets: tuple[str, ...] | None = None
    output: Callable[[bytes], object] = _nowhere
    whole: int = 0
    importance: int = Importance.LOW
    nice: int = 10
    grace: float = 5.0
    file_bytes: int = 4 << 30
    stage: str = ""
    context: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``task`` names whom its cost is booked on.

    ``needs_trust: it may run what the workspace brings along; ``trusted`` says whether it may.
    """

    task: str
    work: Call | Command
    timeout: float
    urgency: Urgency = field(default_factory=Urgency)
    needs_trust: bool = False
    trusted: bool = False


class Status(StrEnum):
    """MISSING: there is no such program. KILLED: a signal ended it that was not ours."""

    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    MISSING = "missing"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: exactly one each. ``results`` has one entry per item of a call when DONE;
    ``exit_code`` is a command's. ``cost`` and ``seconds`` of a call that several jobs were joined
    to are each one's share of it."""

    status: Status
    results: tuple[Any, ...] = ()
    why: str = ""
    cost: Cost = Cost()
    seconds: float = 0.0
    exit_code: int | None = None
