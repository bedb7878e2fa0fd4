"""The server's end of one warm worker: calls it, tells how it died, ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

from ..model import Cost
from .calls import Call, Lane
from .supervisor_client import Supervisor
from .worker import pack, unpack_length

_FAREWELL_SECONDS = 1.0
"""Between the end of a worker's connection and the end of the worker."""


class Worker:
    """One warm worker; belongs to who made it, who calls it once at a time and ends it."""

    def __init__(self, supervisor: Supervisor, lane: Lane) -> None:
        self._supervisor = supervisor
        self.id, self._socket, self.exited = supervisor.fork(lane.preload, lane.nice)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether it lives, as far as its connection tells; that is sooner than ``exited``."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    async def call(self, call: Call, items: tuple[object, ...]) -> tuple[str, object, Cost]:
        """Raises ConnectionError when the worker died."""
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(sock=self._socket)
        reader, writer = self._streams
        writer.write(pack((call.function, call.context, items)))
        await writer.drain()
        try:
            length = unpack_length(await reader.readexactly(4))
            answer: tuple[str, object, Cost] = _unpickle(await reader.readexactly(length))
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the worker died") from error
        return answer

    async def end(self) -> None:
        """Kill it; returns when it and all that it started are gone."""
        self._supervisor.kill(self.id)
        if self._streams is not None:
            self._streams[1].close()
        else:
            self._socket.close()
        await asyncio.shield(self.exited)

    async def death(self, error: Exception) -> str:
        """Why, its connection having ended, it gave no answer."""
        await asyncio.wait((self.exited,), timeout=_FAREWELL_SECONDS)
        if not self.exited.done():
            return "its process broke off the connection"
        status = self.exited.result()
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return f"its process was killed by {name} (out of memory?)"
        return f"its process ended in the middle of the work ({error})"


def _unpickle(body: bytes) -> tuple[str, object, Cost]:
    import pickle

    answer: tuple[str, object, Cost] = pickle.loads(body)  # noqa: S301 - our own worker
    return answer
