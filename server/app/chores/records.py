"""What the engine remembers, as plain values for people and programs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from ...store.history import Execution, Sample
from ...store.job_rows import DONE
from ..presentation.jobs import job_payload
from .service import Service

KINDS = ("results", "executions", "metrics", "activity")
FORMATS = ("jsonl", "json")
_DAY = 86_400.0
_ALL = 1_000_000


async def metrics_of(service: Service, days: float) -> dict[str, Any]:
    """By task and for the queue; only what ``tasks.metrics`` asks for."""
    wanted = service.settings.tasks.metrics
    since = time.time() - days * _DAY
    executions = await service.engine.history.executions(since, _ALL)
    by_task: dict[str, list[Execution]] = {}
    for execution in executions:
        by_task.setdefault(execution.task, []).append(execution)
    tasks = {task: _of_task(known, wanted) for task, known in sorted(by_task.items())}
    samples = await service.engine.history.samples(since)
    return {"tasks": tasks, "queue": _of_queue(samples, wanted)}


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
    if "resourceUsage" in wanted:
        figures |= {
            "cpuSeconds": round(sum(each.cpu for each in known), 3),
            "memoryBytesMost": max(each.memory for each in known),
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
    return [each._asdict() for each in reversed(await engine.history.audit(most=_ALL))]
