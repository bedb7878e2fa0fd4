"""What Understudy took: processor time and memory, by tool and by task. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from ...store.automations import Execution as Run
from ...store.history import Execution
from ...store.measured import Looked
from .calendar import Period

_T = TypeVar("_T")


class Spent(NamedTuple):
    """Of one tool or task: how often it ran (for a tool: on how many files), seconds on the clock
    and of processors, and the most memory, in bytes; 0 where no process of its own was measured.
    ``ahead``: of the seconds on the clock, those for what nobody had asked for yet."""

    name: str
    times: int
    seconds: float
    cpu: float
    memory: int
    ahead: float = 0.0

    @property
    def is_measured(self) -> bool:
        """Whether ``cpu`` and ``memory`` tell anything."""
        return self.memory > 0


def by_tools(looked: Iterable[Looked], period: Period) -> list[Spent]:
    """What took the most of a processor first."""
    within = (each for each in looked if period.within(each.day) is not None)
    return _by_name(
        (
            Spent(
                each.tool,
                each.files,
                each.seconds,
                each.cpu,
                each.memory,
                each.seconds if each.ahead else 0.0,
            )
            for each in within
        ),
        lambda each: each,
    )


def by_tasks(executions: Iterable[Execution], period: Period) -> list[Spent]:
    """What took the most of a processor first; an end before its start took no time."""
    within = (each for each in executions if period.day(each.started) is not None)
    return _by_name(
        within,
        lambda e: Spent(e.task, 1, max(0.0, e.ended - e.started), max(0.0, e.cpu), e.memory),
    )


def by_automations(runs: Iterable[tuple[str, Run]], period: Period) -> list[Spent]:
    """``runs``: each with the name of its automation; those that were only looked at, failed or
    were undone took their time, too. What they took of a processor is not measured."""
    within = ((name, run) for name, run in runs if period.day(run.at) is not None)
    found = _by_name(within, lambda row: Spent(row[0], 1, max(0.0, row[1].seconds), 0.0, 0))
    return sorted(found, key=lambda each: (-each.seconds, each.name))


def _by_name(rows: Iterable[_T], of: Callable[[_T], Spent]) -> list[Spent]:
    found: dict[str, Spent] = {}
    for row in rows:
        one = of(row)
        known = found.get(one.name)
        found[one.name] = one if known is None else _together(known, one)
    return sorted(found.values(), key=lambda each: (-each.cpu, each.name))


def _together(one: Spent, other: Spent) -> Spent:
    return Spent(
        one.name,
        one.times + other.times,
        one.seconds + other.seconds,
        one.cpu + other.cpu,
        max(one.memory, other.memory),
        one.ahead + other.ahead,
    )
