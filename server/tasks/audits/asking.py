"""Asking a tool: its programs, its answers of now and of before, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...model import Finding
from ...runner.calls import Call, Command, Job, Lane, Outcome, Status
from ...runner.logfile import tail
from ...runner.task import Context
from ...settings.audit import Audit
from .cache import Cache
from .dependencies import Note

_MOST_OUTPUT = 64 << 20
_TOLD = 300
_OBJECTS = "understudy.tasks.audits.osv:objects"
LANE = Lane("audit", 1, idle_seconds=1.0)
SECONDS = 15.0
"""That a service has for an answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a tool. ``failure``: why it could not be asked and nothing it said before will
    do; ``away``: why what it said before has to do, which is of ``oldest``. ``audited`` and
    ``silent`` count versions; ``printed`` is the end of what it printed when it failed."""

    tool: str
    paths: tuple[str, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()
    notes: tuple[Note, ...] = ()
    failure: str = ""
    missing: bool = False
    away: str = ""
    oldest: float | None = None
    audited: int = 0
    unknown: int = 0
    printed: str = ""

    @property
    def silent(self) -> int:
        """How many could not be audited."""
        return self.unknown + len(self.notes)


class Failed(Exception):
    """No answer: with why, for people. ``printed``: the end of what the tool printed."""

    def __init__(self, why: str, printed: str = "", *, missing: bool = False) -> None:
        super().__init__(why)
        self.printed = printed
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Asking:
    """What an audit works with. ``folder`` is empty, ours, and goes when it ends."""

    context: Context
    settings: Audit
    cache: Cache
    root: Path
    folder: str
    environ: Mapping[str, str]
    now: float

    @property
    def since(self) -> float:
        """What is not older than this is not asked again."""
        return self.now - self.settings.max_age_hours * 3_600

    async def execute(
        self, argv: Sequence[str], cwd: str, environment: Mapping[str, str]
    ) -> tuple[Outcome, str]:
        """Run a tool, and where what it prints is. Raises Failed when it did not come to its own
        end: it was missing, killed or too slow."""
        log = os.path.join(cwd, "output.log")
        command = Command(
            tuple(argv),
            cwd,
            environment,
            log=log,
            log_bytes=_MOST_OUTPUT,
            importance=self.context.importance,
        )
        job = Job(self.context.task.name, command, self.settings.timeout_seconds)
        outcome = await self.context.execute(job)
        if outcome.status not in (Status.DONE, Status.FAILED) or outcome.exit_code is None:
            missing = outcome.status is Status.MISSING
            raise Failed(outcome.why, printed(log), missing=missing)
        return outcome, log

    async def verify(self, url: str, body: object) -> None:
        """Raises Failed when a service that a tool has reached is seen to answer as none that
        knows advisories does. That it cannot be reached in this way, too, proves nothing."""
        call = Call(LANE, _OBJECTS, (SECONDS,), ((url, json.dumps(body)),))
        job = Job(self.context.task.name, call, self.settings.timeout_seconds)
        outcome = await self.context.execute(job)
        if outcome.status is Status.DONE and not outcome.results[0]:
            raise Failed(f"{host(url)} was asked, and gave no answer that is a JSON object")

    def version(self, tool: str) -> str:
        """The one with which a tool answered last; empty where it does not tell."""
        known = self.cache.get(_version_of(tool))
        return known.value if known is not None and isinstance(known.value, str) else ""

    async def note_version(
        self, tool: str, program: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Ask a tool that has answered for its version, once in an audit."""
        if self.cache.get(_version_of(tool), self.now) is not None:
            return
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="version-", dir=self.folder)
        version = ""
        with contextlib.suppress(Failed):
            _, log = await self.execute([*program, "--version"], folder, environment)
            told = _VERSION.search(await asyncio.to_thread(printed, log))
            version = told[0] if told else ""
        self.cache.put(_version_of(tool), self.now, version)


_VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")


def _version_of(tool: str) -> str:
    return f"{tool} --version"


def printed(log: str) -> str:
    """The end of what was printed, as text."""
    try:
        return tail(log, 4_096).decode("utf-8", "replace")
    except OSError:
        return ""


_CAUSE = re.compile(
    r"""requests\.exceptions\.\w+:.*\(Caused[ ]by[ ]
    (?: \w+\( (?:<[^>]*>,[ ]|\d+,[ ]|'[^']*',[ ])? )+
    (["']) (?:\w+\(host=[^)]*\):[ ])? (.+) \1 \)+""",
    re.VERBOSE,
)
"""How ``requests`` says why it reached nobody: the second group is what a person needs of it."""


def last_words(log: str) -> str:
    """The last line that was printed, for people."""
    lines = [line.strip() for line in printed(log).splitlines() if line.strip()]
    return plainly(lines[-1]) if lines else "it printed nothing"


def plainly(words: str) -> str:
    if cause := _CAUSE.fullmatch(words):
        words = cause[2]
    return words if len(words) <= _TOLD else f"{words[:_TOLD]} …"


def host(service: str) -> str:
    """How a service is called in front of people; never with a password that its address has."""
    try:
        return urlsplit(service).hostname or "the service"
    except ValueError:
        return "the service"
