"""Tasks that need others: cycles by name, what is inferred from files, and what parallel tracks
save. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from ..gitignore import gitignore


class Node(NamedTuple):
    """``needs`` are names; ``inputs`` and ``outputs`` are patterns as in ``.gitignore``."""

    name: str
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


class GraphError(ValueError):
    """The message names the tasks that need each other, or the one that does not exist."""


def closure(nodes: Mapping[str, Node], wanted: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """``wanted`` and all that they need, each with its needs, in an order in which they can run.

    Raises GraphError for a cycle and for a name that is no task.
    """
    needs: dict[str, tuple[str, ...]] = {}
    ahead = list(wanted)
    while ahead:
        name = ahead.pop()
        if name in needs:
            continue
        if name not in nodes:
            raise GraphError(_unknown(name, needs))
        needs[name] = needs_of(nodes, name)
        ahead += needs[name]
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise GraphError(f"these tasks need each other: {circle}") from None
    return {name: needs[name] for name in order}


def needs_of(nodes: Mapping[str, Node], name: str) -> tuple[str, ...]:
    """The tasks that one needs directly, declared or inferred."""
    node = nodes[name]
    return tuple(dict.fromkeys((*node.needs, *_producers(node, nodes))))


def _unknown(name: str, needs: Mapping[str, tuple[str, ...]]) -> str:
    by = next((each for each, its in needs.items() if name in its), "")
    return f"there is no task {name!r}" + (f", which {by!r} needs" if by else "")


def _producers(node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """The tasks whose declared outputs match a declared input, or are the same pattern."""
    if not node.inputs:
        return []
    try:
        wanted = gitignore(node.inputs)
    except ValueError:  # not all of them are patterns
        wanted = gitignore(())
    return [
        other.name
        for other in nodes.values()
        if other.name != node.name
        and any(out in node.inputs or wanted.match_file(out) for out in other.outputs)
    ]


class Plan(NamedTuple):
    """``serial`` and ``parallel`` are seconds: one after another, and on so many ``tracks``, each
    with its tasks in their order. ``unknown``: tasks of which nobody knows how long they take; they
    count as nothing."""

    serial: float
    parallel: float
    tracks: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def speed_up(self) -> float:
        return self.serial / self.parallel if self.parallel else 1.0


def estimate(
    needs: Mapping[str, Sequence[str]],
    seconds: Mapping[str, float],
    tracks: int,
    least: float = 0.0,
) -> Plan:
    """How long the tasks will take. A task starts as soon as its needs are done and a track is
    free; among several, the one with the longest way behind it. ``least``: what the processors
    alone need for all of it."""
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    behind = _longest_way(needs, seconds)
    ready = [(-behind[name], name) for name in sorter.get_ready()]
    heapq.heapify(ready)
    free = list(range(max(1, tracks)))
    running: list[tuple[float, str, int]] = []
    on: list[list[str]] = [[] for _ in free]
    now = 0.0
    while ready or running:
        while ready and free:
            _, name = heapq.heappop(ready)
            track = heapq.heappop(free)
            on[track].append(name)
            heapq.heappush(running, (now + seconds.get(name, 0.0), name, track))
        now, name, track = heapq.heappop(running)
        heapq.heappush(free, track)
        sorter.done(name)
        for fresh in sorter.get_ready():
            heapq.heappush(ready, (-behind[fresh], fresh))
    serial = sum(seconds.get(name, 0.0) for name in needs)
    used = tuple(tuple(names) for names in on if names)
    unknown = tuple(name for name in needs if name not in seconds)
    return Plan(serial, max(now, min(least, serial)), used, unknown)


def measured(spans: Sequence[tuple[float, float]]) -> Plan:
    """What executions, each from start to end, really came to."""
    serial = sum(end - start for start, end in spans)
    first = min((start for start, _ in spans), default=0.0)
    return Plan(serial, max((end for _, end in spans), default=0.0) - first)


def spent(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Of executions from start to end: the sum of their times, and the time in which any ran."""
    total = busy = 0.0
    reached = float("-inf")
    for start, end in sorted(spans):
        total += end - start
        busy += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total, busy


def throughput(spans: Iterable[tuple[float, float]]) -> float:
    """Of executions from start to end: the sum of their times over the time in which any ran."""
    total, busy = spent(spans)
    return total / busy if busy else 1.0


def _longest_way(
    needs: Mapping[str, Sequence[str]], seconds: Mapping[str, float]
) -> dict[str, float]:
    """From the start of a task to the end of the last that comes after it."""
    way = dict.fromkeys(needs, 0.0)
    for name in reversed(tuple(TopologicalSorter(needs).static_order())):
        way[name] += seconds.get(name, 0.0)
        for needed in needs[name]:
            way[needed] = max(way[needed], way[name])
    return way
