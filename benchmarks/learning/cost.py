"""What it costs to count a task."""

from __future__ import annotations

import gc
import shlex
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from understudy.automations.mining.repeats import Repeats
from understudy.store.activity import Activity, Did

from .sources import Source


class Cost(NamedTuple):
    """Microseconds that half of the tasks and that 99 % of them take at most."""

    median: float
    p99: float


def cost(lines: Sequence[str], tasks: int = 10_000) -> Cost:
    """Of the last half of so many tasks, the lines again and again."""
    repeats = Repeats(3)
    taken = []
    gc.collect()
    gc.freeze()  # what the replays left is no part of what a task costs
    for number in range(tasks):
        task = Activity(20.0 * number, Did.COMMAND, lines[number % len(lines)], "s", id=number)
        started = time.perf_counter()
        repeats.add(task)
        taken.append((time.perf_counter() - started) * 1e6)
    gc.unfreeze()
    steady = sorted(taken[tasks // 2 :])
    return Cost(steady[len(steady) // 2], steady[len(steady) * 99 // 100])


def lines_of(found: Iterable[Source]) -> list[str]:
    """Of the data; where there is none, made up: what they say matters little to what they cost."""
    lines = [task.text for source in found for tasks in source.people for task in tasks]
    return lines or [
        shlex.join(("git", verb, f"src/{name}.py", "--number", str(number)))
        for number in range(50)
        for verb in ("add", "diff", "log")
        for name in ("cart", "order", f"user{number}")
    ]
