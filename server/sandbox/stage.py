"""The process above one command in the sandbox: builds its view, sees it out, keeps what it wrote.

Runs in a child that the warden forks; everything that it makes (mounts, memory) ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..disk import why
from . import kernel, launcher
from .bubblewrap import command_line
from .keep import keep
from .plan import REPORT, UPPER, Plan
from .policy import Limits

BROKEN = 125
"""The exit code when there was no sandbox to run in."""


def enter(
    argv: Sequence[str], cwd: str, environment: Mapping[str, str], context: Sequence[Any]
) -> int:
    """The command's exit code; what became of the sandbox itself is in the report."""
    plan = Plan(*context)
    folder = os.open(plan.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        _own_namespaces()
        merged = _view(plan)
        code = _run(plan, merged, argv, cwd, environment)
        full = _left(plan.folder)
        changes = keep(f"{plan.folder}/scratch/{UPPER}", folder)
        report = {"exit_code": code, "full": full, "changes": changes}
    except OSError as error:
        code, report = BROKEN, {"broken": why(error)}
    temporary = os.open("report", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    with os.fdopen(temporary, "w", encoding="ascii") as file:
        json.dump(report, file)
    os.rename("report", REPORT, src_dir_fd=folder, dst_dir_fd=folder)
    return code


def _own_namespaces() -> None:
    """From here on, mounts are seen by this process and what it starts alone."""
    user, group = os.getuid(), os.getgid()
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)


def _view(plan: Plan) -> str:
    """Where the workspace appears, with what is hidden hidden. Nothing is copied."""
    scratch = f"{plan.folder}/scratch"
    os.mkdir(scratch, 0o700)
    limits = plan.limits
    options = f"mode=700,size={limits.disk},nr_inodes={limits.inodes}"
    kernel.mount("tmpfs", scratch, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    for name in (UPPER, "work", "merged", "nothing"):
        os.mkdir(f"{scratch}/{name}", 0o755)
    Path(scratch, "nobody").touch(0o000)
    layers = (
        f"lowerdir={_escaped(plan.workspace)},upperdir={scratch}/{UPPER},workdir={scratch}/work"
    )
    merged = f"{scratch}/merged"
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("overlay", merged, "overlay", flags, f"{layers},userxattr")
    os.chmod(f"{scratch}/nothing", 0)
    for path in plan.hidden:
        place = f"{merged}/{path}"
        folder = os.path.isdir(place) and not os.path.islink(place)
        if not os.path.islink(place):
            kernel.bind(f"{scratch}/{'nothing' if folder else 'nobody'}", place)
    for path in plan.kept:
        place = f"{merged}/{path}"
        if not os.path.islink(place):
            kernel.bind(place, place)
    return merged


def _escaped(path: str) -> str:
    """As overlayfs reads a path among its options."""
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _run(
    plan: Plan, merged: str, argv: Sequence[str], cwd: str, environment: Mapping[str, str]
) -> int:
    """Start it, and wait until the last of its processes is gone: the exit code."""
    if not plan.launcher:
        first = launcher.start(plan, merged, argv, cwd, environment, lambda: _limit(plan.limits))
        return _wait_for_all(first)
    told, telling = os.pipe2(os.O_CLOEXEC)
    program = os.memfd_create("seccomp", os.MFD_CLOEXEC)
    os.write(program, plan.seccomp)
    os.lseek(program, 0, os.SEEK_SET)
    line = command_line(plan, merged, argv, cwd, environment, program, telling)
    if not (child := os.fork()):
        try:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            _limit(plan.limits)
            os.set_inheritable(program, True)
            os.set_inheritable(telling, True)
            os.execve(plan.launcher, line, {})  # noqa: S606 - no shell is the point
        finally:
            os._exit(BROKEN)
    os.close(program)
    os.close(telling)
    _wait_for_all(child)
    with os.fdopen(told, "rb") as facts:
        for told_of in facts:
            if "exit-code" in (fact := json.loads(told_of)):
                return int(fact["exit-code"])
    raise OSError(0, "bubblewrap did not start the command")


def _wait_for_all(child: int) -> int:
    """The exit code of ``child``, when it and all that it left is gone."""
    code = BROKEN
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.wait()
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
    return code


def _limit(limits: Limits) -> None:
    for which, most in (
        (resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 1 << 16),
        (resource.RLIMIT_MSGQUEUE, 1 << 16),
    ):
        _, hard = resource.getrlimit(which)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (least, least))


def _left(folder: str) -> bool:
    """Whether no more could be written at the end."""
    room = os.statvfs(f"{folder}/scratch")
    return room.f_bavail == 0 or room.f_favail == 0
