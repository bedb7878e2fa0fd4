"""The server's end of ``supervisor.py``: starts it, asks it for workers, hears of their ends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import uuid

from .processes import MARK, become_subreaper, end_strays


class Supervisor:
    """Started at the first fork, and again if it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ids = itertools.count(1)
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._preloaded: set[str] = set()
        self._kept: dict[str, int] = {}
        self.token = str(uuid.uuid4())

    @property
    def pid(self) -> int:
        """The supervisor's process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def _start(self) -> socket.socket:
        if self._control is not None:
            return self._control
        become_subreaper()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", f"{__package__}.supervisor", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, MARK: self.token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        asyncio.get_running_loop().add_reader(ours, self._receive)
        self._control = ours
        for name, descriptor in self._kept.items():
            self._send({"keep": name}, (descriptor,))
        return ours

    def _send(self, message: dict[str, object], fds: tuple[int, ...] = ()) -> None:
        socket.send_fds(self._start(), [json.dumps(message).encode()], fds)

    def fork(
        self, preload: tuple[str, ...], nice: int, role: str = "worker"
    ) -> tuple[int, socket.socket, asyncio.Future[int]]:
        """A new worker or warden: its id, our end of its socket, a future of its wait status."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        id_ = next(self._ids)
        with theirs:
            try:
                self._fork(preload, {"fork": id_, "nice": nice, "role": role}, theirs)
            except (BrokenPipeError, ConnectionResetError):
                self._gone()  # it was killed meanwhile
                self._fork(preload, {"fork": id_, "nice": nice, "role": role}, theirs)
        self._exits[id_] = asyncio.get_running_loop().create_future()
        return id_, ours, self._exits[id_]

    def _fork(
        self, preload: tuple[str, ...], message: dict[str, object], theirs: socket.socket
    ) -> None:
        if missing := [module for module in preload if module not in self._preloaded]:
            self._send({"preload": missing})
            self._preloaded.update(missing)
        self._send(message, (theirs.fileno(),))

    def keep(self, name: str, descriptor: int) -> None:
        """Have a descriptor held open until everything that was started is gone, however this
        process ends. It has to stay open here until ``drop``; what is kept already is not again."""
        if name in self._kept:
            return
        self._start()
        self._kept[name] = descriptor
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send({"keep": name}, (descriptor,))

    def drop(self, name: str) -> None:
        if self._kept.pop(name, None) is not None and self._control is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._send({"drop": name})

    def kill(self, id_: int) -> None:
        if id_ in self._exits:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._send({"kill": id_})

    def _receive(self) -> None:
        assert self._control is not None
        try:
            packet = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._gone()
            return
        message = json.loads(packet)
        exited = self._exits.pop(message["exited"], None)
        if exited is not None and not exited.done():
            exited.set_result(message["status"])

    def _gone(self) -> None:
        """It was killed, or is closed: what it leaves is ours and ends. The next fork starts a new
        one."""
        if self._control is None or self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._process.wait()
        end_strays(self._process.pid, self.token)
        self._control = self._process = None
        self._preloaded.clear()
        for exited in self._exits.values():
            if not exited.done():
                exited.set_result(signal.SIGKILL)
        self._exits.clear()

    async def close(self) -> None:
        """Returns when the supervisor and everything below it are gone."""
        if self._control is None or self._process is None:
            return
        process = self._process
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(process.wait)
        self._gone()
