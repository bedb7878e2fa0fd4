"""The process under which everything runs: it forks warm workers and ends what they started.

Started by ``supervisor_client`` as ``python -P -m understudy.runner.supervisor FD``, where FD is a
SEQPACKET socket to the server. Messages are JSON objects, one a packet::

    {"preload": ["module", …]}                  import before the next fork
    {"fork": ID, "nice": N, "role": ROLE} + fd  fork a worker (or a warden) that serves the socket
    {"keep": NAME} + one descriptor             hold it open: what it locks ends with this process
    {"drop": NAME}                              close what was kept
    {"kill": ID}                                SIGKILL the worker and all below it
    → {"exited": ID, "status": WAITSTATUS}      a worker is gone, with everything it started

Invariants. Single-threaded, so that a fork is safe. It is a subreaper: what a worker leaves behind,
double forks included, becomes its child. When the server's end of the socket closes, for whatever
reason, it kills every descendant and leaves. When it is killed itself, its workers die with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback

from . import warden, worker
from .processes import (
    PR_SET_PDEATHSIG,
    become_subreaper,
    children,
    kill_below,
    kill_tree,
    prctl,
    reset_signals,
)

_PACKET = 1 << 16


_ROLES = {"worker": worker.serve, "warden": warden.serve}


class _Supervisor:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: dict[int, int] = {}
        self._orphans: set[int] = set()
        self._kept: dict[str, int] = {}

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
            kill_below()

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
            case {"fork": int(id_), "nice": int(nice), "role": str(role)}:
                self._fork(id_, nice, role, fds[0])
            case {"keep": str(name)}:
                self._kept[name] = fds[0]
            case {"drop": str(name)}:
                os.close(self._kept.pop(name))
            case {"kill": int(id_)} if pid := self._pid(id_):
                kill_tree(pid)
        return True

    def _pid(self, id_: int) -> int:
        return next((pid for pid, known in self._workers.items() if known == id_), 0)

    def _fork(self, id_: int, nice: int, role: str, fd: int) -> None:
        parent = os.getpid()
        if pid := os.fork():
            self._workers[pid] = id_
            os.close(fd)
            return
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            os.setpgid(0, 0)  # in the supervisor's session: end_strays
            os.nice(nice)
            signal.set_wakeup_fd(-1)
            reset_signals()
            self._control.close()
            for kept in self._kept.values():
                os.close(kept)
            _ROLES[role](fd)
        finally:
            os._exit(0)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                id_ = self._workers.pop(pid, None)
                if id_ is None and pid not in self._orphans:
                    continue
                self._orphans.discard(pid)
                self._end_orphans()
                if id_ is not None:
                    with contextlib.suppress(OSError):
                        self._control.send(json.dumps({"exited": id_, "status": status}).encode())

    def _end_orphans(self) -> None:
        """What a dead worker left has become a child of ours that is no worker. What such a child
        leaves in turn, while it is being looked at, becomes one before it can be reaped."""
        for pid in children(os.getpid()):
            if pid not in self._workers:
                self._orphans.add(pid)
                kill_tree(pid)


def _preload(module: str) -> None:
    """A module that fails fails again in the worker that needs it, which tells so in its answer."""
    try:
        importlib.import_module(module)
    except (Exception, SystemExit):  # noqa: BLE001 - it runs whatever the module holds
        traceback.print_exc(file=sys.stderr)


def main() -> None:
    fd = int(sys.argv[1])
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    _Supervisor(socket.socket(fileno=fd)).run()


if __name__ == "__main__":
    main()
