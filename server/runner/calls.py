"""What is asked of the runner, and what comes back: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..model import Cost, Priority


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


class Urgency:
    """The priority of a job that waits; who joins in waiting for it may raise it meanwhile."""

    __slots__ = ("priority",)

    def __init__(self, priority: Priority = Priority.INTERACTIVE) -> None:
        self.priority = priority

    def raise_to(self, priority: Priority) -> None:
        self.priority = max(self.priority, priority)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``task`` names whom its cost is booked on.

    ``needs_trust``: it may run what the workspace brings along; ``trusted`` says whether it may.
    """

    task: str
    call: Call
    timeout: float
    urgency: Urgency = field(default_factory=Urgency)
    needs_trust: bool = False
    trusted: bool = False


class Status(StrEnum):
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: exactly one each. ``results`` has one entry per item when DONE."""

    status: Status
    results: tuple[Any, ...] = ()
    why: str = ""
    cost: Cost = Cost()
    seconds: float = 0.0
