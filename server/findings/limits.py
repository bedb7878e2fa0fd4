"""Of many problems the most important ones: in a file, and in the files of a folder. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from ..model import Problem, Severity
from .families import NOT_ANALYSED

Tally = tuple[int, ...]
"""How many problems there are of each rank, the most important first."""

_SEVERITIES = len(Severity)
_RANKS = 4 * _SEVERITIES


def _rank(problem: Problem) -> int:
    """By severity; a silence before what is as severe, since it may stand for anything; what is
    known after all new."""
    silent = any(finding.rule == NOT_ANALYSED for finding in problem.findings)
    by_severity = _SEVERITIES * (1 + problem.known) - 1 - problem.severity
    return 2 * by_severity + (not silent)


def most_important(problems: Sequence[Problem], most: int) -> tuple[Problem, ...]:
    """At most so many, in the order in which they are given."""
    if len(problems) <= most:
        return tuple(problems)
    by_rank = sorted(range(len(problems)), key=lambda place: _rank(problems[place]))
    return tuple(problems[place] for place in sorted(by_rank[:most]))


def tally(problems: Sequence[Problem]) -> Tally:
    counts = [0] * _RANKS
    for problem in problems:
        counts[_rank(problem)] += 1
    return tuple(counts)


def shares(tallies: Mapping[str, Tally], most: int) -> dict[str, int]:
    """How many problems each file may show, so that there are at most ``most`` in all.

    No problem is shown where a more important one of any file is not; among equals the files are
    served in the order of their names.
    """
    totals = list(accumulate(map(sum, zip(*tallies.values(), strict=True))))
    last = next((rank for rank, total in enumerate(totals) if total > most), _RANKS)
    left = most - (totals[last - 1] if last and totals else 0)
    shared: dict[str, int] = {}
    for path in sorted(tallies):
        counts = tallies[path]
        some = min(left, counts[last]) if last < _RANKS else 0
        left -= some
        shared[path] = sum(counts[:last]) + some
    return shared
