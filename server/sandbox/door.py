"""The only way out of a command's network namespace: the proxy, as a process outside of it.

The namespace has one listening socket, which is handed out to the proxy. So nothing of it runs or
has a name inside.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Sequence

from ..runner.processes import PR_SET_PDEATHSIG, prctl
from .watch import leave_out

PORT = 3128
_MESSAGE = 512
_MOST_REFUSED = 20
_MORE = "more hosts than those that are named"
_WAITING = 128


class Door:
    """Made where the network is that the proxy uses; opened in the one that it is for. Ended with
    everything else below this process. Raises OSError."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if not (pid := os.fork()):
            try:
                _serve(theirs.detach(), hosts)
            finally:
                os._exit(1)
        theirs.close()
        leave_out(pid)

    def open(self) -> None:
        """What connects to ``PORT`` of the loopback of this process's network reaches the proxy."""
        with socket.create_server(("127.0.0.1", PORT), backlog=_WAITING) as listener:
            socket.send_fds(self._socket, [b"!"], [listener.fileno()])

    def refused(self) -> list[str]:
        """The hosts and ports that were asked for in vain, each once."""
        found: list[str] = []
        with self._socket, contextlib.suppress(BlockingIOError, ConnectionError):
            self._socket.setblocking(False)
            while told := self._socket.recv(_MESSAGE):
                found.append(told.decode())
        return found


def _serve(control: int, hosts: Sequence[str]) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    kept = os.dup2(control, 3, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    with socket.socket(fileno=kept) as stage:
        _, (listening, *_), *_ = socket.recv_fds(stage, 1, 1)
        import asyncio

        from .hosts import Hosts
        from .proxy import Proxy, own_addresses, resolve

        told: set[str] = set()

        def refused(name: str) -> None:
            if name in told or len(told) > _MOST_REFUSED:
                return
            told.add(name)
            said = name if len(told) <= _MOST_REFUSED else _MORE
            stage.send(said.encode()[:_MESSAGE])

        async def serve() -> None:
            proxy = Proxy(Hosts(hosts), resolve, own_addresses, refused)
            await proxy.serve(socket.socket(fileno=listening))

        asyncio.run(serve())
