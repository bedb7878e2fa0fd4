"""Through which declared dependencies something comes. Pure.

What needs what is anyone's text, and may be as dense or as deep as fits into a file: a way is kept
short, and counting the others ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

_MOST_STEPS = 5_000_000
_ENDS = 5
"""So many names are kept at both ends of a way."""


class Way(NamedTuple):
    """The shortest. ``direct``: the declared name; ``through``: the names from it to what comes
    through it, with an ellipsis for the middle of many; ``others``: how many declared names lead
    there besides, or at least so many where counting all of them would take too long."""

    direct: str
    through: tuple[str, ...]
    others: int = 0


def ways(
    starts: Iterable[tuple[str, str]],
    needs: Callable[[str], Iterable[str]],
    name: Callable[[str], str],
) -> dict[str, Way]:
    """The way to each node that the declared dependencies lead to. ``starts``: the declared names,
    each with its node; ``needs``: the nodes that a node needs; ``name``: what it is called."""
    starts = list(starts)
    found: dict[str, Way] = {}
    for direct, node in starts:
        found.setdefault(node, Way(direct, ()))
    edges: dict[str, tuple[str, ...]] = {}
    ahead = list(found)
    for node in ahead:
        way, edges[node] = found[node], tuple(needs(node))
        through = _shortened((*way.through, name(node)))
        for need in edges[node]:
            if need not in found:
                found[need] = Way(way.direct, through)
                ahead.append(need)
    leading = _counted([node for _, node in starts], edges)
    return {
        node: way._replace(others=max(leading[node] - 1, 0) if way.through else 0)
        for node, way in found.items()
    }


def _shortened(names: tuple[str, ...]) -> tuple[str, ...]:
    return names if len(names) <= 2 * _ENDS else (*names[:_ENDS], "…", *names[1 - _ENDS :])


def _counted(starts: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> Counter[str]:
    """From how many of the starts each node is reached."""
    counts: Counter[str] = Counter()
    left = _MOST_STEPS
    for start in starts:
        reached = {start: None}
        ahead = [start]
        for node in ahead:
            left -= 1 + len(edges[node])
            fresh = [need for need in edges[node] if need not in reached]
            reached |= dict.fromkeys(fresh)
            ahead += dict.fromkeys(fresh)
        counts.update(reached.keys())
        if left < 0:
            break
    return counts
