"""All that repeats in a log, whatever kind it is of, found as the log grows. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ...store.activity import Activity, Did
from ..pattern import Pattern
from .files import Files
from .groups import groups
from .history import Group
from .miner import Miner
from .when import fitting

MOST = 50
"""Of each kind so many are of interest."""
_MOST_ON_FILES = 50_000
_ON_FILES = frozenset({Did.CREATED, Did.MOVED, Did.DELETED, Did.COMMITTED, Did.SWITCHED})
_OPEN_SECONDS = 86_400.0
"""What was done to files so lately is mostly committed later, and is another group then."""


class Repeats:
    """``least``: done less often, it is no pattern. ``offered``: the ids of those that are offered,
    or were; what they do is no news."""

    def __init__(self, least: int, offered: AbstractSet[str] = frozenset()) -> None:
        self._least = least
        self._miner = Miner(min_occurrences=least, offered=offered)
        self._on_files = deque[Activity](maxlen=_MOST_ON_FILES)
        self._files = Files(least)
        self._settled: list[Group] = []
        """Those that were added to ``_files``."""

    def add(self, activity: Activity) -> None:
        """One task, not older than those before it."""
        self._miner.add(activity)
        if activity.did in _ON_FILES:
            self._on_files.append(activity)

    def patterns(self, now: float, answers: Mapping[str, bool]) -> list[Pattern]:
        """The most useful first. ``now``: seconds since the epoch. ``answers``: what its user said
        to those that were offered, by their ids: the score of the others heeds it."""
        self._miner.heed(answers)
        found = [*self._together().patterns(now)[:MOST], *self._miner.patterns(now, MOST)]
        return sorted((e if e.when else replace(e, when=fitting(e)) for e in found), key=_worth)

    def _together(self) -> Files:
        """Of all that was done to files. Where older groups are others than they were, anew."""
        found = groups(self._on_files)
        settled = sum(1 for each in found if each.at < found[-1].at - _OPEN_SECONDS)
        if found[: len(self._settled)] != self._settled:
            self._files, self._settled = Files(self._least), []
        for group in found[len(self._settled) : settled]:
            self._files.add(group)
            self._settled.append(group)
        files = self._files.fork()
        for group in found[len(self._settled) :]:
            files.add(group)
        return files


def _worth(pattern: Pattern) -> float:
    """What it is expected to save in a week, negative: the most comes first."""
    return -pattern.score * (pattern.each.low + pattern.each.high) * pattern.a_week
