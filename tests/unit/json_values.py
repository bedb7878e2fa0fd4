"""Anything that JSON can hold, and what is left of an answer when a part of it is something else."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(),
    st.text(max_size=4),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def damaged(whole: Any) -> st.SearchStrategy[Any]:
    """``whole`` with one of its parts, however deep, taken away or replaced by anything."""

    def damage(path: tuple[Any, ...], new: Any, *, remove: bool) -> Any:
        if not path:
            return new
        copy = deepcopy(whole)
        part = copy
        for step in path[:-1]:
            part = part[step]
        if remove:
            del part[path[-1]]
        else:
            part[path[-1]] = new
        return copy

    paths = st.sampled_from([(), *_paths(whole)])
    return st.builds(
        lambda path, new, remove: damage(path, new, remove=remove), paths, ANYTHING, st.booleans()
    )


def _paths(whole: Any) -> Iterator[tuple[Any, ...]]:
    items = (
        whole.items()
        if isinstance(whole, dict)
        else enumerate(whole)
        if isinstance(whole, list)
        else ()
    )
    for step, part in items:
        yield (step,)
        for below in _paths(part):
            yield (step, *below)
