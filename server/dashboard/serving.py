"""The dashboard as a server: on loopback, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from ..app.overview.overview import overview
from .keys import Keys
from .pages import Pages

_CONNECTIONS = 64
_HEADER_BYTES = 16 << 10
_IDLE_SECONDS = 20
_END_SECONDS = 2


class _Connection(H11Protocol):
    """Where there are too many, the one that has waited longest for a request goes: somebody who
    only opens connections keeps nobody else out."""

    waiting_since = 0.0

    @property
    def is_waiting(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        others = [each for each in self.connections if isinstance(each, _Connection)]
        waiting = [each for each in others if each.is_waiting]
        if len(others) >= _CONNECTIONS and waiting:
            longest = min(waiting, key=lambda each: each.waiting_since)
            self.connections.discard(longest)  # it is told of its end only later
            longest.transport.abort()
        self.waiting_since = self.loop.time()
        super().connection_made(transport)

    def on_response_complete(self) -> None:
        self.waiting_since = self.loop.time()
        super().on_response_complete()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever serves decides when to end."""
        yield


async def serve(
    roots: Mapping[Path, bool | None],
    port: int,
    token: str,
    ready: Callable[[Callable[[], str]], object],
    tell: Callable[[str, str], object],
    stopped: asyncio.Event,
) -> None:
    """Until it is ``stopped``. ``roots`` as ``overview`` has them; ``port`` 0: any that is free;
    ``token`` and ``tell`` as ``Pages`` has them. ``ready`` is given what makes links.
    Raises OSError."""
    listening = socket.create_server(("127.0.0.1", port), backlog=_CONNECTIONS)
    with listening:
        async with overview(roots) as seen:
            pages = Pages(seen, Keys(), listening.getsockname()[1], tell, token)
            server = _Server(_config(pages))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            ending = asyncio.create_task(stopped.wait())
            try:
                ready(pages.link)
                await asyncio.wait((serving, ending), return_when=asyncio.FIRST_COMPLETED)
            finally:
                ending.cancel()
                await seen.close()  # whoever waits for changes would keep the server
                server.should_exit = True
                await serving


def _config(pages: Pages) -> uvicorn.Config:
    return uvicorn.Config(
        pages.app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # what strangers send is nothing to tell of
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS + 1,  # at which it refuses
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
    )
