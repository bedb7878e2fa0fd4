"""What the engine remembers, as plain values for people and programs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from statistics import median
from typing import Any

from ...store.history import Execution, Sample
from ...store.job_rows import DONE
from ...store.measured import Kept, kept_in
from ..presentation.jobs import job_payload
from .service import Service

KINDS = ("results", "executions", "metrics", "measured", "activity")
FORMATS = ("jsonl", "json")
_DAY = 86_400.0
_ALL = 1_000_000


async def metrics_of(service: Service, days: float) -> dict[str, Any]:
    """By task, for the queue, and by tool; only what ``tasks.metrics`` asks for."""
    wanted = service.settings.tasks.metrics
    since = time.time() - days * _DAY
    executions = await service.engine.history.executions(since, _ALL)
    by_task: dict[str, list[Execution]] = {}
    for execution in executions:
        by_task.setdefault(execution.task, []).append(execution)
    tasks = {task: _of_task(known, wanted) for task, known in sorted(by_task.items())}
    samples = await service.engine.history.samples(since)
    first = datetime.fromtimestamp(since).astimezone().date()
    known = await kept_in(service.chores.workspace.state)
    return {
        "tasks": tasks,
        "queue": _of_queue(samples, wanted),
        "tools": _of_tools(known, first, wanted),
        "notices": _of_notices(known, first),
    }


def _of_task(known: Sequence[Execution], wanted: Sequence[str]) -> dict[str, Any]:
    seconds = [each.ended - each.started for each in known]
    figures: dict[str, Any] = {"runs": len(known)}
    if "executionTime" in wanted:
        figures |= {
            "secondsMedian": round(median(seconds), 3),
            "secondsMost": round(max(seconds), 3),
            "waitedMedian": round(median(each.waited for each in known), 3),
        }
    if "successRate" in wanted:
        figures["successRate"] = round(sum(e.status == DONE for e in known) / len(known), 3)
    memory = max(each.memory for each in known)
    if memory and "resourceUsage" in wanted:  # 0: no process of its own was measured
        figures |= {
            "cpuSeconds": round(sum(each.cpu for each in known), 3),
            "memoryBytesMost": memory,
        }
    return figures


def _of_queue(samples: Sequence[Sample], wanted: Sequence[str]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if samples and "queueLength" in wanted:
        figures |= {
            "queuedMedian": median(each.queued for each in samples),
            "queuedMost": max(each.queued for each in samples),
        }
    if samples and "concurrency" in wanted:
        figures |= {
            "runningMedian": median(each.running for each in samples),
            "runningMost": max(each.running for each in samples),
        }
    return figures


def _of_tools(known: Kept, first: date, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """``filesKnown``: whose answer was known, so that the tool did not run."""
    recalled = [each for each in known.recalled if each.day >= first]
    looked = [each for each in known.looked if each.day >= first]
    tools = {}
    for tool in sorted({*(each.tool for each in recalled), *(each.tool for each in looked)}):
        ran = [each for each in looked if each.tool == tool]
        figures: dict[str, Any] = {
            "filesKnown": sum(each.files for each in recalled if each.tool == tool),
            "filesLooked": sum(each.files for each in ran),
        }
        if "executionTime" in wanted:
            figures["seconds"] = round(sum(each.seconds for each in ran), 3)
        memory = max((each.memory for each in ran), default=0)
        if memory and "resourceUsage" in wanted:
            figures |= {
                "cpuSeconds": round(sum(each.cpu for each in ran), 3),
                "memoryBytesMost": memory,
            }
        tools[tool] = figures
    return tools


def _of_notices(known: Kept, first: date) -> dict[str, int]:
    told: Counter[str] = Counter()
    for each in known.noticed:
        if each.day >= first:
            told[str(each.what)] += each.times
    return dict(told)


def _rows(known: Kept) -> Iterator[dict[str, Any]]:
    """``of`` tells what a row is."""
    for name, rows in known._asdict().items():
        for row in rows:
            told = {key.rstrip("_"): value for key, value in row._asdict().items()}
            day = {"day": told["day"].isoformat()} if "day" in told else {}
            yield {"of": name, **told, **day}


async def rows_of(service: Service, kind: str) -> list[dict[str, Any]]:
    """``kind`` is one of ``KINDS``; the oldest first."""
    engine = service.engine
    match kind:
        case "results":
            jobs = await engine.jobs.recent(limit=_ALL)
            return [{**job_payload(job), "value": job.value} for job in reversed(jobs)]
        case "executions":
            known = await engine.history.executions(most=_ALL)
            return [each._asdict() for each in reversed(known)]
        case "metrics":
            return [each._asdict() for each in await engine.history.samples(0.0)]
        case "measured":
            return [*_rows(await kept_in(service.chores.workspace.state))]
    return [each._asdict() for each in reversed(await engine.history.audit(most=_ALL))]
