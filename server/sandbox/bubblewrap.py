"""The options of bubblewrap. They are given to it in a file: a command line is shown to everybody,
and they have the command's variables."""

from __future__ import annotations

from itertools import chain, filterfalse

from .machine import DEVICES, USER, covered
from .plan import Plan, Start
from .policy import TEMPORARY
from .view import View, is_etc


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
        *("--bind", view.temporary, TEMPORARY),
        *("--ro-bind", view.etc, "/etc"),
        *chain.from_iterable(
            ("--ro-bind", path, path) for path in filterfalse(is_etc, plan.system)
        ),
        *chain.from_iterable(("--symlink", target, name) for target, name in plan.links),
        *("--proc", "/proc"),
        *chain.from_iterable(("--ro-bind", view.cover(each), each) for each in covered()),
        *("--remount-ro", "/proc", "--dev", "/dev"),
        *chain.from_iterable(("--dev-bind", view.device(each), f"/dev/{each}") for each in DEVICES),
        *("--bind", view.shared, "/dev/shm"),  # noqa: S108 - its own
        *("--remount-ro", "/dev"),
        *("--bind", view.place, plan.workspace),
        *("--remount-ro", "/", "--chdir", cwd, "--seccomp", str(seccomp)),
        *("--json-status-fd", str(status)),
    ]
