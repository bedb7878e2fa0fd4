"""What was run, as the log and the executions have it: how long it takes, how often it is run, how
often it goes well. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from ....store.activity import Activity, Did
from ....store.history import Execution
from ....store.job_rows import DONE
from ....tasks.test_runs import NAME as TESTS
from ..analysis import TASK, Seen
from ..definitions.scripts import called
from ..model import Timing
from ..shell import Words, commands, is_test, program

DAY = 86_400.0
_TOLD_COMMANDS, _TOLD_DAYS = 50, 7.0
"""Of so many commands on so many days, what is not among them is not run."""
_LONGEST = 6 * 3_600.0
"""Seconds. What took longer was left alone."""


class Run(NamedTuple):
    """``what``: as ``ran`` has it; ``folder``: below the workspace. ``seconds`` and ``ok`` are None
    where they are not known."""

    at: float
    folder: str
    what: str
    seconds: float | None
    ok: bool | None
    is_test: bool

    @property
    def took(self) -> float:
        return self.seconds or 0.0


def ran(words: Words) -> str:
    """The same for what is the same, however it is typed: ``npm t`` is ``npm run test``."""
    own = program(words)
    scripts = called(own, {})
    return f"npm run {scripts[0]}" if len(scripts) == 1 else " ".join(own)


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
                yield Run(each.at, each.cwd, ran(found[0]), seconds, each.ok, test)


def seen(activities: Sequence[Activity], executions: Iterable[Execution]) -> Seen:
    """What analyses are told of runs. An execution of a task counts however it was started; what
    was asked for by hand is in the log, too, and counts once."""
    every = [each for each in runs(activities) if not each.what.startswith(TASK)]
    every += [
        Run(
            e.started, "", f"{TASK}{e.task}", e.ended - e.started, e.status == DONE, e.task == TESTS
        )
        for e in executions
    ]
    by: dict[tuple[str, str], list[Run]] = {}
    for each in every:
        by.setdefault((each.folder, each.what), []).append(each)
    times = [each.at for each in every]
    weeks = max(1.0, (max(times) - min(times)) / (7 * DAY)) if times else 1.0
    typed = [each.at for each in activities if each.did is Did.COMMAND]
    days = {int(at // DAY) for at in typed}
    is_told = len(typed) >= _TOLD_COMMANDS and len(days) >= _TOLD_DAYS
    return Seen({key: _timing(those, weeks) for key, those in by.items()}, is_told)


def _timing(those: Sequence[Run], weeks: float) -> Timing:
    took = [each.seconds for each in those if each.seconds is not None]
    judged = [each.ok for each in those if each.ok is not None]
    return Timing(
        median(took) if took else 0.0, len(those), len(those) / weeks, sum(judged), len(judged)
    )
