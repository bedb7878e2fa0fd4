"""The start of a command without namespaces: it works on a copy, gives up what it can, and is held
by Landlock and a filter of system calls, or (level C) by its limits alone."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

from ..disk import read_head, why
from . import kernel, landlock
from .machine import DEVICES, FACTS
from .plan import BROKEN, FINDER, WHY_BYTES, Plan, Start
from .policy import HOME, TEMPORARY
from .trial import Level
from .view import BareView

_FIRST_LINE = 4096
_VARIABLES = {"GIT_CONFIG_NOSYSTEM": "1"}
"""A file that it may not open is worse for git than one that is not there."""


def start(plan: Plan, view: BareView, command: Start) -> int:
    """The command's pid. Where it names the workspace, its copy is meant. Raises OSError when it
    cannot be held."""
    home = f"{view.own}/home"
    os.mkdir(home, 0o700)
    elsewhere = {HOME: home, TEMPORARY: view.own}
    line = [view.moved(each) for each in _interpreted(command, plan.workspace)]
    variables = {
        name: elsewhere.get(value) or ":".join(map(view.moved, value.split(":")))
        for name, value in {**command.environment, **_VARIABLES}.items()
    }
    told, telling = os.pipe2(os.O_CLOEXEC)
    if pid := os.fork():
        os.close(telling)
        with os.fdopen(told, "rb") as pipe:
            if reason := pipe.read(WHY_BYTES):
                raise OSError(0, reason.decode(errors="replace"))
        return pid
    code = BROKEN
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        command.limit()
        kernel.give_up_rights()
        os.chdir(view.moved(command.cwd))  # not with a right to enter what is hidden
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if plan.level == Level.PARTIAL:
            landlock.restrict(_places(plan, view))
            kernel.filter_calls(plan.seccomp)
        code = kernel.become(line, variables)
    except OSError as error:
        os.write(telling, os.fsencode(why(error))[:WHY_BYTES])
    finally:
        os._exit(code)


def _interpreted(command: Start, workspace: str) -> list[str]:
    """The command's words. Before a script of the workspace comes the program of the workspace that
    its first line names, such as that of an environment: the kernel would run the one that is no
    copy."""
    words = list(command.argv)
    at = len(FINDER) if tuple(words[: len(FINDER)]) == FINDER else 0
    with contextlib.suppress(OSError):
        first = read_head(os.path.join(command.cwd, words[at]), _FIRST_LINE).partition(b"\n")[0]
        interpreter = os.fsdecode(first.removeprefix(b"#!")).strip()
        if first.startswith(b"#!") and interpreter.startswith(f"{workspace}/"):
            words[at:at] = interpreter.split(maxsplit=1)
    return words


def _places(plan: Plan, view: BareView) -> Iterator[tuple[str, landlock.Access | None]]:
    yield view.place, None
    yield view.own, None
    for path in plan.system:
        yield path, landlock.READ
    for _, name in plan.links:
        yield name, landlock.READ
    for name in DEVICES:
        yield f"/dev/{name}", landlock.DEVICE
    for name in FACTS:
        yield f"/proc/{name}", landlock.READ
