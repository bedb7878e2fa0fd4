"""The process above one command in the sandbox: builds its view, sees it out, keeps what it wrote.

Runs in a child that the warden forks; everything that it makes (mounts, memory) ends with it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..disk import why
from ..runner.processes import kill_below
from ..state import take
from . import bare, kernel, launcher
from .bubblewrap import options
from .cgroups import Cgroups
from .door import Door
from .keep import Keeper, Kept, OverLimit
from .kernel_memory import Held
from .machine import is_system_root
from .plan import BROKEN, NO_GROUP, REPORT, WORKING, Plan, Start
from .starts import Started, Starts
from .trees import TooDeep
from .trial import Level, Status
from .view import BareView, View
from .watch import End, measure, see_out

_MEANWHILE = 512
"""Threads that the command's user may start elsewhere while it runs, more than a browser and an
editor do: they take nothing from it. How many the command has is looked at all the time; the
kernel's limit is for what multiplies between two looks."""


_FILES = 16_384
"""Open ones of a process: more than what watches and serves whole workspaces has."""
_Command = tuple[Sequence[str], str, Mapping[str, str]]
"""What, where, and with which variables."""


class Ended(BaseException):
    """Nobody waits for it any more."""


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Ended


def enter(
    argv: Sequence[str], cwd: str, environment: Mapping[str, str], context: Sequence[Any]
) -> int:
    """The command's exit code; what became of the sandbox itself is in the report."""
    plan = Plan(*context)
    folder = os.open(plan.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    take(Path(plan.folder, WORKING))  # until this process ends
    signal.signal(signal.SIGTERM, _end)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    try:
        with contextlib.closing(Cgroups(plan.limits)) as groups:
            code, report = _tried(plan, groups, folder, (argv, cwd, environment))
    except Ended:
        return BROKEN
    except Exception as error:  # noqa: BLE001 - what is told of it is not the command's
        broken = why(error) if isinstance(error, OSError) else repr(error)
        code, report = BROKEN, {"status": Status.REFUSED, "why": broken}
    temporary = os.open("report", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    with os.fdopen(temporary, "w", encoding="utf-8") as file:
        json.dump(report, file)
    os.rename("report", REPORT, src_dir_fd=folder, dst_dir_fd=folder)
    return code


def _tried(
    plan: Plan, groups: Cgroups, folder: int, command: _Command
) -> tuple[int, dict[str, Any]]:
    """Its exit code, and the report."""
    _want_groups(plan, groups)
    door = Door(plan.hosts) if plan.hosts else None
    view = View(plan) if plan.level == Level.ISOLATED else BareView(plan)
    try:
        starts = Starts(plan, view.moved) if plan.own else None
        end = _run(plan, view, groups, door, starts, command)
        changes, touched, surplus = _kept(plan, view, folder)
        return end.code, {
            "exit_code": end.code,
            "late": end.late,
            "over": end.over or groups.excess() or view.full or surplus,
            "changes": changes,
            "touched": touched,
            "refused": door.refused() if door else [],
            "started": starts.told() if starts else Started(),
        }
    except TooDeep as error:
        untold = f"what it changed cannot be told: {why(error)}"
        return BROKEN, {"status": Status.VIOLATED, "why": untold}
    finally:
        kill_below()
        view.close()


def _kept(plan: Plan, view: View | BareView, folder: int) -> tuple[list[Kept], list[str], str]:
    """What was changed, what was touched that may not be, and the limit that was passed, in words:
    then there is nothing else."""
    with Keeper(folder, plan.limits) as keeper:
        try:
            return *view.keep(keeper), ""
        except OverLimit as error:
            keeper.discard()
            return [], [], str(error)
        except OSError:
            keeper.discard()
            raise


def _want_groups(plan: Plan, groups: Cgroups) -> None:
    """No other limit keeps a fork bomb of the system's root in. Raises OSError."""
    if plan.level != Level.NONE and is_system_root() and "pids" not in groups.names:
        raise OSError(0, f"as root, {NO_GROUP}: use another user")


def _run(
    plan: Plan,
    view: View | BareView,
    groups: Cgroups,
    door: Door | None,
    starts: Starts | None,
    command: _Command,
) -> End:
    """Start it, and wait until the last of its processes is gone."""

    def limit() -> None:
        groups.enter()
        if door:
            door.open()
        _limit(plan)
        if starts:
            starts.enter()

    start = Start(*command, limit)
    before = Held.now()
    if isinstance(view, BareView):
        return see_out(bare.start(plan, view, start), plan.limits, view.written, before)
    if not plan.launcher:
        return see_out(launcher.start(plan, view, start), plan.limits, view.written, before)
    return _bubblewrap(plan, view, start, before)


def _bubblewrap(plan: Plan, view: View, command: Start, before: Held) -> End:
    told, telling = os.pipe2(os.O_CLOEXEC)
    program = _in_memory(plan.seccomp)
    given = "\0".join(options(plan, view, command, program, telling))
    arguments = _in_memory(os.fsencode(given))
    line = (plan.launcher, "--args", str(arguments), "--", *command.argv)
    if not (child := os.fork()):
        try:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            if plan.hosts:
                kernel.unshare(kernel.CLONE_NEWNET)
                launcher.loopback()
            command.limit()
            for descriptor in (program, arguments, telling):
                os.set_inheritable(descriptor, True)
            os.execve(plan.launcher, line, {})  # noqa: S606 - no shell is the point
        except OSError as error:
            os.write(telling, json.dumps({"why": why(error)}).encode())
        finally:
            os._exit(BROKEN)
    for descriptor in (program, arguments, telling):
        os.close(descriptor)
    end = see_out(child, plan.limits, view.written, before)
    with os.fdopen(told, "rb") as facts:
        for told_of in facts:
            if "why" in (fact := json.loads(told_of)):
                raise OSError(0, fact["why"])
            if "exit-code" in fact:
                return end._replace(code=int(fact["exit-code"]))
    if end.over or end.late:
        return end
    raise OSError(0, "bubblewrap did not start the command")


def _in_memory(content: bytes) -> int:
    """A descriptor of a file, at its beginning."""
    descriptor = os.memfd_create("told", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _limit(plan: Plan) -> None:
    limits = plan.limits
    # Without a namespace of its own, all that its user runs is counted.
    others = 0 if plan.level == Level.ISOLATED else _threads_of(os.getuid()) + _MEANWHILE
    for which, most, more in (
        (resource.RLIMIT_DATA, limits.memory, 0),
        (resource.RLIMIT_FSIZE, limits.file, 0),
        (resource.RLIMIT_NPROC, limits.processes + others, 0),
        (resource.RLIMIT_CPU, math.ceil(limits.cpu), 1),  # what ends it says what it was
        (resource.RLIMIT_NOFILE, _FILES, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 1 << 16, 0),
        (resource.RLIMIT_MSGQUEUE, 1 << 16, 0),
    ):
        soft, hard = resource.getrlimit(which)
        highest = _least(most + more, hard)
        resource.setrlimit(which, (_least(most, soft, highest), highest))


def _least(*limits: int) -> int:
    return min(each for each in limits if each != resource.RLIM_INFINITY)


def _threads_of(user: int) -> int:
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return measure([pid for pid in pids if _owner(pid) == user]).threads


def _owner(pid: int) -> int:
    with contextlib.suppress(OSError):
        return os.stat(f"/proc/{pid}").st_uid
    return -1
