"""What was pushed from here, as git notes it beside the branches of a remote, or as it was typed.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import NamedTuple

from ....store.activity import Activity, Did
from ..definitions.actions import ANY
from ..shell import commands
from .runs import DAY

_LINE = re.compile(
    r"[0-9a-f]{40,64} [0-9a-f]{40,64} [^\t\n]*> (\d{1,12}) [+-]\d{4}\tupdate by push", re.ASCII
)
_DAYS = 90
_MOST = 10_000
_TRUNKS = frozenset({"main", "master"})
"""From which nobody asks to pull."""


class Push(NamedTuple):
    """``branch``: empty where that is not known. ``at``: in seconds since the epoch."""

    at: float
    branch: str


class Pushes(NamedTuple):
    """Those that are known, the oldest first, of ``weeks``, one at least."""

    every: tuple[Push, ...] = ()
    weeks: float = 1.0

    @staticmethod
    def of(pushes: Iterable[Push], now: float) -> Pushes:
        """Of the last 90 days, the newest of very many."""
        lately = sorted(each for each in pushes if now - _DAYS * DAY <= each.at <= now)
        every = tuple(lately[-_MOST:])
        weeks = max(1.0, (now - every[0].at) / (7 * DAY)) if every else 1.0
        return Pushes(every, weeks)

    def to(self, patterns: Sequence[str]) -> int:
        """So many to branches that one of the patterns fits."""
        return sum(
            any(each == ANY or fnmatchcase(push.branch, each) for each in patterns)
            for push in self.every
        )

    def overlap(self, seconds: float) -> tuple[int, float]:
        """How many came to a branch within so many seconds of the one before, and the seconds that
        were left then, of all of them."""
        by: dict[str, list[float]] = {}
        for push in self.every:
            if push.branch not in _TRUNKS:
                by.setdefault(push.branch, []).append(push.at)
        left = [seconds - (b - a) for those in by.values() for a, b in pairwise(those)]
        stale = [each for each in left if each > 0]
        return len(stale), sum(stale)


def noted(text: str, branch: str) -> Iterator[Push]:
    """Of what git notes of a branch of a remote."""
    for line in text.splitlines():
        if matched := _LINE.fullmatch(line):
            yield Push(float(matched[1]), branch)


def typed(activities: Iterable[Activity]) -> Iterator[Push]:
    for each in activities:
        went = each.did is Did.COMMAND and each.ok is not False
        if went and any(words[:2] == ("git", "push") for words in commands(each.text)):
            yield Push(each.at, "")
