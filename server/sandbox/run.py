"""``run``: one command in the sandbox, from the question to the answer."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fnmatch
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..model import Priority
from ..runner.calls import Command, Job, Outcome, Urgency
from ..runner.calls import Status as Ran
from ..runner.execute import Runner
from ..state import private_folder
from . import seccomp
from .changes import changes
from .keep import BLOBS, Kept
from .names import Names, matcher
from .plan import REPORT, Plan
from .policy import Policy
from .trial import Change, Entry, Level, Status, Trial, Usage, printable

_STAGE = "understudy.sandbox.stage:enter"
_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl", "/etc/localtime")
_SHORT = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
HOME = "/tmp/home"  # noqa: S108 - in the sandbox's own memory


async def run(
    argv: Sequence[str],
    workspace: Path,
    policy: Policy,
    runner: Runner,
    trials: Path,
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    launcher: str = "bubblewrap",
) -> Trial:
    """``trials``: the private folder under which what the command wrote is kept. Raises OSError
    when that cannot be made ready."""
    plan = await asyncio.to_thread(_plan, workspace, trials, policy, launcher)
    printed = bytearray()

    def output(chunk: bytes) -> None:
        printed.extend(chunk[: max(0, policy.limits.output - len(printed))])

    limits = policy.limits
    command = Command(
        tuple(argv),
        str(cwd or plan.workspace),
        _environment(policy, environ),
        output=output,
        file_bytes=limits.file,
        nice=0,
        stage=_STAGE,
        context=tuple(plan),
    )
    began = time.time_ns()
    job = Job("sandbox", command, limits.seconds, Urgency(Priority.INTERACTIVE))
    outcome = await runner.execute(job)
    return await asyncio.to_thread(_trial, plan, policy, outcome, bytes(printed), began)


def _plan(workspace: Path, trials: Path, policy: Policy, launcher: str) -> Plan:
    root = os.path.realpath(workspace)
    folder = tempfile.mkdtemp(prefix="trial-", dir=private_folder(trials))
    places = Names(root, policy.hide, policy.keep).find()
    return Plan(
        workspace=root,
        folder=folder,
        launcher=_bubblewrap() if launcher == "bubblewrap" else "",
        system=tuple(
            dict.fromkeys((*filter(_is_there, (*_SYSTEM, *_interpreter())), *policy.read))
        ),
        links=tuple((os.readlink(each), each) for each in _SHORT if os.path.islink(each)),
        hidden=places.hidden,
        kept=places.kept,
        limits=policy.limits,
        seccomp=seccomp.program(),
    )


def _bubblewrap() -> str:
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
    return {**passed, "HOME": HOME, "TMPDIR": "/tmp", **policy.variables}  # noqa: S108


def _trial(plan: Plan, policy: Policy, outcome: Outcome, output: bytes, began: int) -> Trial:
    usage = Usage(outcome.seconds, outcome.cost.cpu_seconds, outcome.cost.memory_bytes)
    trial = Trial(Status.CLEAN, Level.ISOLATED, "bubblewrap", output=output, usage=usage)
    if outcome.status is Ran.TIMED_OUT:
        return replace(trial, status=Status.TIMED_OUT, why=outcome.why)
    try:
        report = json.loads(Path(plan.folder, REPORT).read_bytes())
    except FileNotFoundError:
        why = outcome.why or "the process above the command ended early"
        return replace(trial, status=Status.REFUSED, why=why)
    if why := report.get("broken"):
        return replace(trial, status=Status.REFUSED, why=f"there is no sandbox here: {why}")
    found = changes(
        plan.workspace, [Kept(*each) for each in report["changes"]], Path(plan.folder, BLOBS)
    )
    trial = replace(trial, exit_code=report["exit_code"], changes=found)
    if moved := _moved(plan.workspace, found, began):
        why = f"{printable(moved)} was changed by someone else while it ran; run it again"
        return replace(trial, status=Status.OUTDATED, why=why)
    if report["full"]:
        return replace(trial, status=Status.LIMITED, why="it wrote as much as it may")
    if trial.exit_code:
        why = f"it ended with exit code {trial.exit_code}"
        return replace(trial, status=Status.FAILED, why=why)
    if why := _violation(trial, policy):
        return replace(trial, status=Status.VIOLATED, why=why)
    return trial


def _moved(workspace: str, found: Sequence[Change], began: int) -> str:
    """The first path that is not what the command saw; empty when there is none."""
    for change in found:
        with contextlib.suppress(OSError):
            if os.lstat(f"{workspace}/{change.old or change.path}").st_ctime_ns >= began:
                return change.path
    return ""


def _violation(trial: Trial, policy: Policy) -> str:
    """What was changed that may not be; empty when nothing was."""
    may = matcher(policy.write)
    for change in trial.changes:
        for path in filter(None, (change.path, change.old)):
            if not may(path):
                return f"it changed {printable(path)}, which the policy does not let it write"
        if change.after and change.after.entry is Entry.SPECIAL:
            return f"{printable(change.path)} is no file, folder or link"
    return ""
