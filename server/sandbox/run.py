"""``run``: one command in the sandbox, from the question to the answer."""

from __future__ import annotations

import asyncio
import errno
import fnmatch
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

from ..findings.withheld import Withheld
from ..model import Priority
from ..runner.calls import Command, Job, Outcome, Urgency
from ..sizes import size
from ..state import private
from . import seccomp
from .door import PORT
from .hints import hints
from .history import History, Place
from .hosts import Hosts, authority
from .ignored import ignored as ignored_of
from .judge import in_the_way, judged
from .names import folders_above
from .outside import Seen, machine, obstacle, paths_of, unseen, with_program
from .plan import COPY, FINDER, OVERLAY, Plan
from .policy import HOME, TEMPORARY, Policy
from .private import Private, look
from .shown import left_out
from .trial import Level, Status, Trial, Usage, printable

_STAGE = "understudy.sandbox.stage:enter"
_NOT_BEGUN = (126, 127)
_UNFIT = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""The surrogates that are left out stand for bytes that are no text."""
_FOREIGN = "root may write to folders of others on a copy alone: it was run on one"
_NOT_TWICE = "and what reaches hosts is not run again unasked: have it work on a copy (--copy)"
_KEEPING_SECONDS = 120.0
_FIRST, _AGAIN = "first", "again"
BUBBLEWRAP = "bubblewrap"
BUILT_IN = "built-in"


class Executor(Protocol):
    """Who runs jobs: a ``Runner``, or what belongs to a task."""

    async def execute(self, job: Job) -> Outcome: ...


async def run(
    argv: Sequence[str],
    workspace: Path,
    policy: Policy,
    runner: Executor,
    trials: Path,
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    level: Level = Level.ISOLATED,
    launcher: str = BUBBLEWRAP,
    backend: str = OVERLAY,
    override: bool = False,
    notes: tuple[str, ...] = (),
    listen: Callable[[bytes], object] | None = None,
) -> Trial:
    """At this level or not at all. ``trials``: the private folder of the workspace's ``History``,
    in which what the command wrote is kept. ``launcher``: of level A, ``BUBBLEWRAP`` or
    ``BUILT_IN``. ``backend``: with ``OVERLAY``, a command that failed because of it is run again on
    a copy, unless it may reach hosts; the other levels always use one. ``override``: the user wants
    this run at level C. ``notes``: what the trial has to tell in any case. ``listen`` is given what
    the command prints, as it comes. What is kept of that is without secrets, those that nobody has
    named, too. Raises OSError when no folder can be made ready."""
    if level is not Level.ISOLATED:
        launcher, backend = "", COPY
    trial = Trial(Status.REFUSED, level, launcher, backend, notes=notes)
    if refusal := _refusal(level, policy, override):
        return replace(trial, why=refusal)
    environment = _environment(policy, environ)
    refusal = _unfit(argv, workspace, str(cwd or workspace), environment)
    if refusal := refusal or await asyncio.to_thread(obstacle, policy.read):
        return replace(trial, why=refusal)
    began = time.time()
    root, place = await _begun(workspace, trials)
    asked = _Asked(argv, root, str(cwd or root), policy, environment, runner, listen)
    try:
        trial = await _tried(asked, place, trial)
    except BaseException:
        closing = asyncio.get_running_loop().run_in_executor(None, place.close)
        await asyncio.shield(closing)  # who cancels it twice wants it gone all the same
        raise
    return await asyncio.to_thread(_end, place, asked, began, trial)


async def _begun(workspace: Path, trials: Path) -> tuple[str, Place]:
    """The real workspace, and a place that does not stay when nobody waits for it any more."""

    def close(done: asyncio.Task[tuple[str, Place]]) -> None:
        if not done.cancelled() and not done.exception():
            done.result()[1].close()

    work = asyncio.create_task(asyncio.to_thread(_begin, workspace, trials))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(close)
        raise


def _begin(workspace: Path, trials: Path) -> tuple[str, Place]:
    return os.path.realpath(workspace), History(trials).begin()


def _end(place: Place, asked: _Asked, began: float, trial: Trial) -> Trial:
    try:
        if trial.status is Status.REFUSED:
            return trial
        ignored = ignored_of(asked.workspace, trial.changes)
        secrets = asked.policy.known_secrets
        return place.keep(began, asked.argv, replace(trial, ignored=ignored), secrets)
    finally:
        place.close()


def _refusal(level: Level, policy: Policy, override: bool) -> str:
    if sys.platform != "linux":
        return "what keeps a command in is written for Linux alone: nothing is run here"
    if level is Level.NONE and not override:
        return "nothing would keep the command in here, and nobody said to run it all the same"
    if level is not Level.ISOLATED and policy.hosts:
        return "only an isolated command can be let to some hosts and not to others"
    try:
        Hosts(policy.hosts)
    except ValueError as error:
        return str(error)
    return ""


def _unfit(argv: Sequence[str], workspace: Path, cwd: str, environment: Mapping[str, str]) -> str:
    """Why no program can be given that; a null byte would begin an option of the launcher's."""
    if not argv:
        return "no command was named"
    if any(map(_UNFIT.search, chain(argv, [cwd], *environment.items()))):
        return "a null byte, or half a character, cannot be given to a program"
    if os.path.realpath(workspace) == "/":
        return "the whole machine cannot be a workspace: go into a project"
    if any(not name or "=" in name for name in environment):
        return "a variable has a name, and no `=` in it"
    return ""


class _Asked(NamedTuple):
    """What is to be run, where, and who is told of it."""

    argv: Sequence[str]
    workspace: str
    cwd: str
    policy: Policy
    environment: Mapping[str, str]
    runner: Executor
    listen: Callable[[bytes], object] | None


async def _tried(asked: _Asked, place: Place, trial: Trial) -> Trial:
    """On a copy after all, when an overlay was in the way."""
    plan, private = await asyncio.to_thread(_plan, asked, place, _FIRST, trial)
    if plan.backend != trial.backend:
        notes = trial.notes if asked.policy.copy else (*trial.notes, _FOREIGN)
        trial = replace(trial, backend=plan.backend, notes=notes)
    first, reason = await _once(asked, plan, private, trial)
    if not reason:
        return first
    if asked.policy.hosts and first.status is Status.FAILED:
        return replace(first, why=f"{first.why}; {reason}, {_NOT_TWICE}")
    await asyncio.to_thread(place.clear, _FIRST)
    again = f"{reason}: it was run again on a copy"
    trial = replace(trial, backend=COPY, notes=(*trial.notes, again))
    plan, private = await asyncio.to_thread(_plan, asked, place, _AGAIN, trial)
    return (await _once(asked, plan, private, trial))[0]


async def _once(asked: _Asked, plan: Plan, private: Private, trial: Trial) -> tuple[Trial, str]:
    """What came of it, and why a copy may do better; empty when it would not."""
    argv, limits, listen = asked.argv, asked.policy.limits, asked.listen
    printed, is_cut = bytearray(), False

    withheld = Withheld(asked.policy.known_secrets)

    def output(chunk: bytes) -> None:
        keep(withheld.part(chunk))

    def keep(chunk: bytes) -> None:
        nonlocal is_cut
        within = chunk[: limits.output - len(printed)]
        is_cut = is_cut or len(within) < len(chunk)
        printed.extend(within)
        if listen and within:
            listen(within)

    command = Command(
        (*(() if "=" in argv[0] else FINDER), *argv),
        asked.cwd,
        asked.environment,
        output=output,
        secrets=asked.policy.known_secrets,
        whole=limits.output + 1,  # which tells that there was more
        nice=0,
        stage=_STAGE,
        context=tuple(plan),
    )
    began = time.time_ns()
    # The stage ends it in time, and keeps what it wrote; this is for when that does not end.
    longest = limits.seconds + _KEEPING_SECONDS
    job = Job("sandbox", command, longest, Urgency(Priority.INTERACTIVE))
    outcome = await asked.runner.execute(job)
    keep(withheld.end())
    usage = Usage(outcome.seconds, outcome.cost.cpu_seconds, outcome.cost.memory_bytes)
    if is_cut:
        cut = f"it printed more than {size(limits.output)}: what came then was left out"
        trial = replace(trial, notes=(*trial.notes, cut))
    trial = replace(
        trial, status=Status.CLEAN, output=bytes(printed), usage=usage, hidden=plan.hidden
    )
    ended = threading.Event()
    try:
        trial = await asyncio.to_thread(
            judged, trial, plan, private, asked.policy, outcome, began, ended.is_set
        )
    finally:
        ended.set()  # nobody waits for the thread any more
    return await asyncio.to_thread(_explained, asked, plan, trial)


def _explained(asked: _Asked, plan: Plan, trial: Trial) -> tuple[Trial, str]:
    if trial.exit_code in _NOT_BEGUN:
        path = asked.environment.get("PATH", os.defpath)
        inside = Seen(plan.system, plan.links)
        away = unseen(inside, asked.argv[0], asked.cwd, path, asked.workspace)
        notes: Iterable[str] = _why_not_begun(asked.argv, away)
    else:
        notes = hints(asked.argv, trial, plan)
    reason = "" if plan.backend == COPY else in_the_way(trial, asked.environment)
    return replace(trial, notes=(*trial.notes, *notes)), reason


def _why_not_begun(argv: Sequence[str], away: Sequence[str]) -> Iterator[str]:
    if len(argv) == 1 and len(argv[0].split()) > 1:
        yield "no shell reads the command, unless it is one: sh -c '…'"
    elif away:
        named = ", ".join(map(printable, away))
        yield f"{named} cannot be seen inside; `sandbox run --read DIR` shows a folder"


def _plan(asked: _Asked, place: Place, room: str, trial: Trial) -> tuple[Plan, Private]:
    """With what it keeps from the command. Raises OSError."""
    root, policy, folder = asked.workspace, asked.policy, place.room(room)
    private = look(root, policy, folder)
    foreign = private.places.foreign and os.geteuid() == 0
    absent = left_out(root, policy.show, private.places.read_only)
    path = asked.environment.get("PATH", os.defpath)
    seen = machine(policy.read, root)
    named = (each for each in policy.run or () if "/" not in each)
    for program in (asked.argv[0], *named):
        seen = with_program(seen, program, asked.cwd, path, root)
    plan = Plan(
        workspace=root,
        folder=folder,
        level=trial.level,
        backend=COPY if policy.copy or foreign else trial.backend,
        launcher=bubblewrap() if trial.launcher == BUBBLEWRAP else "",
        system=seen.paths,
        links=seen.links,
        hidden=private.hidden,
        read_only=private.places.read_only,
        limits=policy.limits,
        seccomp=_filter(trial.level),
        hosts=policy.hosts,
        cleaned=tuple(_written(private.cleaned, absent, folder)),
        absent=absent,
        own=() if policy.run is None else tuple(paths_of(asked.argv[0], asked.cwd, path)),
        starts=tuple(way for each in policy.run or () for way in paths_of(each, root, path)),
    )
    return plan, private


def _written(
    cleaned: Mapping[str, bytes], absent: Iterable[str], folder: str
) -> Iterator[tuple[str, str]]:
    away = frozenset(absent)
    for number, (path, content) in enumerate(cleaned.items()):
        if not away.isdisjoint(folders_above(path)):
            continue
        name = f"{folder}/cleaned-{number}"
        with open(name, "wb", opener=private) as file:
            file.write(content)
        yield path, name


def _filter(level: Level) -> bytes:
    return b"" if level is Level.NONE else seccomp.program(level is Level.ISOLATED)


def bubblewrap() -> str:
    """Raises OSError when it is not installed."""
    if path := shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin"):
        return path
    raise FileNotFoundError(errno.ENOENT, "bubblewrap is not installed", "bwrap")


def _environment(policy: Policy, environ: Mapping[str, str]) -> dict[str, str]:
    passed = {
        name: value
        for name, value in environ.items()
        if any(fnmatch.fnmatchcase(name, each) for each in policy.environment)
    }
    ours = {"HOME": HOME, "TMPDIR": TEMPORARY, **(_way_out(policy) if policy.hosts else {})}
    return {**passed, **ours, **policy.variables, **policy.secrets}


def _way_out(policy: Policy) -> dict[str, str]:
    """Where programs find the proxy. What is listed is outside, also where its name is our own."""
    proxy = f"http://127.0.0.1:{PORT}"
    listed = {authority(each).host for each in policy.hosts}
    inside = ",".join(each for each in ("localhost", "127.0.0.1", "::1") if each not in listed)
    values = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": inside}
    return {**values, **{name.upper(): value for name, value in values.items()}}
