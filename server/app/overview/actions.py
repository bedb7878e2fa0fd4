"""What can be done from a view of a workspace: the same that a terminal does, each with an entry in
the audit trail. All return what was done, in words, and raise ValueError, for people."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from ...runner.graph import GraphError
from ...store.job_rows import MANUAL, JobState
from ..learning.opening import open_learned
from .watched import Watched

_CAUSE = (MANUAL, "asked for on the dashboard")
_NOTE = "dashboard"
"""What kind of entry tells of an action of ours."""


async def run(watched: Watched, task: str) -> str:
    engine = watched.service.engine
    if (known := engine.tasks.get(task)) is None or known.hidden:
        raise ValueError(f"there is no task {task!r}")
    if complaint := known.complaint({}):
        raise ValueError(f"{complaint}; `understudy run {task} NAME=VALUE` gives it")
    return f"job {await _submitted(watched, task, {})}"


async def _submitted(watched: Watched, task: str, parameters: Mapping[str, object]) -> str:
    engine = watched.service.engine
    try:
        job = await engine.submit(task, parameters, cause=_CAUSE)
    except GraphError as error:
        raise ValueError(str(error)) from None
    waits = (
        "" if engine.holder() else "; nothing runs it until an editor or `understudy start` does"
    )
    return f"{job} ({task}) is queued{waits}"


async def cancel(watched: Watched, job: str) -> str:
    if not await watched.service.engine.cancel(_number(job)):
        raise ValueError(f"there is no job {job} that waits or runs")
    return f"job {job} is cancelled"


async def retry(watched: Watched, job: str) -> str:
    """One that was interrupted is run again; of one that has ended, the same is asked for once
    more."""
    engine = watched.service.engine
    record = await engine.jobs.get(_number(job))
    if record is None:
        raise ValueError(f"there is no job {job}")
    if record.state is JobState.ASKING and await engine.answer(record.id, again=True):
        return f"job {job} is queued again"
    if record.state is not JobState.ENDED:
        raise ValueError(f"job {job} has not ended yet")
    if record.withheld:
        raise ValueError(f"job {job} was given secrets, which are not kept: run it anew")
    if record.task not in engine.tasks:
        raise ValueError(f"there is no task {record.task!r} any more")
    return f"job {await _submitted(watched, record.task, record.parameters)}"


async def accept(watched: Watched, name: str) -> str:
    trusted = bool(watched.service.decided)
    async with open_learned(watched.root, trusted=trusted) as found:
        accepted = await found.accept(found.learned.find(name), {})
    await _note(watched, name, "was accepted")
    return f"{accepted.name} is {accepted.state}"


async def dismiss(watched: Watched, name: str) -> str:
    learned = watched.learned
    await learned.load()
    await learned.dismiss(learned.find(name), never=False)
    await _note(watched, name, "was dismissed for now")
    return f"{name} is not offered for now"


async def pause(watched: Watched, _: str) -> str:
    await watched.learned.log.pause(True)
    await _note(watched, "activity", "was paused")
    return "what you do is not remembered any more"


async def resume(watched: Watched, _: str) -> str:
    await watched.learned.log.pause(False)
    await _note(watched, "activity", "was resumed")
    return "what you do is remembered again"


async def decline(watched: Watched, recommendation: str) -> str:
    await watched.seldom.dismiss(recommendation)
    await _note(watched, recommendation, "was dismissed")
    return "it is not recommended any more"


async def _note(watched: Watched, what: str, told: str) -> None:
    """Of what the engine itself has nothing to tell."""
    await watched.service.engine.jobs.note(_NOTE, what, told, time.time())


def _number(job: str) -> int:
    if not (job.isascii() and job.isdigit() and len(job) < 18):
        raise ValueError(f"{job!r} is no number of a job")
    return int(job)


Action = Callable[[Watched, str], Awaitable[str]]
ACTIONS: Mapping[str, Action] = {
    each.__name__: each for each in (run, cancel, retry, accept, dismiss, pause, resume, decline)
}
"""By name; each takes what it is for: a task, a job's number, an automation, a recommendation."""
