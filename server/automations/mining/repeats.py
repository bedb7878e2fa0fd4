"""All that repeats in a log, whatever kind it is of. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...store.activity import Activity
from ..pattern import Pattern
from .files import Files, fitting
from .groups import groups
from .miner import Miner

MOST = 50
"""Of each kind so many are of interest."""


def patterns(
    activities: Sequence[Activity], least: int, now: float, answers: Mapping[str, bool]
) -> list[Pattern]:
    """What was done ``least`` times or more, the most useful first. ``now``: seconds since the
    epoch. ``answers``: what its user said to those that were offered, by their ids: the score of
    the others heeds it."""
    files, miner = Files(least), Miner(min_occurrences=least)
    for group in groups(activities):
        files.add(group)
    for activity in activities:
        miner.add(activity)
    miner.heed(answers)
    found = [*files.patterns(now)[:MOST], *miner.patterns(now, MOST)]
    return sorted((e if e.when else replace(e, when=fitting(e)) for e in found), key=_worth)


def _worth(pattern: Pattern) -> float:
    """What it is expected to save in a week, negative: the most comes first."""
    return -pattern.score * (pattern.each.low + pattern.each.high) * pattern.a_week
