"""A program of the user's under a profiler: run as it is, and what was seen of it is kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shlex
import shutil
import sqlite3
import sys
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...analyzers.interpreters import NoInterpreter, interpreter
from ...disk import LARGEST_FILE, read_regular, why
from ...findings.redact_text import redacted_words
from ...insights.profile import comparison, sampled
from ...insights.profile.chrome import sampled_trace
from ...insights.profile.comparison import Change, Comparison, margin
from ...insights.profile.sampled import HotLine, Samples, Told
from ...runner import sampling
from ...state import workspace_dir
from ...store.profile import Kept
from .profiling import as_text, opened

__all__ = [
    "Asked",
    "Change",
    "Program",
    "Run",
    "Unable",
    "compare",
    "forget",
    "margin",
    "newest",
    "prepare",
    "profiled",
    "sampled_trace",
    "samples_of",
    "source_line",
]

RATE = 100
_MOST_BYTES = 32 << 20
"""Of samples; of more, only what they say is kept."""
_HEAD = "py-spy>"
"""Before what the profiler says while all is well."""
_WRONG = "Error: "
"""Before what went wrong; what comes after it is whence."""
_ENDED = "Check that the process is running"
"""What the profiler says where the program ended before it could look."""
_PYTHONS = ("python", "python3")


class Unable(Exception):
    """The program cannot be run, or was not seen; for people, with what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``argv`` is to be run in ``cwd``, as it was asked for in ``words``; ``rate`` is in samples a
    second."""

    root: Path
    words: tuple[str, ...]
    argv: tuple[str, ...]
    cwd: Path
    rate: int = RATE

    @property
    def command(self) -> str:
        """For people, without secrets."""
        return as_text(shlex.join(redacted_words(self.words)))

    @property
    def key(self) -> str:
        """Of all profiles of the same command in the same folder."""
        told = json.dumps([self.words, str(self.cwd)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


class Run(NamedTuple):
    """One run: how it ended, as a shell tells it, and what it took, in seconds and bytes. ``note``
    tells a person what was not seen of it; empty where all was."""

    exit_code: int
    seconds: float
    cpu: float
    memory: int
    note: str = ""


class Program(NamedTuple):
    """What is kept of a program's profile. ``at``: seconds since 1970; ``command``: for people;
    ``key`` is that of all profiles of the same command."""

    id: int
    at: float
    command: str
    key: str
    runs: tuple[Run, ...]
    told: Told
    trouble: str = ""
    """Why it is not kept, for people; empty where it is."""

    @property
    def summary(self) -> str:
        """In a sentence or two, for people."""
        run = self.runs[-1]
        ended = f"{self.command} took {run.seconds:.1f} s and ended with {run.exit_code}."
        if not self.told.functions:
            return f"{ended} {run.note[:1].upper()}{run.note[1:]}." if run.note else ended
        hot = max(self.told.functions, key=lambda each: sum(each.own))
        share = sum(hot.own) / self.told.many
        return f"{ended} {hot.name} in {hot.file} takes {100 * share:.0f} % of the time by itself."

    @property
    def payload(self) -> Mapping[str, Any]:
        """As JSON."""
        runs = [each._asdict() for each in self.runs]
        return {"at": self.at, "command": self.command, "runs": runs, **sampled.dumps(self.told)}


def prepare(
    root: Path,
    argv: Sequence[str],
    cwd: Path,
    setting: str,
    environ: Mapping[str, str],
    rate: int = RATE,
) -> Asked:
    """What is run for these words: a bare ``python``, or a program of an environment such as
    ``pytest``, is that of the workspace. ``setting`` names its interpreter; empty: it is looked
    for. Raises Unable."""
    words = tuple(argv)
    first, *rest = words
    if "/" in first:
        return Asked(root, words, words, cwd, rate)
    try:
        python = interpreter(str(root), "", setting, environ, purpose=f"run {first} with")
    except NoInterpreter as error:
        if first in _PYTHONS:
            raise Unable(str(error)) from error
        python = ""
    beside = Path(python).parent / first
    if python and first in _PYTHONS:
        return Asked(root, words, (python, *rest), cwd, rate)
    if python and beside.is_file() and os.access(beside, os.X_OK):
        return Asked(root, words, (str(beside), *rest), cwd, rate)
    found = shutil.which(first, path=environ.get("PATH"))
    if found is None:
        raise Unable(f"there is no program {first!r}")
    return Asked(root, words, (found, *rest), cwd, rate)


def _profiler() -> str:
    """Raises Unable."""
    beside = Path(sysconfig.get_path("scripts"), "py-spy")
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        raise Unable("py-spy, which Understudy comes with, is not there: install Understudy anew")
    return found


async def profiled(
    asked: Asked, runs: int, run: Callable[[Sequence[str]], Awaitable[str]]
) -> Program:
    """Run it so often, and keep what was seen. ``run`` runs an argv to its end; why it could not,
    empty where it could. Raises Unable, OSError."""
    seen, ended, raw, at = list[Samples](), list[Run](), b"", time.time()
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="understudy-profile-") as folder:
            told, samples = Path(folder, "told"), Path(folder, "samples.json")
            ours = (sys.executable, "-P", "-m", sampling.__name__, str(told), "--")
            if reason := await run((*ours, *looking(asked, samples), "--", *asked.argv)):
                raise Unable(reason)
            raw, last, wrong = await asyncio.to_thread(read, samples, asked.rate)
            seen.append(last)
            ended.append(await asyncio.to_thread(_ended, told, last, wrong))
    return await keep(asked, at, ended, seen, raw)


def looking(asked: Asked, samples: Path) -> tuple[str, ...]:
    """The profiler's command, but for whom it is to look at. Raises Unable."""
    how = ("--rate", str(asked.rate), "--format", "speedscope", "--full-filenames")
    return (_profiler(), "record", *how, "--subprocesses", "--output", str(samples))


def read(samples: Path, rate: int) -> tuple[bytes, Samples, str]:
    """What the profiler wrote, without secrets, what that says, and why that is nothing, where it
    cannot be read; of nothing where it wrote nothing."""
    nothing = Samples({}, 1 / rate)
    try:
        raw = samples.read_bytes() if samples.exists() else b""
        found = sampled.read(raw) if raw else nothing
        return sampled.without_secrets(raw) if raw else b"", found, ""
    except (OSError, ValueError) as error:
        return b"", nothing, f"what it wrote cannot be read: {why(error)}"


def _ended(told: Path, seen: Samples, unread: str) -> Run:
    """Raises Unable."""
    try:
        ended = json.loads(told.read_bytes())
    except (OSError, ValueError) as error:
        raise Unable(f"nothing is known of how it ended: {why(error)}") from error
    if "error" in ended:
        raise Unable(f"it could not be run: {ended['error']}")
    wrong = unread or _complaint(told.with_suffix(".log"), ended["profiler"])
    note = wrong
    if not seen.many:
        note = f"the profiler saw nothing of it: {wrong or 'it was too short, or only waited'}"
    code = int(ended["code"])
    return Run(
        code if code >= 0 else 128 - code, ended["seconds"], ended["cpu"], ended["memory"], note
    )


def _complaint(log: Path, code: int) -> str:
    """What the profiler said that went wrong; empty where nothing did. ``code``: it ended with."""
    said = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    told = [each for each in said if each.strip() and not each.startswith(_HEAD)]
    if code < 0:
        return f"it was ended by signal {-code}"
    wrong = told if code else [e for e in said if e.startswith("Error") or "behind" in e]
    if any(each.startswith("Permission Denied") for each in wrong):
        return "this machine does not let it look (see kernel.yama.ptrace_scope, or CAP_SYS_PTRACE)"
    wrong = [each for each in wrong if each.startswith(_WRONG)][:1] or wrong[-1:]
    return "".join(each.removeprefix(_WRONG) for each in wrong if _ENDED not in each)


def _told(root: Path, seen: Sequence[Samples], began: float) -> Told:
    return sampled.told(seen, os.path.realpath(root), lambda file: _as_before(root / file, began))


def _as_before(path: Path, began: float) -> bytes | None:
    """A file's content; None where it was written since."""
    try:
        return read_regular(path, LARGEST_FILE) if path.stat().st_mtime < began else None
    except OSError:
        return None


async def keep(
    asked: Asked, at: float, runs: Sequence[Run], seen: Sequence[Samples], samples: bytes
) -> Program:
    """``seen`` by run; ``samples``: what the profiler wrote of the last one, without secrets. What
    cannot be kept is told all the same: it has been run."""
    told = await asyncio.to_thread(_told, asked.root, seen, at)
    program = Program(0, at, asked.command, asked.key, tuple(runs), told)
    body = {
        "key": program.key,
        "runs": [list(each) for each in program.runs],
        "told": sampled.dumps(program.told),
    }
    raw = samples if len(samples) <= _MOST_BYTES else b""
    try:
        async with opened(await asyncio.to_thread(workspace_dir, asked.root)) as profiles:
            return program._replace(id=await profiles.keep(at, program.command, body, raw))
    except (OSError, sqlite3.Error) as error:
        return program._replace(trouble=f"this profile is not kept: {why(error)}")


async def newest(root: Path, key: str = "", before: int | None = None) -> Program | None:
    """The profile that was made last: of the same command, before that one, where these are given.
    Raises OSError, sqlite3.Error."""
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        kept = map(_program, await profiles.kept())
        return next(
            (e for e in kept if key in ("", e.key) and (before is None or e.id < before)), None
        )


def _program(kept: Kept) -> Program:
    body = kept.body
    runs = tuple(Run(*each) for each in body["runs"])
    told = sampled.loads(body["told"])
    return Program(kept.id, kept.at, kept.command, body["key"], runs, told)


async def samples_of(root: Path, program: Program) -> bytes:
    """What the profiler wrote of its last run, in the format of speedscope; empty where that is not
    kept. Raises OSError, sqlite3.Error."""
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        return await profiles.samples(program.id)


def compare(before: Program, after: Program) -> Comparison:
    walls = [[run.seconds for run in each.runs] for each in (before, after)]
    return comparison.compare(before.told, after.told, *walls)


def source_line(root: Path, program: Program, line: HotLine) -> str:
    """Its text, where its file was not written since it ran; else empty."""
    content = _as_before(root / line.file, program.at)
    lines = (content or b"").splitlines()
    return (
        lines[line.line - 1].decode("utf-8", "replace").strip() if line.line <= len(lines) else ""
    )


async def forget(root: Path) -> int:
    """All profiles of programs; how many those were. Raises OSError, sqlite3.Error."""
    async with opened(await asyncio.to_thread(workspace_dir, root)) as profiles:
        return await profiles.forget()
