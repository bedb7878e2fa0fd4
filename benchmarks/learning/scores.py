"""How true the scores are: by decile, by order, and refitted to a person."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from understudy.automations.mining.score import Weights
from understudy.store.activity import Activity

from .replay import CONTENDERS, Judged, replay_one

_FEW_SCORES = 20
"""From fewer, nobody's weights are refitted."""


class Decile(NamedTuple):
    """Of the scores from ``low`` to a tenth above: how many, their mean, the share that was used
    again."""

    low: float
    scores: int
    mean: float
    used: float


def deciles(judged: Iterable[Judged]) -> list[Decile]:
    groups: dict[int, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[min(9, int(10 * each.score))].append(each)
    return [
        Decile(
            number / 10,
            len(group),
            statistics.fmean(each.score for each in group),
            statistics.fmean(each.used for each in group),
        )
        for number, group in sorted(groups.items())
    ]


def auc(judged: Sequence[Judged]) -> float:
    """The chance that of two, the one that was used has the higher score; NaN without two kinds."""
    ordered = sorted(judged, key=lambda each: each.score)
    ranks: dict[float, list[int]] = defaultdict(list)
    for rank, each in enumerate(ordered, 1):
        ranks[each.score].append(rank)
    used = [statistics.fmean(ranks[each.score]) for each in ordered if each.used]
    others = len(ordered) - len(used)
    if not used or not others:
        return math.nan
    return (sum(used) - len(used) * (len(used) + 1) / 2) / (len(used) * others)


class Refit(NamedTuple):
    """Of the later half of what was scored, by the weights as they are and by those refitted on
    the earlier half of each person: the mean surprise (the negative logarithm of the chance that
    was given to what came)."""

    scores: int
    before: float
    after: float


def refit(people: Iterable[Sequence[Activity]]) -> Refit:
    surprises: list[tuple[float, float]] = []
    for tasks in people:
        judged = replay_one(tasks, CONTENDERS[0]).judged
        half = len(judged) // 2
        if half < _FEW_SCORES:
            continue
        start = Weights()
        own = start.refitted((each.features, each.used) for each in judged[:half])
        surprises += ((_surprise(start, each), _surprise(own, each)) for each in judged[half:])
    if not surprises:
        return Refit(0, math.nan, math.nan)
    before, after = (statistics.fmean(each) for each in zip(*surprises, strict=True))
    return Refit(len(surprises), before, after)


def _surprise(weights: Weights, judged: Judged) -> float:
    chance = weights.score(judged.features)
    return -math.log(max(1e-9, chance if judged.used else 1 - chance))
