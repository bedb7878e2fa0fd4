"""What its runs say of an automation: how often it succeeds, what it saves, whether it is let run.
Pure."""

from __future__ import annotations

from typing import NamedTuple

from ..settings.learning import Automations as Limits
from ..store.rates import wilson
from ..store.standing import Tally
from .pattern import Saving

_ENOUGH = 5
"""Of fewer runs a rate says too little to disable one by it."""


class Record(NamedTuple):
    """``low`` and ``high``: between which the rate of success lies with 95 % (Wilson's interval).
    ``failures``: how many of the last runs failed in a row."""

    runs: int
    successes: int
    low: float
    high: float
    failures: int
    saved: Saving

    @property
    def rate(self) -> float:
        return self.successes / self.runs if self.runs else 1.0

    def against(self, limits: Limits) -> str:
        """Why it is not to be run any more, for people; empty when it may be."""
        if self.failures >= limits.max_failures:
            return f"its last {self.failures} runs failed or were undone"
        if self.runs >= _ENOUGH and self.rate < limits.min_success_rate:
            least = f"{limits.min_success_rate:.0%}"
            return f"{self.successes} of {self.runs} runs succeeded, and at least {least} have to"
        return ""


def record(tally: Tally) -> Record:
    runs, successes, failures, low, high = tally
    return Record(runs, successes, *wilson(successes, runs), failures, Saving(low, high))
