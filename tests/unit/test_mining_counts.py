"""The incremental count against a slow one, and what is kept of each sequence."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from understudy.automations.mining.counts import LONGEST, SHORTEST, Counts
from understudy.automations.mining.events import GAP, Events
from understudy.store.activity import Activity, Did

Log = list[tuple[str, str, float]]
"""The session, the command and the seconds since the task before."""

_steps = st.tuples(
    st.sampled_from("st"), st.sampled_from("abc"), st.sampled_from([1.0, 60.0, GAP + 1])
)


def _activities(log: Log) -> list[Activity]:
    at, activities = 0.0, []
    for session, command, pause in log:
        at += pause
        activities.append(Activity(at, Did.COMMAND, command, session))
    return activities


def _counted(log: Log) -> Counts:
    counts, events = Counts(), Events()
    for activity in _activities(log):
        for session, event in events.of(activity):
            list(counts.add(session, event))
    return counts


def _slow(log: Log) -> Counter[tuple[str, ...]]:
    """From the definition: cut into streams, then each sequence from left to right."""
    streams: dict[tuple[str, int], list[str]] = {}
    last: dict[str, tuple[float, int]] = {}
    for activity in _activities(log):
        at, number = last.get(activity.session, (activity.at, 0))
        number += activity.at - at > GAP
        last[activity.session] = activity.at, number
        streams.setdefault((activity.session, number), []).append(activity.text)
    counter: Counter[tuple[str, ...]] = Counter()
    for texts in streams.values():
        for length in range(SHORTEST, LONGEST + 1):
            for sequence in {tuple(texts[i : i + length]) for i in range(len(texts) - length + 1)}:
                counter[sequence] += _occurrences(texts, sequence)
    return Counter({each: n for each, n in counter.items() if not _is_repetition(each)})


def _occurrences(texts: list[str], sequence: tuple[str, ...]) -> int:
    count = position = 0
    while position + len(sequence) <= len(texts):
        found = tuple(texts[position : position + len(sequence)]) == sequence
        count += found
        position += len(sequence) if found else 1
    return count


def _is_repetition(sequence: tuple[str, ...]) -> bool:
    text = "".join(sequence)
    return text in (text + text)[1:-1]


_INTERLEAVED = [("s" if each.islower() else "t", each.lower(), 1.0) for each in "abaABAba"]


@given(st.lists(_steps, max_size=60))
@example(_INTERLEAVED)
def test_as_a_slow_counter_counts(log: Log) -> None:
    counted = _counted(log).entries
    assert {key: entry.count for key, entry in counted.items() if len(key) > 1} == _slow(log)


@given(st.lists(_steps, max_size=60))
def test_a_part_is_seen_at_least_as_often(log: Log) -> None:
    entries = _counted(log).entries
    for sequence, entry in entries.items():
        for part in (sequence[1:], sequence[:-1]):
            if len(part) > 1 and part in entries:
                assert entries[part].count >= entry.count


@pytest.mark.parametrize(
    ("commands", "runs"),
    [
        ("rm a;rm b;rm c", [3]),
        ("rm a;rm a;rm a", []),
        ("rm a;rm a;rm b", [2]),
        ("rm a;rm b;ls;rm c;rm d", [2, 2]),
        ("rm a;ls;rm b", []),
    ],
)
def test_runs(commands: str, runs: list[int]) -> None:
    """One template with other arguments: each run is one occurrence."""
    entries = _counted([("s", each, 1.0) for each in commands.split(";")]).entries
    entry = entries.get(("rm <path>",))
    assert [len(each) for each in entry.occurrences] == runs if entry else not runs


def test_memory_is_bounded() -> None:
    counts = _counted([("s", f"x{number} y", 1.0) for number in range(13_000)])
    assert len(counts.entries) == 60_000


def test_blocks_and_gaps() -> None:
    filler = [("s", f"f{number}", 1.0) for number in range(98)]
    pair = [("s", "a", 1.0), ("s", "b", 1.0)]
    entry = _counted([*pair, *pair, *filler, *pair]).entries["a", "b"]
    assert (entry.count, entry.blocks, entry.first, entry.last, entry.gap) == (
        3,
        (2, 1),
        2,
        104,
        100,
    )
