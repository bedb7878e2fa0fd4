"""What a workflow is worth, from 0 to 100, with its parts; docs/workflows.md tells how. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...sizes import size
from .course import Course
from .model import Issue, Machine, Timing
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


class Usage(NamedTuple):
    """What runs were measured to take of the machine: ``points`` of a hundred, and ``told``."""

    points: float
    told: str


def usage(timings: Iterable[Timing], machine: Machine | None) -> Usage | None:
    """Of the hungriest; None where nothing was measured. Up to a quarter of the memory and half of
    the processors nobody minds; whoever takes all of the one loses 50 points, of the other 25."""
    those = [each for each in timings if each.measured]
    if not those or machine is None:
        return None
    memory, cores = max(each.memory for each in those), max(each.cores for each in those)
    held, busy = memory / machine.memory, cores / machine.cores
    off = 50 * _beyond(held, 0.25) + 25 * _beyond(busy, 0.5)
    of_memory = f"{size(memory)}, {100 * held:.0f} % of the memory here"
    told = f"measured: at most {of_memory}, and {cores:.1f} of {machine.cores} processors"
    return Usage(100 - off, f"{off:.0f} off: {told}" if off >= 0.5 else told)


def _beyond(share: float, free: float) -> float:
    """0 up to ``free``, 1 where it is all there is."""
    return min(1.0, max(0.0, (share - free) / (1 - free)))


def score(
    issues: Sequence[Issue], rate: tuple[int, int], in_order: Course | None, taken: Usage | None
) -> Score:
    """``rate``: how many runs went well, of how many. ``in_order``: how the jobs follow each other,
    where what could run at once is run one after another; ``taken``: where that was measured."""
    parts = {part: _points(part, issues) for part in Part}
    good, runs = rate
    if runs >= _ENOUGH:
        value, why = parts[Part.SUCCESS]
        told = f"{good} of {runs} runs that were seen went well"
        parts[Part.SUCCESS] = Points(value * good / runs, (told, *why))
    elif not runs:
        value, why = parts[Part.SUCCESS]
        parts[Part.SUCCESS] = Points(value, ("no run of it was seen here", *why))
    value, why = parts[Part.RESOURCES]
    told = taken.told if taken else "what it takes was not measured here: by rules alone"
    parts[Part.RESOURCES] = Points(
        max(0.0, value - 100 + (taken.points if taken else 100)), (told, *why)
    )
    if in_order and in_order.total > in_order.cost > 0:
        value, why = parts[Part.PERFORMANCE]
        share = in_order.cost / in_order.total
        told = f"the critical path is {100 * share:.0f} % of what runs one after another"
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
