"""Commands of tasks that are marked to run in the sandbox: what they would change is kept, to be
looked at and applied by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..model import Cost
from ..runner.calls import Command, Job, Outcome
from ..runner.calls import Status as Ran
from ..runner.task import Context, Result
from ..sandbox.history import TRIALS
from ..sandbox.levels import run_here
from ..sandbox.policy import Limits, Policy
from ..sandbox.probe import probe
from ..sandbox.trial import Status, Trial, printable
from ..settings.tasks import CustomTask
from ..state import state_dir
from .answers import summed

_ENDS = {
    Status.CLEAN: Ran.DONE,
    Status.TIMED_OUT: Ran.TIMED_OUT,
    Status.REFUSED: Ran.REFUSED,
}
"""What the others come to is FAILED."""


class _Job(NamedTuple):
    """Runs the command as the task's own: into its log, at its importance, in its time."""

    context: Context

    async def execute(self, job: Job) -> Outcome:
        assert isinstance(job.work, Command)
        return (await self.context.run(job.work, job.timeout)).outcome


class Where(NamedTuple):
    """``state``: the state folder of the workspace."""

    root: Path
    state: Path
    environ: Mapping[str, str]


async def run(
    context: Context, argv: Sequence[str], folder: Path, own: CustomTask, where: Where
) -> Result:
    """At level A or not at all. ``folder``: where in the root it runs. Raises OSError."""
    policy = Policy(
        write=own.sandbox_write or Policy().write,
        hosts=own.sandbox_network,
        variables=own.env,
        limits=Limits(seconds=context.task.timeout),
        copy=bool(own.sandbox_network),  # it could not be run twice
    )
    trial = await tried(context, argv, policy, where, folder)
    return Result(_value(trial), outcome_of(trial), context.said)


async def tried(
    context: Context, argv: Sequence[str], policy: Policy, where: Where, folder: Path | None = None
) -> Trial:
    """As a task's own command: at level A or not at all. Raises OSError."""
    machine = await probe(context, await asyncio.to_thread(state_dir))
    return await run_here(
        argv,
        where.root,
        policy,
        _Job(context),
        where.state / TRIALS,
        machine,
        cwd=folder,
        environ=where.environ,
    )


def outcome_of(trial: Trial) -> Outcome:
    """What the task came to with it."""
    status = _ENDS.get(trial.status, Ran.FAILED)
    cost = Cost(trial.usage.cpu_seconds, trial.usage.peak_bytes)
    return Outcome(status, (), _why(trial), cost, trial.usage.seconds, trial.exit_code)


def _why(trial: Trial) -> str:
    """Of what did not end clean, also what the sandbox may have to do with it, and what came of it
    all the same."""
    if trial.is_clean:
        return trial.why
    seen = f"`understudy sandbox show {trial.id}` shows what it would change"
    return "; ".join((trial.why, *map(printable, trial.notes), *([seen] if trial.changes else [])))


def _value(trial: Trial) -> Any:
    if not trial.changes:
        return summed("it would change nothing", 0, trial=trial.id)
    summary = f"it would change {trial.many}"
    if trial.is_clean:
        summary = f"{summary}: `understudy sandbox apply {trial.id}` makes it so"
    return summed(summary, 0, trial=trial.id)
