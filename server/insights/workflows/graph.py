"""Jobs that wait for others: circles, the longest way, what nothing reaches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

Needs = Mapping[str, Sequence[str]]


class Way(NamedTuple):
    """The longest way through a graph: the jobs in their order, and what they cost together."""

    names: tuple[str, ...]
    cost: float


def known(needs: Needs) -> dict[str, tuple[str, ...]]:
    """Only what is there is waited for."""
    return {name: tuple(each for each in its if each in needs) for name, its in needs.items()}


def circle(needs: Needs) -> tuple[str, ...]:
    """Jobs that wait for each other, the first again at the end; empty where none do."""
    try:
        TopologicalSorter(known(needs)).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def order(needs: Needs) -> tuple[str, ...]:
    """Each after those that it waits for; empty where some wait for each other."""
    try:
        return tuple(TopologicalSorter(known(needs)).static_order())
    except CycleError:
        return ()


def longest(needs: Needs, cost: Mapping[str, float]) -> Way:
    """The critical path; empty in a circle. What is not in ``cost`` costs nothing."""
    best: dict[str, tuple[float, str]] = {}
    its = known(needs)
    for name in order(needs):
        before = max(((best[each][0], each) for each in its[name]), default=(0.0, ""))
        best[name] = before[0] + cost.get(name, 0.0), before[1]
    if not best:
        return Way((), 0.0)
    last = max(reversed(best), key=lambda name: best[name][0])  # what costs nothing is on the way
    whole, names, here = best[last][0], [], last
    while here:
        names.append(here)
        here = best[here][1]
    return Way(tuple(reversed(names)), whole)


def reached(needs: Needs, entries: Iterable[str]) -> frozenset[str]:
    """What is run when the entries are."""
    found: set[str] = set()
    ahead = [each for each in entries if each in needs]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += [each for each in needs[name] if each in needs]
    return frozenset(found)


def levels(needs: Needs) -> int:
    """So many jobs run at once, at most, when each begins as soon as it can and all take as
    long."""
    depth: dict[str, int] = {}
    its = known(needs)
    for name in order(needs):
        depth[name] = max((depth[each] + 1 for each in its[name]), default=0)
    counts: dict[int, int] = {}
    for each in depth.values():
        counts[each] = counts.get(each, 0) + 1
    return max(counts.values(), default=0)
