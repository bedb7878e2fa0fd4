"""``run``: one command in the sandbox, from the question to the answer."""

from __future__ import annotations

import asyncio
import errno
import fnmatch
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..model import Priority
from ..runner.calls import Command, Job, Urgency
from ..runner.execute import Runner
from ..state import private_folder
from . import seccomp
from .door import PORT
from .hosts import Hosts, authority
from .judge import in_the_way, judged
from .names import names
from .plan import COPY, OVERLAY, Plan
from .policy import HOME, TEMPORARY, Policy
from .trial import Level, Status, Trial, Usage

_STAGE = "understudy.sandbox.stage:enter"
_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl", "/etc/localtime")
_SHORT = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_FOREIGN = "root may write to folders of others on a copy alone: it was run on one"
_KEEPING_SECONDS = 120.0
BUBBLEWRAP = "bubblewrap"
BUILT_IN = "built-in"


async def run(
    argv: Sequence[str],
    workspace: Path,
    policy: Policy,
    runner: Runner,
    trials: Path,
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    level: Level = Level.ISOLATED,
    launcher: str = BUBBLEWRAP,
    backend: str = OVERLAY,
    override: bool = False,
    listen: Callable[[bytes], object] | None = None,
) -> Trial:
    """At this level or not at all. ``trials``: the private folder under which what the command
    wrote is kept. ``launcher``: of level A, ``BUBBLEWRAP`` or ``BUILT_IN``. ``backend``: with
    ``OVERLAY``, a command that failed because of it is run again on a copy; the other levels always
    use one. ``override``: the user wants this run at level C. ``listen`` is given what the command
    prints, as it comes. Raises OSError when no folder can be
    made ready."""
    if level is not Level.ISOLATED:
        launcher, backend = "", COPY
    trial = Trial(Status.REFUSED, level, launcher, backend)
    if refusal := _refusal(level, policy, override):
        return replace(trial, why=refusal)
    plan = await asyncio.to_thread(_plan, workspace, trials, policy, trial)
    if plan.backend != trial.backend:
        trial = replace(trial, backend=plan.backend, notes=(_FOREIGN,))
    where = str(cwd or plan.workspace)
    first = await _once(plan, argv, where, policy, runner, environ, trial, listen)
    if plan.backend == COPY or not (reason := in_the_way(first)):
        return first
    trial = replace(trial, backend=COPY, notes=(f"{reason}: it was run again on a copy",))
    plan = await asyncio.to_thread(_plan, workspace, trials, policy, trial)
    return await _once(plan, argv, where, policy, runner, environ, trial, listen)


def _refusal(level: Level, policy: Policy, override: bool) -> str:
    if level is Level.NONE and not override:
        return "nothing would keep the command in here, and nobody said to run it all the same"
    if level is not Level.ISOLATED and policy.hosts:
        return "only an isolated command can be let to some hosts and not to others"
    try:
        Hosts(policy.hosts)
    except ValueError as error:
        return str(error)
    return ""


async def _once(
    plan: Plan,
    argv: Sequence[str],
    cwd: str,
    policy: Policy,
    runner: Runner,
    environ: Mapping[str, str],
    trial: Trial,
    listen: Callable[[bytes], object] | None,
) -> Trial:
    printed = bytearray()

    def output(chunk: bytes) -> None:
        within = chunk[: max(0, policy.limits.output - len(printed))]
        printed.extend(within)
        if listen and within:
            listen(within)

    limits = policy.limits
    command = Command(
        tuple(argv),
        cwd,
        _environment(policy, environ),
        output=output,
        file_bytes=limits.file,
        nice=0,
        stage=_STAGE,
        context=tuple(plan),
    )
    began = time.time_ns()
    # The stage ends it in time, and keeps what it wrote; this is for when that does not end.
    longest = limits.seconds + _KEEPING_SECONDS
    job = Job("sandbox", command, longest, Urgency(Priority.INTERACTIVE))
    outcome = await runner.execute(job)
    usage = Usage(outcome.seconds, outcome.cost.cpu_seconds, outcome.cost.memory_bytes)
    trial = replace(trial, status=Status.CLEAN, output=bytes(printed), usage=usage)
    return await asyncio.to_thread(judged, trial, plan, policy, outcome, began)


def _plan(workspace: Path, trials: Path, policy: Policy, trial: Trial) -> Plan:
    root = os.path.realpath(workspace)
    folder = tempfile.mkdtemp(prefix="trial-", dir=private_folder(trials))
    places = names(root, tuple(policy.hide), tuple(policy.keep)).find()
    return Plan(
        workspace=root,
        folder=folder,
        level=trial.level,
        backend=COPY if places.foreign and os.geteuid() == 0 else trial.backend,
        launcher=bubblewrap() if trial.launcher == BUBBLEWRAP else "",
        system=tuple(
            dict.fromkeys((*filter(_is_there, (*_SYSTEM, *_interpreter())), *policy.read))
        ),
        links=tuple((os.readlink(each), each) for each in _SHORT if os.path.islink(each)),
        hidden=places.hidden,
        kept=places.kept,
        limits=policy.limits,
        seccomp=_filter(trial.level),
        hosts=policy.hosts,
    )


def _filter(level: Level) -> bytes:
    return b"" if level is Level.NONE else seccomp.program(level is Level.ISOLATED)


def bubblewrap() -> str:
    """Raises OSError when it is not installed."""
    if path := shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin"):
        return path
    raise FileNotFoundError(errno.ENOENT, "bubblewrap is not installed", "bwrap")


def _is_there(path: str) -> bool:
    return os.path.exists(path)


def _interpreter() -> tuple[str, ...]:
    """Where our own Python lives, when that is not a part of the system."""
    folders = {os.path.realpath(each) for each in (sys.base_prefix, sys.prefix)}
    return tuple(each for each in sorted(folders) if not each.startswith("/usr"))


def _environment(policy: Policy, environ: Mapping[str, str]) -> dict[str, str]:
    passed = {
        name: value
        for name, value in environ.items()
        if any(fnmatch.fnmatchcase(name, each) for each in policy.environment)
    }
    ours = {"HOME": HOME, "TMPDIR": TEMPORARY, **(_way_out(policy) if policy.hosts else {})}
    return {**passed, **ours, **policy.variables}


def _way_out(policy: Policy) -> dict[str, str]:
    """Where programs find the proxy. What is listed is outside, also where its name is our own."""
    proxy = f"http://127.0.0.1:{PORT}"
    listed = {authority(each).host for each in policy.hosts}
    inside = ",".join(each for each in ("localhost", "127.0.0.1", "::1") if each not in listed)
    values = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": inside}
    return {**values, **{name.upper(): value for name, value in values.items()}}
