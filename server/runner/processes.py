"""The processes below this one, as ``/proc`` shows them: to find, to end and to measure them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

MARK = "UNDERSTUDY_SUPERVISED"
"""The variable by which what a supervisor started is known, wherever it hangs in the tree."""

PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_TICKS = os.sysconf("SC_CLK_TCK")


def prctl(option: int, value: int) -> None:
    """Nothing where there is no such call."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def become_subreaper() -> None:
    """From now on, what a descendant leaves behind becomes a child of this process."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(root: int) -> list[int]:
    """The pids below ``root``, nearest first, as ``/proc`` shows them now."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children(waiting.pop(0))
        found += below
        waiting += below
    return found


def children(pid: int) -> list[int]:
    """The pids right below ``pid``."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it may end while it is looked at
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                listed = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += map(int, listed.split())
    return found


def kill(pid: int) -> None:
    """SIGKILL; nothing when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """SIGKILL ``pid`` and all below it, until no new descendant appears."""
    seen: set[int] = set()
    while new := [child for child in descendants(pid) if child not in seen]:
        for child in new:
            kill(child)
        seen.update(new)
    kill(pid)


def end_strays(session: int, token: str) -> None:
    """End and reap what a supervisor leaves that was killed: the children of this process that are
    of its ``session``, or whose environment has ``token`` under ``MARK``.

    A process that is about to end has lost its environment, and still keeps its children from us;
    its session it has to the last.
    """
    mark = f"{MARK}={token}".encode()
    while strays := [pid for pid in children(os.getpid()) if _is_stray(pid, session, mark)]:
        for pid in strays:
            kill_tree(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _is_stray(pid: int, session: int, mark: bytes) -> bool:
    try:
        if os.getsid(pid) == session:
            return True
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def reset_signals() -> None:
    """What a supervisor set for itself does not hold in what it forks."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def signal_below(number: int) -> None:
    """Send it to everything below this process, also to what is forked meanwhile."""
    seen: set[int] = set()
    while new := [pid for pid in descendants(os.getpid()) if pid not in seen]:
        for pid in new:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        seen.update(new)


def kill_below() -> None:
    """End and reap everything below this process, until nothing new appears.

    All is stopped first: who is stopped counts for its limit, and starts nothing in the place of
    those that are ended before it."""
    signal_below(signal.SIGSTOP)
    while below := descendants(os.getpid()):
        for pid in below:
            kill(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def tree_usage() -> tuple[float, int]:
    """CPU seconds that everything below this process has used, the dead included, and the resident
    bytes of those alive."""
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, pages = waited.ru_utime + waited.ru_stime, 0
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += sum(map(int, fields[11:15])) / _TICKS  # its own, and its reaped children's
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return cpu, pages * resource.getpagesize()
