"""Tasks, their jobs and their plans as data and words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...runner.graph import Plan
from ...runner.task import Task
from ...store.job_rows import DONE, JobState, Record
from ...tasks.answers import issues_of, summary_of


def job_payload(record: Record, waiting: Collection[int] | None = None) -> dict[str, Any]:
    """A job as every front is told of it; times are seconds since the epoch. ``waiting``: as for
    ``job_line``."""
    return {
        "id": record.id,
        "task": record.task,
        "state": str(record.state),
        "status": record.status,
        "why": record.why,
        "summary": _summary(record, waiting),
        "issues": issues_of(record.value),
        "causes": [cause.text for cause in record.causes],
        "attempt": record.attempt,
        "message": record.message,
        "fraction": record.fraction,
        "queued": record.queued,
        "due": record.due,
        "started": record.started,
        "ended": record.ended,
        "seconds": round(record.seconds, 3),
        "cpuSeconds": round(record.cost.cpu_seconds, 3),
        "memoryBytes": record.cost.memory_bytes,
    }


def job_line(record: Record, waiting: Collection[int] | None = None) -> str:
    """A job in one line: ``#7 tests: done in 3.1 s, 12 passed``. ``waiting``: the trials of
    automations that can still be applied; None where that is not known, as right after a run."""
    words = f"#{record.id} {record.task}: "
    if record.state is JobState.ENDED:
        took = f" in {record.seconds:.1f} s" if record.seconds else ""
        said = _summary(record, waiting) or record.why
        if record.why and record.status != DONE:
            said = record.why
        return f"{words}{record.status}{took}{f', {said}' if said else ''}"
    if record.state is JobState.RUNNING:
        return f"{words}running{f', {record.message}' if record.message else ''}"
    if record.state is JobState.ASKING:
        return f"{words}was interrupted; is it to be run again?"
    again = f" again after attempt {record.attempt} ({record.why})" if record.attempt else ""
    return f"{words}waits{again}"


def interrupted(record: Record) -> str:
    """What to do in a terminal about a job that waits for the user's word; empty for others."""
    if record.state is not JobState.ASKING:
        return ""
    return (
        f"#{record.id} {record.task}: was interrupted. `understudy retry {record.id}` runs it"
        f" again, `understudy cancel {record.id}` gives it up."
    )


def waiting_in(record: Record) -> str:
    """The automation that was run and whose changes wait to be applied; empty for others."""
    value = record.value
    return str(value.get("automation", "")) if isinstance(value, dict) else ""


def _summary(record: Record, waiting: Collection[int] | None) -> str:
    value = record.value
    if waiting is None or not waiting_in(record) or value.get("trial") in waiting:
        return summary_of(value)
    return str(value.get("would", ""))


def task_payload(task: Task) -> dict[str, Any]:
    """A task as every front is told of it; a parameter without ``default`` has to be given."""
    return {
        "name": task.name,
        "title": task.title,
        "parameters": [
            {
                "name": each.name,
                "default": each.default,
                "type": each.kind,
                "choices": list(each.choices),
                "question": each.question or each.name,
            }
            for each in task.parameters
        ],
    }


def plan_payload(plan: Plan) -> dict[str, Any]:
    """Times are in seconds."""
    return {
        "seconds": round(plan.parallel, 3),
        "oneAfterAnother": round(plan.serial, 3),
        "speedUp": round(plan.speed_up, 2),
        "tracks": [list(track) for track in plan.tracks],
        "unknown": list(plan.unknown),
    }


def plan_lines(plan: Plan) -> list[str]:
    """What a run with its needs will take, and what runs beside what."""
    tasks, tracks = sum(map(len, plan.tracks)), len(plan.tracks)
    words = f"{tasks} tasks on {tracks} track{'s' * (tracks != 1)}: "
    if tasks == len(plan.unknown):
        words += "how long they take is not known yet"
    else:
        words += _times(plan, "about ")
        if plan.unknown:
            words += f"; not known of {', '.join(plan.unknown)}"
    return [words, *(f"  {n}. {' → '.join(track)}" for n, track in enumerate(plan.tracks, 1))]


def took_line(plan: Plan) -> str:
    return f"all of it took {_times(plan)}"


def _times(plan: Plan, about: str = "") -> str:
    together = f"{about}{plan.parallel:.1f} s"
    return f"{together}, one after another {plan.serial:.1f} s ({plan.speed_up:.1f}×)"
