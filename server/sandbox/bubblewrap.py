"""The options of bubblewrap. They are given to it in a file: a command line is shown to everybody,
and they have the command's variables."""

from __future__ import annotations

from itertools import chain

from .machine import USER
from .plan import Plan, Start
from .root import Part, Step, parts
from .view import View

_OPTIONS = {
    Step.WRITABLE: "--bind",
    Step.READABLE: "--ro-bind",
    Step.DEVICE: "--dev-bind",
    Step.LINK: "--symlink",
    Step.PROC: "--proc",
    Step.DEV: "--dev",
    Step.SEALED: "--remount-ro",
}


def options(plan: Plan, view: View, command: Start, seccomp: int, status: int) -> list[str]:
    """``seccomp``: a descriptor to read from; ``status``: one that is told of the command's end."""
    _, cwd, environment, _ = command
    return [
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
        # With a door, it is in a network of its own already.
        *(() if plan.hosts else ("--unshare-net",)),
        *("--unshare-cgroup-try", "--disable-userns", "--uid", str(USER), "--gid", str(USER)),
        *("--hostname", "sandbox", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
        "--clearenv",
        *chain.from_iterable(("--setenv", name, value) for name, value in environment.items()),
        *chain.from_iterable(map(_option, parts(plan, view))),
        *("--chdir", cwd, "--seccomp", str(seccomp), "--json-status-fd", str(status)),
    ]


def _option(part: Part) -> tuple[str, ...]:
    return (_OPTIONS[part.step], *filter(None, [part.source]), part.place)
