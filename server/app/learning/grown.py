"""What a log was read into so far: a look reads only what came since."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ...automations.mining.budget import Budget
from ...automations.mining.repeats import Repeats
from ...store.activity import Activity, Did, Log

_LEAST_GONE = 0.1
"""Where more of what was read is gone from the log, for want of room, it is read anew."""
_NO_TASKS = frozenset({Did.SAVED, Did.FIXED, Did.EDITOR})
"""No pattern is made of them, so the budget of offers does not grow by them either."""


class Terms(NamedTuple):
    """What the log is read under. ``offered``: the ids of automations that their users were offered
    and that are not disabled; ``offers``: when each offer so far was made."""

    least: int
    per_hundred: float
    min_score: float
    offered: frozenset[str]
    offers: tuple[float, ...]


class Grown:
    """What a log was read into so far, oldest first. ``last``: the last task; ``newest``: the
    highest number; ``count``: how many."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.repeats = Repeats(terms.least, terms.offered)
        self.budget = Budget(terms.per_hundred, terms.min_score)
        self.last: Activity | None = None
        self.newest = self.count = 0
        self._offers = deque(terms.offers)

    def read(self, activities: Sequence[Activity]) -> None:
        """All that is in the log by now, or came since."""
        for activity in activities:
            self.repeats.add(activity)
            if activity.did not in _NO_TASKS:
                self.budget.task()
            while self._offers and self._offers[0] <= activity.at:
                self._charge()
        while self._offers:
            self._charge()
        self.count += len(activities)
        if activities:
            self.last = activities[-1]
            self.newest = max(self.newest, *(each.id for each in activities))

    def _charge(self) -> None:
        self._offers.popleft()
        self.budget.take(1.0)

    async def new_in(self, log: Log) -> list[Activity] | None:
        """What came since, oldest first; None where the log has to be read anew: it is another,
        something was forgotten, much had to go, or what came is older than what was there. Raises
        sqlite3.Error."""
        if self.last is None:
            return None
        count, is_there = await log.extent(self.last)
        new = sorted(await log.after(self.newest), key=lambda each: (each.at, each.id))
        is_much = self.count + len(new) - count > _LEAST_GONE * self.count
        if not is_there or is_much or (new and new[0].at < self.last.at):
            return None
        return new
