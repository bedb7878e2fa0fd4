"""The process under which everything runs: it forks warm workers and ends what they started.

Started by ``supervisor_client`` as ``python -P -m understudy.runner.supervisor FD``, where FD is a
SEQPACKET socket to the server. Messages are JSON objects, one a packet::

    {"preload": ["module", …]}                  import before the next fork
    {"fork": ID, "nice": N} + one descriptor    fork a worker that serves that descriptor
    {"kill": ID}                                SIGKILL the worker and all below it
    → {"exited": ID, "status": WAITSTATUS}      a worker is gone, with everything it started

Invariants. Single-threaded, so that a fork is safe. It is a subreaper: what a worker leaves behind,
double forks included, becomes its child. When the server's end of the socket closes, for whatever
reason, it kills every descendant and leaves. When it is killed itself, its workers die with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path

from . import worker

MARK = "UNDERSTUDY_SUPERVISED"
"""The variable by which what a supervisor started is known, wherever it hangs in the tree."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PACKET = 1 << 16


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def become_subreaper() -> None:
    """From now on, what a descendant leaves behind becomes a child of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(root: int) -> list[int]:
    """The pids below ``root``, nearest first, as ``/proc`` shows them now."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = _children(waiting.pop(0))
        found += below
        waiting += below
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # it may end while it is looked at
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += map(int, children.split())
    return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_tree(pid: int) -> None:
    """SIGKILL ``pid`` and all below it, until no new descendant appears."""
    seen: set[int] = set()
    while new := [child for child in descendants(pid) if child not in seen]:
        for child in new:
            _kill(child)
        seen.update(new)
    _kill(pid)


def end_strays(session: int, token: str) -> None:
    """End and reap what a supervisor leaves that was killed: the children of this process that are
    of its ``session``, or whose environment has ``token`` under ``MARK``.

    A process that is about to end has lost its environment, and still keeps its children from us;
    its session it has to the last.
    """
    mark = f"{MARK}={token}".encode()
    while strays := [pid for pid in _children(os.getpid()) if _is_stray(pid, session, mark)]:
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


class _Supervisor:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: dict[int, int] = {}

    def run(self) -> None:
        become_subreaper()
        wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._control:
                        if not self._receive():
                            return
                    else:
                        os.read(wake_read, 4096)
                self._reap()
        finally:
            self._end_all()

    def _receive(self) -> bool:
        try:
            packet, fds, _, _ = socket.recv_fds(self._control, _PACKET, 1)
        except ConnectionResetError:
            return False
        if not packet:
            return False
        match json.loads(packet):
            case {"preload": [*modules]}:
                for module in modules:
                    _preload(module)
                gc.collect()
                gc.freeze()
            case {"fork": int(id_), "nice": int(nice)}:
                self._fork(id_, nice, fds[0])
            case {"kill": int(id_)} if pid := self._pid(id_):
                kill_tree(pid)
        return True

    def _pid(self, id_: int) -> int:
        return next((pid for pid, known in self._workers.items() if known == id_), 0)

    def _fork(self, id_: int, nice: int, fd: int) -> None:
        parent = os.getpid()
        if pid := os.fork():
            self._workers[pid] = id_
            os.close(fd)
            return
        try:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            os.setpgid(0, 0)  # in the supervisor's session: end_strays
            os.nice(nice)
            signal.set_wakeup_fd(-1)
            for restored in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(restored, signal.SIG_DFL)
            self._control.close()
            worker.serve(fd)
        finally:
            os._exit(0)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if (id_ := self._workers.pop(pid, None)) is None:
                    continue
                self._end_orphans()
                with contextlib.suppress(OSError):
                    self._control.send(json.dumps({"exited": id_, "status": status}).encode())

    def _end_orphans(self) -> None:
        """What a dead worker left has become a child of ours that is no worker."""
        for pid in descendants(os.getpid()):
            parent = _parent(pid)
            if parent == os.getpid() and pid not in self._workers:
                kill_tree(pid)

    def _end_all(self) -> None:
        while children := descendants(os.getpid()):
            for pid in children:
                _kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, 0)


def _preload(module: str) -> None:
    """A module that fails fails again in the worker that needs it, which tells so in its answer."""
    try:
        importlib.import_module(module)
    except (Exception, SystemExit):  # noqa: BLE001 - it runs whatever the module holds
        traceback.print_exc(file=sys.stderr)


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def main() -> None:
    fd = int(sys.argv[1])
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    _Supervisor(socket.socket(fileno=fd)).run()


if __name__ == "__main__":
    main()
