"""The dashboard as a server: on loopback, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ..app.overview.overview import overview
from .keys import Keys
from .pages import Pages

_CONNECTIONS = 64
_HEADER_BYTES = 16 << 10
_IDLE_SECONDS = 20
_END_SECONDS = 2


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
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
    )
