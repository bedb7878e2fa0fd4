"""What a task is to the engine: a value with a coroutine, and what that coroutine can do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..findings.redact_output import without_secrets
from ..findings.secret_words import names_secret
from ..model import Cost, Importance
from ..store.job_rows import Checkpoint, Record
from .calls import Command, Job, Outcome, Status
from .logfile import LogFile

_LEAST_SECRET = 8
"""Characters of a variable's value that is looked for in what is printed."""
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


class Parameter(NamedTuple):
    """``default`` None: it has to be given. ``kind`` is text, number or boolean; ``choices``, if
    any, are all that it can be; ``question`` is for people."""

    name: str
    default: str | None = None
    kind: str = "text"
    choices: tuple[str, ...] = ()
    question: str = ""

    def fits(self, value: Any) -> bool:
        text = str(value)
        if self.choices:
            return text in self.choices
        if self.kind == "boolean":
            return text.lower() in ("true", "false")
        return self.kind != "number" or _NUMBER.fullmatch(text) is not None

    @property
    def expected(self) -> str:
        """``version (one of patch, minor)``, for people."""
        kind = f"one of {', '.join(self.choices)}" if self.choices else _KINDS.get(self.kind, "")
        return f"{self.name} ({kind})" if kind else self.name


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_KINDS = {"number": "a number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Task:
    """Something that can be run for the user.

    ``repeatable``: an interrupted run may simply be run again. ``timeout`` is in seconds, as is
    ``retry_delay``, the first of a series that doubles. ``needs`` names tasks that have to succeed
    first; ``inputs`` and ``outputs`` are patterns, from which more needs follow. ``needs_trust``:
    it runs what the workspace brings along. ``hidden``: people are not offered it. ``parameters``:
    what a person can be asked for; ``options``: what may be given besides.
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
    parameters: tuple[Parameter, ...] = ()
    options: tuple[str, ...] = ()

    def complaint(self, given: Mapping[str, Any]) -> str:
        """Why it cannot be run with these parameters, for people; empty when it can."""
        known = [*(each.name for each in self.parameters), *self.options]
        if unknown := [name for name in given if name not in known]:
            has = f"it has {', '.join(known)}" if known else "it has none"
            return f"{self.name} has no parameter {', '.join(unknown)}: {has}"
        lacking = [p for p in self.parameters if p.default is None and p.name not in given]
        if lacking:
            return f"{self.name} needs {', '.join(each.expected for each in lacking)}"
        unfit = [p for p in self.parameters if p.name in given and not p.fits(given[p.name])]
        return f"{self.name} cannot use what is given for {unfit[0].expected}" if unfit else ""


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
    secrets: frozenset[str] = frozenset()
    """Of what it was given: nothing of them is kept."""
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

    @property
    def importance(self) -> Importance:
        """The task's, or more where a person waits for this job."""
        return Importance(self.job.importance)

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

    async def say(self, text: str) -> None:
        """Print it: to the log, in place of what was there, and to who looks on."""
        content = text.encode("utf-8", "replace")
        await asyncio.to_thread(_write, self.log, content, self.secrets)
        self._hear(content)

    async def execute(self, job: Job) -> Outcome:
        """Run one piece of work through the one door; its cost is the task's."""
        outcome = await self._execute(job)
        self.cost += outcome.cost
        return outcome

    async def command(
        self, argv: Sequence[str], cwd: str, environment: Mapping[str, str]
    ) -> Result:
        """Run a program to its end; what it prints goes to who looks on, and without secrets to
        the log."""
        return await self.run(Command(tuple(argv), cwd, environment))

    async def run(self, command: Command, seconds: float = 0.0) -> Result:
        """As ``command``, with all that a command can say of how it is run. ``seconds``: in place
        of the task's."""

        def hear(chunk: bytes) -> None:
            command.output(chunk)
            self._hear(chunk)

        secrets = (*(command.secrets or ()), *self.secrets, *_secrets_in(command.environment))
        ours = replace(
            command, log=self.log, secrets=secrets, output=hear, importance=self.importance
        )
        job = Job(
            self.task.name,
            ours,
            seconds or self.task.timeout,
            needs_trust=self.task.needs_trust,
            trusted=self.trusted,
        )
        self.commands += 1
        try:
            outcome = await self.execute(job)
        finally:
            self.commands -= 1
        return Result(outcome=outcome, said=self.said)

    @property
    def said(self) -> str:
        """The last words of its commands."""
        return self._said.decode("utf-8", "replace")

    def _hear(self, chunk: bytes) -> None:
        self._said += chunk
        del self._said[:-_LISTENED]
        self._output(chunk)


def _write(path: str, content: bytes, secrets: Iterable[str]) -> None:
    private = without_secrets(content, secrets)
    log = LogFile(path, len(private))
    log.write(private)
    log.close()


def _secrets_in(environment: Mapping[str, str]) -> Iterator[str]:
    """The values of variables that are called secret, but those that may stand in any text."""
    for name, value in environment.items():
        if len(value) >= _LEAST_SECRET and names_secret(name):
            yield value
