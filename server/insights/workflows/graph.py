"""Jobs that wait for others: circles, their order, what nothing reaches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, Sequence[str]]


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
