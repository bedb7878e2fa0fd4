"""What a task is to the engine: a value with a coroutine, and what that coroutine can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..model import Cost, Importance
from ..store.job_rows import Checkpoint, Record
from .calls import Command, Job, Outcome, Status

_LISTENED = 4_096
"""Of what a command says, so many bytes tell what kind of failure it was."""


DONE = Outcome(Status.DONE)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a task. ``value`` is JSON, kept with the job; ``said``: its last words."""

    value: Any = None
    outcome: Outcome = DONE
    said: str = ""


class Transient(Exception):
    """Raised by a task for a failure that may be gone the next time."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that can be run for the user.

    ``repeatable``: an interrupted run may simply be run again. ``timeout`` is in seconds, as is
    ``retry_delay``, the first of a series that doubles. ``needs`` names tasks that have to succeed
    first; ``inputs`` and ``outputs`` are patterns, from which more needs follow. ``needs_trust``:
    it runs what the workspace brings along. ``hidden``: people are not offered it.
    """

    name: str
    run: Callable[[Context], Awaitable[Result]]
    title: str = ""
    importance: Importance = Importance.LOW
    repeatable: bool = False
    timeout: float = 3_600.0
    retries: int = 3
    retry_delay: float = 10.0
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    needs_trust: bool = False
    hidden: bool = False


@dataclass(eq=False)
class Context:
    """What a running task knows and can do. Belongs to one attempt at one job."""

    job: Record
    task: Task
    resumed: Checkpoint | None
    """Where an attempt before this one was, if it told."""
    log: str
    """The file that commands write to."""
    trusted: bool
    every: int
    """Steps after which a checkpoint is saved by itself."""
    _execute: Callable[[Job], Awaitable[Outcome]]
    _tell: Callable[[str, float], object]
    _save: Callable[[Any, str, float], Awaitable[None]]
    _output: Callable[[bytes], object]
    needed: Mapping[str, Any] = field(default_factory=dict)
    """What the tasks that this one needs left, by their names."""
    cost: Cost = Cost()
    commands: int = 0
    """How many commands run just now: they have time-outs of their own."""
    _steps: int = 0
    _said: bytearray = field(default_factory=bytearray)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.job.parameters

    def progress(self, message: str, fraction: float) -> None:
        """``fraction`` is between 0 and 1."""
        self._tell(message, fraction)

    async def checkpoint(self, state: Any, message: str = "", fraction: float = 0.0) -> None:
        """Save where the task is (JSON): a later attempt finds it in ``resumed``."""
        self._steps = 0
        await self._save(state, message, fraction)

    async def step(self, state: Any, message: str = "", fraction: float = 0.0) -> None:
        """Say what was done; every so many steps this is a checkpoint."""
        self._tell(message, fraction)
        self._steps += 1
        if self._steps >= self.every:
            await self.checkpoint(state, message, fraction)

    async def execute(self, job: Job) -> Outcome:
        """Run one piece of work through the one door; its cost is the task's."""
        outcome = await self._execute(job)
        self.cost += outcome.cost
        return outcome

    async def command(
        self, argv: Sequence[str], cwd: str, environment: Mapping[str, str]
    ) -> Result:
        """Run a program to its end; what it prints goes to the log, and to who looks on."""
        return await self.run(Command(tuple(argv), cwd, environment))

    async def run(self, command: Command) -> Result:
        """As ``command``, with all that a command can say of how it is run."""
        ours = replace(command, log=self.log, output=self._hear, importance=self.task.importance)
        job = Job(
            self.task.name,
            ours,
            self.task.timeout,
            needs_trust=self.task.needs_trust,
            trusted=self.trusted,
        )
        self.commands += 1
        try:
            outcome = await self.execute(job)
        finally:
            self.commands -= 1
        return Result(outcome=outcome, said=self._said.decode("utf-8", "replace"))

    def _hear(self, chunk: bytes) -> None:
        self._said += chunk
        del self._said[:-_LISTENED]
        self._output(chunk)
