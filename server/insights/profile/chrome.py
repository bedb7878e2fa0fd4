"""Spans as a trace in Chrome's JSON format, which Perfetto and chrome://tracing open. Pure.

On a track, spans lie within what they are a part of or one behind the other: what runs at the same
time as another lies on a track beside it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_MICROSECONDS = 1e6


class Timed(NamedTuple):
    """One span of one process; ``began`` is in seconds since 1970. ``parent`` 0: none."""

    pid: int
    id: int
    parent: int
    name: str
    file: str
    attributes: Mapping[str, str]
    began: float
    seconds: float
    cpu: float
    memory: int
    trace: int = 0


def trace(spans: Iterable[Timed]) -> dict[str, Any]:
    """``ts`` and ``dur`` are microseconds, counted from the first span."""
    every = sorted(spans, key=lambda each: (each.began, -each.seconds, each.id))
    start = every[0].began if every else 0.0
    events: list[dict[str, Any]] = []
    for pid in dict.fromkeys(each.pid for each in every):
        events += _process(pid, [each for each in every if each.pid == pid], start)
    return {"displayTimeUnit": "ms", "traceEvents": events}


def _process(pid: int, spans: Sequence[Timed], start: float) -> list[dict[str, Any]]:
    tracks = _tracks(spans)
    named = [_named("process_name", pid, 0, f"understudy {pid}")]
    named += [_named("thread_name", pid, track, f"lane {track}") for track in sorted({*tracks})]
    return named + [_event(*each, start) for each in zip(spans, tracks, strict=True)]


def _named(kind: str, pid: int, track: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": pid, "tid": track, "args": {"name": name}}


def _event(span: Timed, track: int, start: float) -> dict[str, Any]:
    began = round((span.began - start) * _MICROSECONDS)
    ended = round((span.began + span.seconds - start) * _MICROSECONDS)
    args: dict[str, Any] = dict(span.attributes)
    if span.file:
        args["file"] = span.file
    if span.cpu:
        args["cpu_ms"] = round(span.cpu * 1e3, 3)
    if span.memory:
        args["memory_bytes"] = span.memory
    tool = span.attributes.get("tool")
    return {
        "ph": "X",
        "name": f"{span.name} {tool}" if tool else span.name,
        "cat": span.name,
        "pid": span.pid,
        "tid": track,
        "ts": began,
        "dur": ended - began,
        "args": args,
    }


def sampled_trace(samples: bytes) -> dict[str, Any]:
    """The same of what py-spy wrote in the format of speedscope: a track for each thread, on which
    a function lasts as long as sample after sample saw it. Raises ValueError."""
    try:
        told = json.loads(samples)
        frames = told["shared"]["frames"]
        threads = [_thread(each, frames, track) for track, each in enumerate(told["profiles"], 1)]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"these are no samples: {error!r}") from error
    return {"displayTimeUnit": "ms", "traceEvents": [event for each in threads for event in each]}


def _thread(profile: Any, frames: Sequence[Any], track: int) -> list[dict[str, Any]]:
    """Begins and ends in their order: what lasts equally long is within each other all the same."""
    events = [_named("thread_name", 1, track, str(profile["name"]))]
    open_: list[_Frame] = []
    at = 0.0
    samples = zip(profile["samples"], profile["weights"], strict=True)
    for sample, weight in (*samples, ((), 0.0)):
        called = [
            _Frame(each["name"], each.get("file"), each.get("line"))
            for each in (frames[number] for number in sample)
        ]
        same = 0
        while same < min(len(open_), len(called)) and open_[same][:2] == called[same][:2]:
            same += 1
        events += [_edge("E", frame, track, at) for frame in reversed(open_[same:])]
        events += [_edge("B", frame, track, at) for frame in called[same:]]
        open_[same:] = called[same:]
        at += weight
    return events


class _Frame(NamedTuple):
    name: str
    file: str | None
    line: int | None


def _edge(kind: str, frame: _Frame, track: int, at: float) -> dict[str, Any]:
    return {
        "ph": kind,
        "name": frame.name,
        "cat": "sample",
        "pid": 1,
        "tid": track,
        "ts": round(at * _MICROSECONDS),
        "args": {"file": frame.file, "line": frame.line},
    }


class _Open(NamedTuple):
    """``ended``: when a span ends."""

    id: int
    ended: float


def _tracks(spans: Sequence[Timed]) -> list[int]:
    """Of each span, from 1. ``spans`` are in the order in which they began, the longer first. One
    lies on its parent's track where there is room, else on the first that has some. A later process
    may have the number of an earlier one, and its spans have theirs."""
    tracks: list[int] = []
    found: dict[int, int] = {}
    parents: dict[int, int] = {}
    open_: list[list[_Open]] = []
    """By track: the spans that are open there, the innermost last."""
    for span in spans:
        above = _above(span, parents)
        beside = found.get(span.parent, 0) - 1
        order = [*([beside] if beside >= 0 else ()), *range(len(open_))]
        track = next((t for t in order if _fits(open_[t], span, above)), None)
        if track is None:
            track = len(open_)
            open_.append([])
        open_[track].append(_Open(span.id, span.began + span.seconds))
        found[span.id], parents[span.id] = track + 1, span.parent
        tracks.append(track + 1)
    return tracks


def _above(span: Timed, parents: Mapping[int, int]) -> set[int]:
    """What it is a part of."""
    above: set[int] = set()
    at = span.parent
    while at and at not in above:
        above.add(at)
        at = parents.get(at, 0)
    return above


def _fits(open_: list[_Open], span: Timed, above: Container[int]) -> bool:
    """What lies within another is a part of it."""
    while open_ and open_[-1].ended <= span.began:
        open_.pop()
    if not open_:
        return True
    around = open_[-1]
    return around.id in above and span.began + span.seconds <= around.ended
