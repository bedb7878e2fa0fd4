"""A process that works off what was handed over where no engine runs, and ends when that is done.

Whoever starts it has its lock first and leaves it to the new process, so that there is never a
second one. This is on the way of git hooks: it imports little, and waits for nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...store.lease import ENGINE, Lease

LOCK = "detached.lock"
_ATTENDING = ("editor", "service")
_OF_THE_USER = (
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
)
"""What else begins with GIT_ is about the command that calls the hook: its index, its author."""


def is_attended(folder: Path) -> bool:
    """Whether an engine runs that takes what is handed over; ``folder`` is the workspace's state
    folder."""
    holder = Lease(folder / ENGINE).holder()
    return holder is not None and holder.get("kind") in _ATTENDING


def start_detached(root: Path, folder: Path) -> bool:
    """Have the inbox worked off, also when this process and its terminal are gone; False when
    somebody does that already. Raises OSError."""
    if is_attended(folder):
        return False
    lock = Lease(folder / LOCK)
    if not lock.take({"root": str(root)}):
        return False
    try:
        assert lock.fd is not None
        _spawn(root, folder / "detached.log", lock.fd)
    finally:
        lock.give_up()  # here; the new process has it
    return True


def _spawn(root: Path, log: Path, lock: int) -> None:
    """In a session of its own, with nothing of ours open but the lock."""
    words = ["start", "--until-idle", "--lock", str(lock), "--in", str(root)]
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _OF_THE_USER
    }
    opened = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    inherited = (int(name) for name in os.listdir("/proc/self/fd"))
    os.set_inheritable(lock, True)
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", "understudy", *words],
        environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, opened, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *((os.POSIX_SPAWN_CLOSE, each) for each in inherited if each not in (0, 1, 2, lock)),
        ],
        setsid=True,
    )
