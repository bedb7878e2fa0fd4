"""How the jobs of a workflow follow each other: the critical path, what all of it comes to, how
many run at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .graph import known, order, reached
from .model import Job

_MOST_VISITS = 500_000
"""Jobs that are added up. In a workflow beyond that nothing of this is told."""
_ENDLESS = 1e15
"""What jobs come to that call each other again and again."""
_MOST_NAMES = 1_000


class Course(NamedTuple):
    """Of the job that ends last and of all that it runs. ``names``: the critical path, in the order
    in which they end, the last thousand; ``cost``: what it takes when all runs at once that can;
    ``total``: one after another; ``wide``: so many run at once, at most, when each begins as soon
    as it can and all take as long."""

    names: tuple[str, ...] = ()
    cost: float = 0.0
    total: float = 0.0
    wide: int = 0


def course(jobs: Iterable[Job], cost: Mapping[str, float]) -> Course:
    """What a job needs ends before it begins, and runs once; what it calls is part of it, turn by
    turn, and runs again with each call. Empty where jobs wait for each other. What is not in
    ``cost`` costs nothing by itself."""
    try:
        return _Adding(jobs, cost).course()
    except _Beyond:
        return Course()


def ends(jobs: Iterable[Job], cost: Mapping[str, float]) -> Mapping[str, float]:
    """What a run of each takes with all that it needs and calls, where the ``cost`` of all of those
    is known; empty where jobs wait for each other."""
    by = {each.name: each for each in jobs}
    needs = known({name: each.needs for name, each in by.items()})
    calls = known({name: each.calls for name, each in by.items()})
    found: dict[str, float] = {}
    for name in order({name: (*needs[name], *calls[name]) for name in by}):
        if name in cost and all(each in found for each in (*needs[name], *calls[name])):
            before = max((found[each] for each in needs[name]), default=0.0)
            turns = ([found[c] for c in turn if c in by] for turn in by[name].turns)
            within = sum(max(turn, default=0.0) for turn in turns)
            found[name] = min(_ENDLESS, before + cost[name] + within)
    return found


class _Beyond(Exception):
    pass


class _Sum(NamedTuple):
    total: float
    wide: int


class _Adding:
    def __init__(self, jobs: Iterable[Job], cost: Mapping[str, float]) -> None:
        by = {each.name: each for each in jobs}
        self._cost = cost
        self._needs = known({name: each.needs for name, each in by.items()})
        self._turns: dict[str, Sequence[Sequence[str]]] = {
            name: [[c for c in turn if c in by] for turn in each.turns] for name, each in by.items()
        }
        self._order = order({name: (*self._needs[name], *each.calls) for name, each in by.items()})
        self._ends: dict[str, float] = {}
        self._depth: dict[str, int] = {}
        self._own: dict[str, _Sum] = {}
        self._runs: dict[str, _Sum] = {}
        self._left = _MOST_VISITS

    def course(self) -> Course:
        if not self._order:
            return Course()
        for name in self._order:
            self._add(name)
        last = max(reversed(self._order), key=self._end)  # what costs nothing is on the way
        whole = self._run(last)
        return Course(self._path(last), self._ends[last], whole.total, whole.wide)

    def _end(self, name: str) -> float:
        return self._ends[name]

    def _add(self, name: str) -> None:
        """All that it waits for and calls is known by now."""
        needs, turns = self._needs[name], [turn for turn in self._turns[name] if turn]
        runs = [[self._run(each) for each in turn] for turn in turns]
        cost = self._cost.get(name, 0.0)
        total = cost + sum(each.total for turn in runs for each in turn)
        wide = max([1, *(sum(each.wide for each in turn) for turn in runs)])
        self._own[name] = _Sum(min(_ENDLESS, total), wide)
        before = max(map(self._end, needs), default=0.0)
        end = before + cost + sum(max(map(self._end, turn)) for turn in turns)
        self._ends[name] = min(_ENDLESS, end)
        self._depth[name] = max((self._depth[each] + 1 for each in needs), default=0)

    def _run(self, name: str) -> _Sum:
        """Of a run of it, with what it needs."""
        if name not in self._runs:
            within = reached(self._needs, [name])
            self._left -= sum(1 + len(self._needs[each]) for each in within)
            if self._left < 0:
                raise _Beyond
            at_once: dict[int, int] = {}
            for each in within:
                depth = self._depth[each]
                at_once[depth] = at_once.get(depth, 0) + self._own[each].wide
            total = sum(self._own[each].total for each in within)
            self._runs[name] = _Sum(min(_ENDLESS, total), max(at_once.values()))
        return self._runs[name]

    def _path(self, last: str) -> tuple[str, ...]:
        return tuple(reversed([*self._back(last)]))

    def _back(self, last: str) -> Iterator[str]:
        """From the end to the beginning."""
        ahead, count = [last], 0
        while ahead and count < _MOST_NAMES:
            name, count = ahead.pop(), count + 1
            yield name
            ahead += [max(self._needs[name], key=self._end)] if self._needs[name] else []
            ahead += [max(turn, key=self._end) for turn in self._turns[name] if turn]
