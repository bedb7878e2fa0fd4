"""What running jobs may take of the machine, all together, and who is paused when it is too much.

Pure: a sampler tells what each job used since the last tick, ``Budget.tick`` says who is to be
stopped. CPU is an account that fills at the allowed rate and that usage is taken from. It holds no
more than ``_SAVED_SECONDS`` of allowance, so that over any ten seconds usage stays within 15 % of
what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..model import Importance

_OWN_SHARE = 0.05
"""Of the allowance: wardens and workers use it besides what is told of their jobs."""
_SAVED_SECONDS = 0.25
_RESUME_SHARE = 0.2
"""Of what the account can hold: from there on paused jobs go on."""


class Usage(NamedTuple):
    """``cpu``: seconds since the last tick; ``memory``: resident bytes now, the tree's."""

    job: int
    priority: float
    cpu: float
    memory: int


class Verdict(NamedTuple):
    """``paused``: the jobs that must not run until the next tick. ``excess``: the job to end since
    memory is short; at most one a tick, so that what its end frees is seen."""

    paused: frozenset[int]
    excess: int | None = None


class Budget:
    """``cpus``: how many processors the allowance means; ``percent`` is of all of them."""

    def __init__(self, percent: float, memory: int, cpus: int) -> None:
        self._rate = percent / 100 * cpus * (1 - _OWN_SHARE)
        self._most = self._rate * _SAVED_SECONDS
        self._balance = self._most * _RESUME_SHARE
        self._memory = memory
        self._paused: frozenset[int] = frozenset()
        self._pace = 0.0
        """CPU seconds a second, when last nobody was paused."""

    @property
    def has_room(self) -> bool:
        """Whether more work may begin."""
        return self._balance >= self._most * _RESUME_SHARE

    @property
    def lasts(self) -> float:
        """Seconds after which the allowance is used up, at the pace at which all run that are not
        paused."""
        more = self._pace - self._rate
        return max(0.0, self._balance / more) if more > 0 and not self._paused else math.inf

    def take(self, cpu: float) -> None:
        """CPU seconds that are used, or will be, besides what ``tick`` is told; less than none:
        they were not used after all."""
        self._balance = min(self._balance - cpu, self._most)

    def tick(self, usages: Sequence[Usage], seconds: float) -> Verdict:
        """``seconds``: since the last tick."""
        spent = sum(usage.cpu for usage in usages)
        self._balance = min(self._balance + self._rate * seconds - spent, self._most)
        if not self._paused and seconds:
            self._pace = spent / seconds
        self._paused = self._pausing(usages, seconds)
        return Verdict(self._paused, self._largest(usages))

    def _pausing(self, usages: Sequence[Usage], seconds: float) -> frozenset[int]:
        if self._balance >= self._most * _RESUME_SHARE:
            return frozenset()
        if self._balance > 0:
            return self._paused & {usage.job for usage in usages}
        # The least urgent first, until what the others took fits into the allowance.
        over = sum(usage.cpu for usage in usages) - self._rate * seconds
        paused: set[int] = set()
        for usage in sorted(usages, key=lambda each: each.priority):
            if over <= 0:
                break
            paused.add(usage.job)
            over -= usage.cpu
        return frozenset(paused | (self._paused & {usage.job for usage in usages}))

    def _largest(self, usages: Sequence[Usage]) -> int | None:
        if sum(usage.memory for usage in usages) <= self._memory:
            return None
        least = min(usages, key=lambda usage: (usage.priority, -usage.memory))
        return least.job


class Conditions(NamedTuple):
    """How the machine and its user are just now."""

    typing: bool = False
    on_battery: bool = False
    pressure: str = ""
    """What runs short, for people; empty when nothing does."""


def slots(most: int, percent: float, cpus: int) -> int:
    """How many jobs may run at once: ``most``, but no more than the CPU budget can feed."""
    return max(1, min(most, round(cpus * percent / 100 * _JOBS_PER_CPU)))


_JOBS_PER_CPU = 5
"""Many jobs wait more than they compute."""


def why_not_now(importance: int, conditions: Conditions) -> str:
    """Why work of this importance has to wait although it could run; empty when it need not."""
    if importance > Importance.LOW:
        return ""
    reasons: Collection[tuple[bool, str]] = (
        (bool(conditions.pressure), conditions.pressure),
        (conditions.on_battery, "the computer runs on battery"),
        (conditions.typing, "you are typing"),
    )
    return next((why for holds, why in reasons if holds), "")
