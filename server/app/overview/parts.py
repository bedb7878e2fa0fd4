"""The parts of what there is to see of one workspace besides its findings, each a frozen value."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from ...findings.redact_values import kept
from ...runner.logfile import tail
from ...settings import user_file
from ...settings.group import Group
from ...settings.options import options, values
from ...store.history import Entry
from ...store.job_rows import JobState, Record
from ..chores.chores import log_of, newest_log
from ..chores.service import Service
from ..folder.config import load_settings
from ..folder.workspace import today
from ..learning.learned import Learned
from ..notices.notices import DELIVER
from ..presentation.jobs import job_payload
from ..presentation.problems import config_line

_NEWEST = 50
_OUTPUT_BYTES = 4_000
_LOG_LINES = 400
_BUT = (DELIVER,)


class Part(StrEnum):
    """What changes together."""

    HEALTH = "health"
    TASKS = "tasks"
    FINDINGS = "findings"
    AUTOMATIONS = "automations"
    TRAIL = "trail"
    SETTINGS = "settings"
    RESOURCES = "resources"
    RECOMMENDATIONS = "recommendations"
    EFFICIENCY = "efficiency"
    TIME = "time"


class Health(NamedTuple):
    """``trusted`` None: nobody has decided. ``engine``: who runs the tasks, in words; empty: nobody
    does. ``jobs``: how many there are in each state but the last; None where that cannot be
    read."""

    trusted: bool | None
    engine: str
    jobs: Mapping[str, int] | None
    troubles: tuple[str, ...]


class Kind(NamedTuple):
    """A task that can be asked for. ``asks``: it cannot be run without being told more."""

    name: str
    title: str
    asks: bool


class Jobs(NamedTuple):
    """A page of those that have ended, the newest first, as ``job_payload`` has them."""

    jobs: tuple[Mapping[str, Any], ...]
    page: int
    pages: int
    total: int


class Tasks(NamedTuple):
    """``under_way``: jobs as ``job_payload`` has them, those that run with the end of what they
    printed as ``output``. ``ended``: the first page."""

    kinds: tuple[Kind, ...]
    under_way: tuple[Mapping[str, Any], ...]
    ended: Jobs
    held_back: str


class Learning(NamedTuple):
    """As ``learning.view`` has it."""

    activity: str
    automations: tuple[Mapping[str, Any], ...]


class InForce(NamedTuple):
    """``origin``: ``you`` or ``project``, whose file has it; empty: it is the default."""

    key: str
    value: str
    origin: str
    about: str


async def health(service: Service, decided: bool | None, troubles: Sequence[str]) -> Health:
    engine = service.engine
    holder = engine.holder()
    runs = f"{holder.get('kind')}, process {holder.get('pid')}" if holder else ""
    jobs = None
    with suppress(sqlite3.Error):  # the engine's trouble tells
        counts = await engine.jobs.count(_BUT)
        jobs = {str(state): many for state, many in counts.items() if state is not JobState.ENDED}
    return Health(
        decided,
        runs,
        jobs,
        tuple(
            filter(None, [*troubles, engine.trouble, *map(config_line, service.config_problems)])
        ),
    )


async def tasks(service: Service) -> Tasks:
    engine = service.engine
    under_way = await _under_way(service)
    shown = [await asyncio.to_thread(_with_output, service, job) for job in under_way]
    return Tasks(
        tuple(
            Kind(each.name, each.title, bool(each.complaint({})))
            for each in engine.tasks.values()
            if not each.hidden
        ),
        tuple(shown),
        await history(service, 1),
        engine.held_back,
    )


async def _under_way(service: Service) -> list[Record]:
    """What runs, or waits for a person, before what is queued; as much of that as there is room."""
    recent = service.engine.jobs.recent
    found = await recent((JobState.RUNNING, JobState.ASKING), _NEWEST, but=_BUT)
    queued = await recent((JobState.QUEUED,), _NEWEST - len(found), but=_BUT)
    return [*reversed(found), *reversed(queued)]


async def history(service: Service, page: int) -> Jobs:
    """``page`` counts from 1."""
    jobs = service.engine.jobs
    total = (await jobs.count(_BUT))[JobState.ENDED]
    pages = max(1, -(-total // _NEWEST))
    page = min(max(1, page), pages)
    ended = await jobs.recent((JobState.ENDED,), _NEWEST, (page - 1) * _NEWEST, _BUT)
    return Jobs(tuple(map(job_payload, ended)), page, pages, total)


def _with_output(service: Service, job: Record) -> Mapping[str, Any]:
    output = ""
    if job.state is JobState.RUNNING:
        try:
            output = tail(str(log_of(service.engine, job)), _OUTPUT_BYTES).decode(
                "utf-8", "replace"
            )
        except OSError:
            output = ""  # it has printed nothing so far
    return {**job_payload(job), "output": output}


async def printed(service: Service, job: int) -> tuple[Mapping[str, Any], str] | None:
    """A job and the end of what it printed; None where there is no such job."""
    record = await service.engine.jobs.get(job)
    if record is None:
        return None
    text = await asyncio.to_thread(newest_log, service.engine, record)
    return job_payload(record), "\n".join(text.splitlines()[-_LOG_LINES:])


async def trail(service: Service, most: int = _NEWEST) -> tuple[Entry, ...]:
    """The newest first."""
    return tuple(await service.engine.history.audit(most=most))


async def learning(learned: Learned) -> Learning:
    await learned.load()
    listed = await learned.listing()
    return Learning(listed["activity"], tuple(listed["automations"]))


async def settings(root: Path, *, trusted: bool) -> tuple[InForce, ...]:
    """As they hold without an editor, which may have others of its own."""
    return await asyncio.to_thread(_settings, root, trusted=trusted)


def _settings(root: Path, *, trusted: bool) -> tuple[InForce, ...]:
    loaded = load_settings(root, None, trusted=trusted, today=today())
    own, here = user_file(os.environ), values(loaded.settings)
    told = []
    for option in options():
        source = next((each for each in loaded.sources if each.has(option.path)), None)
        is_set = source is not None and here[option.key] != option.default
        origin = ("you" if source.path == own else "project") if is_set and source else ""
        value = _shown(option.key, here[option.key])
        told.append(InForce(option.key, value, origin, option.about.description))
    return tuple(told)


def _shown(key: str, value: Any) -> str:
    """Without what looks like a secret."""
    match kept(value, key):
        case bool(flag):
            return "on" if flag else "off"
        case list(items):
            return ", ".join(map(str, items)) or "none"
        case dict(entries):
            return ", ".join(f"{name}: {_plain(each)}" for name, each in entries.items()) or "none"
        case other:
            return str(other) or "empty"


def _plain(value: Any) -> str:
    """An entry: a text, or the fields that it has otherwise than by default."""
    if not isinstance(value, Group):
        return str(value)
    own = {k: v for k, v in value._asdict().items() if v != value._field_defaults.get(k)}
    return "; ".join(f"{name} {_shown(name, each)}" for name, each in own.items())
