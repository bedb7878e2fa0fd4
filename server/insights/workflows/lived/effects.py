"""What a change of one command did: how long its runs took before and since. Pure but for the
randomness that is passed in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random

from ....store.activity import Activity
from ..timed import TASK
from .runs import DAY, runs
from .weekly import Weekly, faster

_BEGIN = "["


def measure(folder: str, what: str, task: str = "") -> str:
    """The name of what is measured: runs of a command in a folder, as ``ran`` has it, and since
    then of a ``task`` that does the same, where there is one."""
    return json.dumps([folder, what, task])


def is_of_command(name: str) -> bool:
    return name.startswith(_BEGIN)


def gained(
    name: str, activities: Iterable[Activity], done: float, until: float, random: Random
) -> Weekly | None:
    """What a week costs less since something was ``done``, as often as it was run since; None where
    too few runs are known before or since. Those of the task count where they were typed: else it
    is not known how long somebody waited for what it needs."""
    folder, what, task = json.loads(name)
    before, since = [], []
    for run in runs(activities):
        old = (run.folder, run.what) == (folder, what)
        new = bool(task) and run.typed and run.what == f"{TASK}{task}"
        if run.seconds is not None and run.at < done and old:
            before.append(run.seconds)
        elif run.seconds is not None and run.at >= done and (old or new):
            since.append(run.seconds)
    return faster(before, since, (until - done) / (7 * DAY), random)
