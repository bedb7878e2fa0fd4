"""What tasks will take, from what they took before; and what jobs took in the end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple

from ..store.history import History
from .budget import slots
from .calls import Status
from .graph import Node, Plan, closure, estimate, measured
from .priority import HISTORY
from .scheduler import Options


class Typical(NamedTuple):
    """Medians of a task's last successes, both in seconds."""

    seconds: float
    cpu: float


async def typical(history: History, tasks: Iterable[str]) -> dict[str, Typical]:
    """What each task takes; those that have never succeeded are not in it."""
    known = await history.of_tasks(tasks, HISTORY)
    done = {task: [e for e in its if e.status == Status.DONE] for task, its in known.items()}
    return {
        task: Typical(median(e.ended - e.started for e in its), median(e.cpu for e in its))
        for task, its in done.items()
        if its
    }


async def plan(history: History, nodes: Mapping[str, Node], name: str, options: Options) -> Plan:
    """For a task with all that it needs. Raises graph.GraphError."""
    needs = closure(nodes, [name])
    expected = await typical(history, needs)
    cpus = os.cpu_count() or 1
    return estimate(
        needs,
        {task: each.seconds for task, each in expected.items()},
        slots(options.most, options.percent, cpus),
        sum(each.cpu for each in expected.values()) / (cpus * options.percent / 100),
    )


async def took(history: History, jobs: Mapping[str, int]) -> Plan:
    """What jobs, by their tasks, really came to."""
    return measured([(e.started, e.ended) for e in await history.of_jobs(jobs)])
