"""What was run, as the log and the executions have it: how long it takes, how often it is run, how
often it goes well. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from ....settings.tasks import CustomTask
from ....store.activity import Activity, Did
from ....store.history import Execution
from ....store.job_rows import DONE
from ....tasks.test_runs import NAME as TESTS
from ..model import Timing
from ..shell import commands, is_test
from ..timed import TASK, Seen, ran

DAY = 86_400.0
_NO_TASKS: Mapping[str, CustomTask] = MappingProxyType({})
_TOLD_COMMANDS, _TOLD_DAYS = 50, 7.0
"""Of so many commands on so many days, what is not among them is not run."""
_LONGEST = 6 * 3_600.0
"""Seconds. What took longer was left alone."""


class Run(NamedTuple):
    """``what``: as ``ran`` has it; ``folder``: below the workspace. ``seconds`` and ``ok`` are None
    where they are not known. ``cpu`` in seconds, ``memory`` in bytes at most; 0 where nobody has
    measured that."""

    at: float
    folder: str
    what: str
    seconds: float | None
    ok: bool | None
    is_test: bool
    cpu: float = 0.0
    memory: int = 0
    typed: bool = False

    @property
    def took(self) -> float:
        return self.seconds or 0.0


def runs(activities: Iterable[Activity]) -> Iterator[Run]:
    """Of what was typed, the lines of one command: of several it is not known which took how
    long."""
    for each in activities:
        seconds = (
            each.seconds if each.seconds is not None and 0 <= each.seconds < _LONGEST else None
        )
        if each.did is Did.TASK:
            yield Run(each.at, "", f"{TASK}{each.text}", seconds, each.ok, each.text == TESTS)
        elif each.did is Did.COMMAND:
            found = commands(each.text)
            if len(found) == 1:
                test = is_test(found[0])
                what = ran(found[0])
                yield Run(each.at, each.cwd, what, seconds, each.ok, test, typed=True)


def seen(
    activities: Sequence[Activity],
    executions: Iterable[Execution],
    tasks: Mapping[str, CustomTask] = _NO_TASKS,
) -> Seen:
    """What analyses are told of runs. An execution of a task counts however it was started; what
    was asked for by hand is in the log, too, and counts once. ``tasks``: what the user's own are;
    their executions are runs of their commands."""
    every = [each for each in runs(activities) if not each.what.startswith(TASK)]
    for each in executions:
        run = _executed(each)
        every.append(run)
        if (own := _command(tasks.get(each.task))) is not None:
            every.append(run._replace(folder=own[0], what=own[1]))
    by: dict[tuple[str, str], list[Run]] = {}
    for one in every:
        by.setdefault((one.folder, one.what), []).append(one)
    times = [one.at for one in every]
    weeks = max(1.0, (max(times) - min(times)) / (7 * DAY)) if times else 1.0
    typed = [each.at for each in activities if each.did is Did.COMMAND]
    days = {int(at // DAY) for at in typed}
    is_told = len(typed) >= _TOLD_COMMANDS and len(days) >= _TOLD_DAYS
    return Seen({key: _timing(those, weeks) for key, those in by.items()}, is_told)


def _executed(each: Execution) -> Run:
    seconds = each.ended - each.started
    what, ok, test = f"{TASK}{each.task}", each.status == DONE, each.task == TESTS
    return Run(each.started, "", what, seconds, ok, test, each.cpu, each.memory)


def _command(task: CustomTask | None) -> tuple[str, str] | None:
    """The folder and the command; None where a run is of more than that."""
    if task is None or "${{" in (line := shlex.join(task.command)):
        return None
    found = commands(line)
    return (task.cwd, ran(found[0])) if len(found) == 1 else None


def _timing(those: Sequence[Run], weeks: float) -> Timing:
    took = [each.seconds for each in those if each.seconds is not None]
    judged = [each.ok for each in those if each.ok is not None]
    measured = [each for each in those if each.memory and each.took > 0]
    return Timing(
        median(took) if took else None,
        len(those),
        len(those) / weeks,
        sum(judged),
        len(judged),
        len(measured),
        max((each.memory for each in measured), default=0),
        median(each.cpu / each.took for each in measured) if measured else 0.0,
    )
