"""What was done to files in one go: in one commit, or shortly after each other. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ...store.activity import Activity, Did
from .files import Group, Op

GAP_SECONDS = 900.0
"""What is done later belongs to something else."""
_AROUND_SECONDS = 3.0
"""Files that come and go so shortly around a switch of branches did so because of it."""
_BY_HAND = (Did.CREATED, Did.MOVED, Did.DELETED)


def groups(activities: Sequence[Activity]) -> list[Group]:
    """Those of a log, in its order. What was done by hand and then committed counts once."""
    commits = [_of_commit(each) for each in activities if each.did is Did.COMMITTED]
    committed = {op for group in commits for op in group.ops}
    switches = [each.at for each in activities if each.did is Did.SWITCHED]
    by_hand = (
        each
        for each in activities
        if each.did in _BY_HAND and not any(abs(each.at - at) < _AROUND_SECONDS for at in switches)
    )
    open_ = (_left(group, committed) for group in _in_one_go(by_hand))
    return sorted((each for each in (*commits, *open_) if each.ops), key=lambda each: each.at)


def detail_of(ops: Iterable[Op]) -> str:
    """The operations of a commit, as they stand in the log."""
    return json.dumps([[*each] for each in ops])


def _of_commit(activity: Activity) -> Group:
    try:
        ops = tuple(
            Op(Did(did), str(path), str(old)) for did, path, old in json.loads(activity.detail)
        )
    except (TypeError, ValueError):
        ops = ()
    return Group(activity.at, ops, tasks=(activity.id,), commit=activity.old)


def _in_one_go(activities: Iterable[Activity]) -> Iterator[list[Activity]]:
    found: list[Activity] = []
    for each in activities:
        if found and each.at - found[-1].at > GAP_SECONDS:
            yield found
            found = []
        found.append(each)
    if found:
        yield found


def _left(activities: Sequence[Activity], committed: set[Op]) -> Group:
    """Of what was done by hand, what no commit has; what came and went is nothing."""
    ops: dict[str, Op] = {}
    for each in activities:
        if each.did is Did.DELETED and ops.pop(each.text, None) is not None:
            continue
        ops[each.text] = Op(each.did, each.text, each.old if each.did is Did.MOVED else "")
    if committed.intersection(ops.values()):
        return Group(activities[0].at, ())
    seconds = sum(later.at - earlier.at for earlier, later in pairwise(activities))
    tasks = tuple(each.id for each in activities)
    return Group(activities[0].at, tuple(ops.values()), seconds, tasks)
