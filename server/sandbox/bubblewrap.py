"""The command line of bubblewrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from .machine import DEVICES, ETC, USER, covered
from .plan import Plan
from .view import View


def command_line(
    plan: Plan,
    view: View,
    argv: Sequence[str],
    cwd: str,
    environment: Mapping[str, str],
    seccomp: int,
    status: int,
) -> list[str]:
    """``seccomp``: a descriptor to read from; ``status``: one that is told of the command's end."""
    disk = str(plan.limits.disk)
    small = str(min(plan.limits.disk, plan.limits.memory) // 4)
    return [
        plan.launcher,
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
        # With a door, it is in a network of its own already.
        *(() if plan.hosts else ("--unshare-net",)),
        *("--unshare-cgroup-try", "--disable-userns", "--uid", str(USER), "--gid", str(USER)),
        *("--hostname", "sandbox", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
        "--clearenv",
        *chain.from_iterable(("--setenv", name, value) for name, value in environment.items()),
        *("--perms", "1777", "--size", disk, "--tmpfs", "/tmp", "--dir", environment["HOME"]),  # noqa: S108
        *chain.from_iterable(("--ro-bind", view.etc(each), f"/etc/{each}") for each in ETC),
        *chain.from_iterable(("--ro-bind", each, each) for each in plan.system),
        *chain.from_iterable(("--symlink", target, name) for target, name in plan.links),
        *("--proc", "/proc"),
        *chain.from_iterable(("--ro-bind", view.cover(each), each) for each in covered()),
        *("--remount-ro", "/proc", "--dev", "/dev"),
        *chain.from_iterable(("--dev-bind", view.device(each), f"/dev/{each}") for each in DEVICES),
        *(
            "--perms",
            "1777",
            "--size",
            small,
            "--tmpfs",
            "/dev/shm",  # noqa: S108
            "--remount-ro",
            "/dev",
        ),
        *("--bind", view.place, plan.workspace),
        *("--remount-ro", "/", "--chdir", cwd, "--seccomp", str(seccomp)),
        *("--json-status-fd", str(status), "--"),
        *argv,
    ]
