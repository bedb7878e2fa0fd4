"""The command line of bubblewrap. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from .plan import Plan

USER = 1000
"""Who the command is inside."""


def command_line(
    plan: Plan,
    merged: str,
    argv: Sequence[str],
    cwd: str,
    environment: Mapping[str, str],
    seccomp: int,
    status: int,
) -> list[str]:
    """``merged``: where the view of the workspace is; ``seccomp``: a descriptor to read
    from; ``status``: one that is told of the command's end."""
    disk = str(plan.limits.disk)
    small = str(min(plan.limits.disk, plan.limits.memory) // 4)
    return [
        plan.launcher,
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--disable-userns", "--uid", str(USER), "--gid", str(USER)),
        *("--hostname", "sandbox", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
        "--clearenv",
        *chain.from_iterable(("--setenv", name, value) for name, value in environment.items()),
        *("--perms", "1777", "--size", disk, "--tmpfs", "/tmp", "--dir", environment["HOME"]),  # noqa: S108
        *chain.from_iterable(("--ro-bind", each, each) for each in plan.system),
        *chain.from_iterable(("--symlink", target, name) for target, name in plan.links),
        *("--proc", "/proc", "--remount-ro", "/proc"),
        *(
            "--dev",
            "/dev",
            "--perms",
            "1777",
            "--size",
            small,
            "--tmpfs",
            "/dev/shm",  # noqa: S108
            "--remount-ro",
            "/dev",
        ),
        *("--bind", merged, plan.workspace),
        *("--remount-ro", "/", "--chdir", cwd, "--seccomp", str(seccomp)),
        *("--json-status-fd", str(status), "--"),
        *argv,
    ]
