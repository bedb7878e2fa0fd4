"""Which waiting job goes next: a pure function of the rows, their history and the time.

A job's effective priority is its base (``model.Importance``) times what its history says, plus what
time adds: a little for every second that it waits, and up to ``_DEADLINE`` as its deadline comes
near. Who is waited for is as urgent as the most urgent of those who wait. Since what waiting adds
has no bound and everything else has, nothing starves: what has waited ``BOUND_SECONDS`` goes before
anything that is queued after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from statistics import median
from typing import NamedTuple

from ..model import Importance
from ..store.job_rows import Waiting

_PER_FAILURE = 0.25
_MOST_FAILURES = 4
_QUICK_SECONDS = 1.0
_QUICK = 0.9
_PER_SECOND = 1.0
_DEADLINE = 1_000.0
_HORIZON_SECONDS = 600.0
_PER_DEPENDANT = 5.0
_MOST_DEPENDANTS = 20

HISTORY = 100
"""So many executions of a task type are its history."""

BOUND_SECONDS = (
    Importance.CRITICAL * (1 + _PER_FAILURE * _MOST_FAILURES)
    + _DEADLINE
    + _PER_DEPENDANT * _MOST_DEPENDANTS
) / _PER_SECOND


class Execution(NamedTuple):
    """One attempt at a job, as far as its task's history is concerned."""

    succeeded: bool
    seconds: float


class History(NamedTuple):
    """What a task type's last executions come to."""

    failures: int = 0
    """How many of the newest failed in a row."""
    seconds: float | None = None
    """The median duration of those that succeeded; None: none did."""

    @staticmethod
    def of(executions: Sequence[Execution]) -> History:
        """``executions``: newest first."""
        recent = executions[:HISTORY]
        failures = next((n for n, each in enumerate(recent) if each.succeeded), len(recent))
        succeeded = [each.seconds for each in recent if each.succeeded]
        return History(failures, median(succeeded) if succeeded else None)


NO_HISTORY = History()


def ranked(
    rows: Iterable[Waiting], histories: Mapping[str, History], now: float
) -> list[tuple[int, float]]:
    """The ids with their effective priorities, the most urgent first; in doubt, the older.

    Raises graphlib.CycleError when the jobs wait for each other.
    """
    by_id = {row.id: row for row in rows}
    factors = {task: _factor(histories.get(task, NO_HISTORY)) for task in _tasks(by_id.values())}
    scores = {
        id_: _own(row, factors[row.task], histories.get(row.task, NO_HISTORY), now)
        for id_, row in by_id.items()
    }
    _inherit(by_id, scores)
    return sorted(scores.items(), key=lambda item: (-item[1], by_id[item[0]].queued, item[0]))


def _tasks(rows: Iterable[Waiting]) -> set[str]:
    return {row.task for row in rows}


def _factor(history: History) -> float:
    raised = 1 + _PER_FAILURE * min(history.failures, _MOST_FAILURES)
    quick = history.seconds is not None and history.seconds < _QUICK_SECONDS
    return raised * _QUICK if quick else raised


def _own(row: Waiting, factor: float, history: History, now: float) -> float:
    waited = max(0.0, now - row.queued)
    score = row.importance * factor + waited * _PER_SECOND
    if row.deadline is not None:
        slack = row.deadline - now - (history.seconds or 0.0)
        score += _DEADLINE * min(1.0, max(0.0, 1 - slack / _HORIZON_SECONDS))
    return score


def _inherit(rows: Mapping[int, Waiting], scores: dict[int, float]) -> None:
    """Who is waited for becomes as urgent as who waits, and a little more for each of them."""
    dependants: dict[int, list[int]] = {}
    for row in rows.values():
        for needed in row.needs:
            if needed in rows:
                dependants.setdefault(needed, []).append(row.id)
    if not dependants:
        return
    for id_ in TopologicalSorter(dependants).static_order():
        if waiting := dependants.get(id_):
            highest = max(scores[each] for each in waiting)
            crowd = _PER_DEPENDANT * min(len(waiting), _MOST_DEPENDANTS)
            scores[id_] = max(scores[id_], highest) + crowd
