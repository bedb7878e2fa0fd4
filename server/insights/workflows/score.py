"""What a workflow is worth, from 0 to 100, with its parts; docs/workflows.md tells how. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .model import Issue
from .rules import RULES, Part

WEIGHTS = {Part.SUCCESS: 0.4, Part.PERFORMANCE: 0.35, Part.RESOURCES: 0.25}
_ENOUGH = 5
"""Of fewer runs their rate says too little."""


class Points(NamedTuple):
    """Of one part; ``why``: what it comes from, for people."""

    value: float
    why: tuple[str, ...]


class Score(NamedTuple):
    value: float
    parts: dict[Part, Points]


def score(issues: Sequence[Issue], rate: tuple[int, int], critical: float, total: float) -> Score:
    """``rate``: how many runs went well, of how many. ``total``: what it takes as it is run;
    ``critical``: what it would take if all ran at once that can, in the same unit."""
    parts = {part: _points(part, issues) for part in Part}
    good, runs = rate
    if runs >= _ENOUGH:
        value, why = parts[Part.SUCCESS]
        told = f"{good} of {runs} runs that were seen went well"
        parts[Part.SUCCESS] = Points(value * good / runs, (told, *why))
    elif not runs:
        value, why = parts[Part.SUCCESS]
        parts[Part.SUCCESS] = Points(value, ("no run of it was seen here", *why))
    if total > critical > 0:
        value, why = parts[Part.PERFORMANCE]
        share = critical / total
        told = f"the critical path is {share:.0%} of what runs one after another"
        parts[Part.PERFORMANCE] = Points(value * (0.5 + 0.5 * share), (told, *why))
    return Score(sum(WEIGHTS[part] * parts[part].value for part in Part), parts)


def _points(part: Part, issues: Sequence[Issue]) -> Points:
    """A hundred, without what the issues take from it: each further one of a rule half as much as
    the one before."""
    value, why = 100.0, []
    counts: dict[str, int] = {}
    for each in issues:
        if RULES[each.rule].part is part:
            counts[each.rule] = counts.get(each.rule, 0) + 1
    for rule, count in counts.items():
        off = RULES[rule].weight * (2 - 0.5 ** (count - 1))
        value -= off
        times = f" ({count}×)" if count > 1 else ""
        why.append(f"{off:.0f} off: {RULES[rule].title.lower()}{times}")
    return Points(max(0.0, value), tuple(why))
