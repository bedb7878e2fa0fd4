"""What there is to see as figures, in the form that Prometheus reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..app.chores.records import metrics_of
from ..app.overview.listing import SEVERITIES
from ..app.overview.overview import Overview
from ..app.overview.parts import Part
from ..app.overview.watched import Watched
from ..disk import read_regular
from .rendering import as_text

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DAYS = 1.0
_SHORTEST, _LONGEST = 16, 1_024
_OF_TASKS = {
    "runs": ("runs", "How often a task ran in the last day."),
    "secondsMedian": ("seconds_median", "What a run took in the last day, in the median."),
    "waitedMedian": ("waited_seconds_median", "How long a run waited in the last day."),
    "successRate": ("success_ratio", "Of the runs in the last day."),
    "cpuSeconds": ("cpu_seconds", "Of a processor, in the last day."),
    "memoryBytesMost": ("memory_bytes", "At most, in the last day."),
}
"""By the names of ``metrics_of``, which leaves out what the settings do not want."""


class Figure(NamedTuple):
    """``labels`` by name; their values may be names of files, which need not be text."""

    name: str
    about: str
    labels: dict[str, str]
    value: float


class Unavailable(Exception):
    """Tells a person what to install."""


async def told(overview: Overview) -> bytes:
    """Of all workspaces, as they are now; what cannot be read of one is missing, and among its
    troubles. Raises Unavailable."""
    await overview.look()
    figures: list[Figure] = []
    for each in overview.workspaces.values():
        figures += _standing(each)
        with suppress(sqlite3.Error):
            figures += _tasks(each, await metrics_of(each.service, _DAYS))
    return _written(figures)


def _standing(watched: Watched) -> Iterator[Figure]:
    where, found = {"workspace": str(watched.root)}, watched.findings
    for severity, count in zip(SEVERITIES, found.new.counts, strict=True):
        about = "Findings that the baseline does not have."
        yield Figure("findings", about, where | {"severity": severity}, count)
    yield Figure("findings_known", "Findings that the baseline has.", where, found.known)
    yield Figure("files", "Files that were looked at.", where, found.looked_at)
    about = "Of them, those that are otherwise on disk by now."
    yield Figure("files_changed", about, where, found.changed)
    if (health := watched.parts.get(Part.HEALTH)) is not None:
        yield Figure("trusted", "1 where the workspace is trusted.", where, bool(health.trusted))
        yield Figure("engine_up", "1 where somebody runs the tasks.", where, bool(health.engine))
        yield Figure("troubles", "What is wrong, in numbers.", where, len(health.troubles))
        for state in ("queued", "running", "asking") if health.jobs is not None else ():
            of_state = where | {"state": state}
            yield Figure("jobs", "Jobs by their state.", of_state, health.jobs.get(state, 0))


def _tasks(watched: Watched, measured: dict[str, Any]) -> Iterator[Figure]:
    for task, figures in measured["tasks"].items():
        labels = {"workspace": str(watched.root), "task": task}
        for key, (name, about) in _OF_TASKS.items():
            if key in figures:
                yield Figure(f"task_{name}", about, labels, figures[key])


def _written(figures: list[Figure]) -> bytes:
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError:
        told = "the extra `metrics` is not installed: pip install 'understudy[metrics]'"
        raise Unavailable(told) from None
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for name, about, labels, value in figures:
        if name not in gauges:
            gauges[name] = Gauge(f"understudy_{name}", about, tuple(labels), registry=registry)
        gauges[name].labels(**{key: as_text(each) for key, each in labels.items()}).set(value)
    return generate_latest(registry)


def token_of(file: Path) -> str:
    """What a scraper has to know. Raises OSError; and ValueError, for people, for a file that
    others can read or that holds too little."""
    about = file.stat()
    if about.st_mode & 0o077:
        raise ValueError(f"others may read {file}: `chmod 600` keeps them from it")
    token = read_regular(file, _LONGEST).decode("ascii", "replace").strip()
    if len(token) < _SHORTEST or not token.isprintable():
        raise ValueError(f"{file} is to hold a token of {_SHORTEST} characters at least")
    return token
