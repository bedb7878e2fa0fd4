"""What sums of spans say, and spans as a trace in Chrome's format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.profile.chrome import Timed, sampled_trace, trace
from understudy.insights.profile.views import Asked, profile
from understudy.spans import Key, Sum


def _key(name: str, file: str = "", **attributes: str) -> Key:
    return Key(name, "", file, tuple(sorted(attributes.items())))


def _sum(*seconds: float, own: float = 1.0, cpu: float = 0.0) -> Sum:
    made = Sum()
    for each in seconds:
        made.add(each, each * own, cpu)
    return made


def test_hot_paths_are_the_fewest_that_take_80_percent() -> None:
    sums = {_key("run", tool=f"t{number}"): _sum(0.1) for number in range(8)}
    sums[_key("run", "a.py", tool="bandit")] = _sum(6.0, 2.0)
    sums[_key("scan")] = _sum(9.0, own=0.0)  # all of it is told of inside
    sums[_key("queue", tool="bandit")] = _sum(100.0)  # a wait is no work
    hot = profile(sums).hot
    assert [(each.name, each.tool, each.file) for each in hot.paths] == [("run", "bandit", "a.py")]
    assert hot.among == 10
    assert hot.share == pytest.approx(8 / 8.8)
    assert hot.seconds == pytest.approx(8.8)


@given(st.lists(st.floats(0, 1e4), max_size=40))
def test_no_hot_path_could_be_left_out(seconds: list[float]) -> None:
    sums = {_key("run", tool=str(n)): _sum(each) for n, each in enumerate(seconds)}
    hot = profile(sums).hot
    taken = sum(each.seconds for each in hot.paths)
    assert taken >= 0.8 * hot.seconds * (1 - 1e-9)
    assert all(taken - each.seconds < 0.8 * hot.seconds for each in hot.paths)


def test_waiting_is_told_beside_running_and_the_cache_beside_both() -> None:
    sums = {
        _key("queue", tool="ruff"): _sum(0.5, 0.5),
        _key("run", tool="ruff", outcome="done"): _sum(2.0, 1.0, cpu=0.25),
        _key("run", tool="ruff", outcome="failed"): _sum(1.0),
        _key("run", tool="tests", outcome="done"): _sum(9.0),
    }
    found = profile(sums, {"ruff": Asked(30, 10), "bandit": Asked(5, 0)})
    tests, ruff, bandit = found.tools
    assert (ruff.name, ruff.runs, ruff.waited, ruff.ran, ruff.cpu) == ("ruff", 3, 1.0, 4.0, 0.5)
    assert ruff.hit_rate == 0.75
    assert (bandit.runs, bandit.hit_rate) == (0, 1.0)  # all of it was known
    assert tests.hit_rate is None  # nothing was looked up, which is not never found
    assert (found.waited, found.ran, found.hit_rate) == (1.0, 13.0, 35 / 45)
    assert {each.name for each in found.phases} == {"queue", "run"}


def test_of_nothing_nothing_is_told() -> None:
    found = profile({})
    assert [*found.hot.paths, *found.slowest, *found.tools, *found.files] == []
    assert found.hit_rate is None


# ── Chrome's trace format ───────────────────────────────────────────────────────────────────────


def _span(id_: int, began: float, seconds: float, parent: int = 0, pid: int = 1) -> Timed:
    attributes = {"tool": "ruff"}
    return Timed(pid, id_, parent, "run", "a.py", attributes, 1e9 + began, seconds, 0.5, 1 << 20)


_spans = st.builds(
    _span,
    st.integers(1, 30),
    st.floats(0, 10, width=32),
    st.floats(0, 5, width=32),
    st.integers(0, 30),
    st.integers(1, 2),
)


def _nested(events: Sequence[dict[str, Any]]) -> bool:
    """Whether no event of a track laps over the end of one that it began in."""
    open_: list[int] = []
    for event in sorted(events, key=lambda each: (each["ts"], -each["dur"])):
        while open_ and open_[-1] <= event["ts"]:
            open_.pop()
        if open_ and event["ts"] + event["dur"] > open_[-1]:
            return False
        open_.append(event["ts"] + event["dur"])
    return True


@given(st.lists(_spans, max_size=30))
def test_on_each_track_events_lie_within_each_other(found: list[Timed]) -> None:
    events = json.loads(json.dumps(trace(found)))["traceEvents"]
    complete = [each for each in events if each["ph"] == "X"]
    assert len(complete) == len(found)
    tracks = {(each["pid"], each["tid"]) for each in complete}
    named = {(e["pid"], e["tid"]) for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    assert tracks <= named
    for track in tracks:
        assert _nested([each for each in complete if (each["pid"], each["tid"]) == track])


def test_times_are_microseconds_from_the_first_span() -> None:
    events = trace([_span(2, 0.5, 0.25, parent=1), _span(1, 0.0, 1.5)])["traceEvents"]
    outer, inner = [each for each in events if each["ph"] == "X"]
    assert (outer["ts"], outer["dur"], inner["ts"], inner["dur"]) == (
        0,
        1_500_000,
        500_000,
        250_000,
    )
    assert outer["tid"] == inner["tid"]
    assert inner["args"] == {
        "tool": "ruff",
        "file": "a.py",
        "cpu_ms": 500.0,
        "memory_bytes": 1 << 20,
    }
    assert (inner["name"], inner["cat"]) == ("run ruff", "run")


def test_what_runs_at_once_lies_on_tracks_beside_each_other() -> None:
    every = [_span(1, 0, 10), _span(2, 1, 5, 1), _span(3, 2, 6, 1), _span(4, 7, 2, 1)]
    events = trace(every)["traceEvents"]
    tracks = [each["tid"] for each in events if each["ph"] == "X"]
    assert tracks == [1, 1, 2, 1]


def test_what_lies_within_another_is_a_part_of_it() -> None:
    """A tool that runs while another does, and for a shorter time, is none of its steps."""
    every = [
        _span(1, 0, 10),
        _span(2, 1, 5, 1),
        _span(3, 2, 2, 1),
        _span(4, 2, 1, 3),
        _span(5, 4, 1),
    ]
    events = trace(every)["traceEvents"]
    tracks = [each["tid"] for each in events if each["ph"] == "X"]
    assert tracks == [1, 1, 2, 2, 2]


def test_samples_become_calls_that_last() -> None:
    told = {
        "shared": {"frames": [{"name": n, "file": "a.py", "line": 1} for n in "mfg"]},
        "profiles": [
            {"name": "t", "samples": [[0], [0, 1], [0, 1], [0, 2]], "weights": [0.01] * 4}
        ],
    }
    events = [
        (each["ph"], each["name"], each["ts"])
        for each in sampled_trace(json.dumps(told).encode())["traceEvents"]
        if each["ph"] != "M"
    ]
    assert events == [
        *(("B", "m", 0), ("B", "f", 10_000), ("E", "f", 30_000), ("B", "g", 30_000)),
        *(("E", "g", 40_000), ("E", "m", 40_000)),
    ]
    with pytest.raises(ValueError, match="no samples"):
        sampled_trace(b"{}")
