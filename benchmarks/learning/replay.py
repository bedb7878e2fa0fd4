"""What is offered to each person at each of their tasks, and what became of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from understudy.automations.mining.budget import Budget
from understudy.automations.mining.miner import Candidate
from understudy.automations.mining.score import Features
from understudy.store.activity import Activity

from ..report import US
from .known import LEAST, Known

HORIZON = 2_000
"""Tasks in which the score says that something is used again."""


class Contender(NamedTuple):
    """``rank``: the higher, the sooner it is offered; None: it is not. ``score``: what the budget
    judges by; the others' have none, so they may spend it on whatever comes."""

    name: str
    rank: Callable[[Known, Candidate], float | None]
    score: Callable[[Known, Candidate], float] = lambda known, candidate: 1.0


def _ours(known: Known, candidate: Candidate) -> float | None:
    return known.score(candidate) * _saved(candidate) if known.is_new(candidate) else None


def _naive(known: Known, candidate: Candidate) -> float | None:
    """Frequency · time · recency."""
    if not known.is_new(candidate):
        return None
    entry = candidate.entry
    return entry.count * _saved(candidate) / (1 + entry.gap)


def _plain(_: Known, candidate: Candidate) -> float | None:
    """Whatever was seen three times."""
    return candidate.entry.count if candidate.entry.count >= LEAST else None


def _saved(candidate: Candidate) -> int:
    return len(candidate.entry.occurrences[-1]) - 1


CONTENDERS = (
    Contender(US, _ours, Known.score),
    Contender("frequency · time · recency", _naive),
    Contender("plain n-grams", _plain),
)


class Judged(NamedTuple):
    """A score that was given, and whether what it was given to was used twice more. ``whole``: all
    tasks came that it speaks of; of the others nobody knows whether it was used later."""

    features: Features
    score: float
    used: bool
    whole: bool = True


class Replay(NamedTuple):
    """``uses``: of each offer, how often it was done after it; ``whole``: of those alone after
    which all tasks came that a score speaks of. ``saved``: the commands that offers would have done
    but for one a use."""

    tasks: int
    uses: list[int]
    whole: list[int]
    saved: int
    judged: list[Judged]

    def reused(self, least: int, *, whole: bool = False) -> float:
        uses = self.whole if whole else self.uses
        return sum(each >= least for each in uses) / len(uses) if uses else math.nan

    @property
    def per_thousand(self) -> float:
        return 1_000 * len(self.uses) / max(1, self.tasks)

    @property
    def commands_saved(self) -> float:
        return self.saved / max(1, self.tasks)


def replay(people: Iterable[Sequence[Activity]], contender: Contender) -> Replay:
    """With a budget of offers for each person."""
    parts = [replay_one(tasks, contender) for tasks in people]
    return Replay(
        sum(each.tasks for each in parts),
        [uses for each in parts for uses in each.uses],
        [uses for each in parts for uses in each.whole],
        sum(each.saved for each in parts),
        [judged for each in parts for judged in each.judged],
    )


def replay_one(tasks: Iterable[Activity], contender: Contender) -> Replay:
    """Of one person, with a budget of their own."""
    known, budget = Known(), Budget()
    uses: dict[str, int] = {}
    offered: dict[str, int] = {}
    saved: set[int] = set()
    commands = 0
    ends: dict[str, list[int]] = defaultdict(list)
    scored: list[tuple[str, int, Features, float]] = []
    for task in tasks:
        completed = known.add(task)
        budget.task()
        for each in completed:
            ends[each.id].append(known.tasks)
        # The longest first: what it does is not done twice.
        for each in sorted(completed, key=lambda each: -len(each.sequence)):
            numbers = {event.number for event in each.entry.occurrences[-1]}
            if each.id in uses and not numbers & saved:
                uses[each.id] += 1
                commands += len(numbers) - 1
                saved |= numbers
        scored += (
            (each.id, known.tasks, known.features(each), known.score(each))
            for each in completed
            if known.is_new(each)
        )
        ranked = [
            (rank, each.id, each)
            for each in completed
            if each.id not in uses and (rank := contender.rank(known, each)) is not None
        ]
        if ranked:
            _, found, chosen = max(ranked, key=lambda each: each[:2])
            if budget.take(contender.score(known, chosen)):
                uses[found], offered[found] = 0, known.tasks
                known.offer(chosen)
    last = known.tasks - HORIZON
    judged = [
        Judged(
            features,
            score,
            sum(number < end <= number + HORIZON for end in ends[name]) >= 2,
            number <= last,
        )
        for name, number, features, score in scored
    ]
    whole = [count for name, count in uses.items() if offered[name] <= last]
    return Replay(known.tasks, list(uses.values()), whole, commands, judged)
