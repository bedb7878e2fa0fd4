"""What was done to files in one go: in one commit, or shortly after each other. Pure."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...store.activity import Activity, Did
from .history import Group, Op

GAP_SECONDS = 900.0
"""What is done later belongs to something else."""
_AROUND_SECONDS = 3.0
"""Files that come and go so shortly around a switch of branches did so because of it."""
_GRAIN_SECONDS = 1.0
"""git notes whole seconds: a commit seems to be that much older at most."""
_HELD_SECONDS = 604_800.0
"""What a commit has later than that was done anew meanwhile."""
_BY_HAND = (Did.CREATED, Did.MOVED, Did.DELETED)


def groups(activities: Sequence[Activity]) -> list[Group]:
    """Those of a log, in its order. What was done by hand and then committed counts once."""
    commits = [_of_commit(each) for each in activities if each.did is Did.COMMITTED]
    committed: dict[Op, list[float]] = {}
    for group in sorted(commits, key=lambda each: each.at):
        for op in group.ops:
            committed.setdefault(op, []).append(group.at)
    switches = sorted(each.at for each in activities if each.did is Did.SWITCHED)
    by_hand = (
        each
        for each in activities
        if each.did in _BY_HAND
        and not _within(switches, each.at - _AROUND_SECONDS, each.at + _AROUND_SECONDS)
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


def _left(activities: Sequence[Activity], committed: Mapping[Op, Sequence[float]]) -> Group:
    """Of what was done by hand, what no commit has; what came and went is nothing."""
    last: dict[str, Activity] = {}
    for each in activities:
        if each.did is not Did.DELETED or last.pop(each.text, None) is None:
            last[each.text] = each
    done = [(each, _by_hand(each)) for each in last.values()]
    left = [
        (each, op)
        for each, op in done
        if not _within(committed.get(op, ()), each.at - _GRAIN_SECONDS, each.at + _HELD_SECONDS)
    ]
    times = [each.at for each, _ in left] or [activities[0].at]
    tasks = tuple(each.id for each, _ in left)
    return Group(min(times), tuple(op for _, op in left), max(times) - min(times), tasks)


def _by_hand(activity: Activity) -> Op:
    return Op(activity.did, activity.text, activity.old if activity.did is Did.MOVED else "")


def _within(times: Sequence[float], after: float, before: float) -> bool:
    """Whether one of them, which are in their order, lies between the two."""
    at = bisect_right(times, after)
    return at < len(times) and times[at] < before
