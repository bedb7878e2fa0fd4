"""How often what was run succeeded, with Wilson's interval. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...runner.calls import Status
from ...store.automations import Execution as Run
from ...store.automations import Purpose
from ...store.history import Execution
from ...store.job_rows import CANCELLED, DONE
from ...store.rates import wilson
from .intervals import Bounds

_NO_ATTEMPT = (CANCELLED, Status.REFUSED)
"""A person ended it, or it was not let run: which says nothing of it."""


class Rate(NamedTuple):
    """Of so many ``runs``; ``bounds``: between what the rate lies with 95 %."""

    name: str
    successes: int
    runs: int
    bounds: Bounds

    @property
    def value(self) -> float:
        return self.successes / self.runs


def of_tasks(executions: Iterable[Execution]) -> list[Rate]:
    """By task; a job that was tried several times counts once, by its last attempt."""
    last: dict[tuple[str, int], Execution] = {}
    for each in executions:
        known = last.get((each.task, each.job))
        if each.status not in _NO_ATTEMPT and (known is None or known.attempt <= each.attempt):
            last[each.task, each.job] = each
    return _rates((task, each.status == DONE) for (task, _), each in last.items())


def of_automations(runs: Iterable[tuple[str, Run]]) -> list[Rate]:
    """``runs``: each with the name of its automation. What was only looked at is none."""
    return _rates((name, run.is_success) for name, run in runs if run.purpose != Purpose.PREVIEW)


def _rates(ended: Iterable[tuple[str, bool]]) -> list[Rate]:
    """What ran most often first."""
    found: dict[str, list[bool]] = {}
    for name, success in ended:
        found.setdefault(name, []).append(success)
    rates = [_rate(name, each) for name, each in found.items()]
    return sorted(rates, key=lambda each: (-each.runs, each.name))


def _rate(name: str, ended: Sequence[bool]) -> Rate:
    return Rate(name, sum(ended), len(ended), Bounds(*wilson(sum(ended), len(ended))))
