"""Where time goes: what was asked for by hand and took long, with its cost in a week. Pure but for
the randomness that is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import median
from typing import NamedTuple

from ....store.activity import Activity
from .runs import Run, runs
from .weekly import Span, Weekly, weekly

_LEAST_SECONDS = 5.0
_LEAST_RUNS = 3
_MOST = 5


class Bottleneck(NamedTuple):
    """``seconds``: the median of the runs; ``weekly`` None: too few days are known."""

    folder: str
    what: str
    runs: int
    seconds: float
    weekly: Weekly | None


def bottlenecks(activities: Sequence[Activity], span: Span, random: Random) -> list[Bottleneck]:
    """Those that took most time in all, the most first."""
    by: dict[tuple[str, str], list[Run]] = {}
    for run in runs(activities):
        if run.took >= _LEAST_SECONDS:
            by.setdefault((run.folder, run.what), []).append(run)
    most = sorted(by.items(), key=lambda found: -sum(run.took for run in found[1]))
    return [
        Bottleneck(
            *key,
            len(those),
            median(run.took for run in those),
            weekly([(run.at, run.took) for run in those], span, random),
        )
        for key, those in most[:_MOST]
        if len(those) >= _LEAST_RUNS
    ]
