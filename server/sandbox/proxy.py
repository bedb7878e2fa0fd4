"""A filtering HTTP proxy: what a command reaches of the network, it reaches through this.

It serves ``CONNECT`` and plain HTTP. A name is resolved once, its addresses are checked, and one of
those is connected to: who answers differently the next time is not asked again. What goes through
is not looked into. One request a connection: a second one could be meant for another host.

Of more connections than ``_AT_ONCE``, the one over which nothing went for the longest time is
closed for each that comes: what is left open and idle keeps nobody out.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from .hosts import Address, Hosts, authority

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""From a name to addresses, the best one first. Raises OSError."""
Own = Callable[[], Collection[Address]]
"""The addresses of this machine, as they are now. Raises OSError."""

_HEAD_BYTES = 1 << 16
_CHUNK = 1 << 16
_SECONDS = 15.0
"""So long for a request to come, and for a connection to be made."""
_AT_ONCE = 128
_MOST_NAMES = 1000
"""Below a star there is no end of them, and each is kept."""
_LENGTHS = {
    b"content-length": re.compile(r"[ \t]*[0-9]+[ \t]*"),
    b"transfer-encoding": re.compile(r"[ \t]*chunked[ \t]*", re.IGNORECASE),
}
"""Headers that say where a request ends. Of two of them, each server may believe another one."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIRST = re.compile(rf"({_NAME.pattern}) ([!-~]+) (HTTP/1\.[01])")
_OURS = (b"host", b"connection", b"keep-alive", b"upgrade")
"""Headers that concern one stretch of the way, and that the proxy writes itself."""


class Request(NamedTuple):
    """``head``: what the server is sent in its place; empty for a tunnel."""

    host: str
    port: int
    head: bytes


class _Answer(Exception):
    """What the command is answered instead of what it asked for."""

    def __init__(self, status: str, said: str) -> None:
        super().__init__(said)
        self.status = status


class Proxy:
    """``refused`` is told of each host and port that is not let through, as ``HOST:PORT`` and the
    reason, the rest of a sentence."""

    def __init__(
        self, hosts: Hosts, resolve: Resolve, own: Own, refused: Callable[[str], object]
    ) -> None:
        self._hosts = hosts
        self._resolve = resolve
        self._own = own
        self._refused = refused
        self._pinned: dict[str, asyncio.Task[Sequence[str]]] = {}
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        """Who was silent for the longest time comes first."""

    async def serve(self, listener: socket.socket) -> None:
        """Until it is cancelled, and those that ask with it."""
        async with asyncio.TaskGroup() as asking:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if len(self._open) >= _AT_ONCE:
                    self._close_idlest()
                task = asking.create_task(self._accept(reader, writer))
                self._open[task] = writer
                task.add_done_callback(lambda _: self._open.pop(task, None))

            server = await asyncio.start_server(accept, sock=listener, limit=_HEAD_BYTES)
            # Not ``serve_forever``: since Python 3.12 its end waits for connections that only the
            # end of this group closes.
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                server.close()

    def _close_idlest(self) -> None:
        task, writer = next(iter(self._open.items()))
        del self._open[task]
        writer.transport.abort()  # whoever does not read could hold it open
        task.cancel()
        self._refused(f"more than {_AT_ONCE} connections at once: those idle longest were closed")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                await self._pass_on(reader, writer)
            except _Answer as answer:
                writer.write(_response(answer.status, f"Understudy's sandbox: {answer}\n"))
                await writer.drain()
            finally:
                writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                asked = request(await reader.readuntil(b"\r\n\r\n"))
        except TimeoutError as error:
            raise _Answer("408 Request Timeout", "no request came") from error
        except asyncio.LimitOverrunError as error:
            raise _Answer("431 Request Header Fields Too Large", "too long") from error
        except ValueError as error:
            raise _Answer("400 Bad Request", str(error)) from error
        task = asyncio.current_task()

        def is_used() -> None:
            if task in self._open:
                self._open[task] = self._open.pop(task)

        server, serving = await self._connect(asked.host, asked.port)
        try:
            if asked.head:
                serving.write(asked.head)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ways = ((reader, serving), (server, writer))
            await asyncio.gather(*(_copy(*way, is_used) for way in ways))
        except asyncio.CancelledError:
            serving.transport.abort()
            raise
        finally:
            serving.close()

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if not self._hosts.lists(host, port):
            self._refused(f"{name}, which is not among the hosts that were named")
            raise _Answer("403 Forbidden", f"{name} is not among the hosts that it may reach")
        try:
            addresses = await self._pin(host)
        except (OSError, UnicodeError) as error:  # a name that no server would be asked for
            self._refused(f"{name}: its name was not found")
            raise _Answer("502 Bad Gateway", f"{host} was not found") from error
        reachable = self._hosts.reachable(host, port, addresses, self._own())
        if not reachable:
            where = ", ".join(addresses) or "nowhere"
            self._refused(f"{name}: it leads to {where}, no public address")
            said = f"{name} is at no address outside, and its address is not in the list"
            raise _Answer("403 Forbidden", said)
        for address in reachable:
            with contextlib.suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(_SECONDS):
                    return await asyncio.open_connection(address, port)
        raise _Answer("502 Bad Gateway", f"{name} does not answer")

    async def _pin(self, host: str) -> Sequence[str]:
        """What was found the first time that something was; who asks meanwhile waits for the same
        answer."""

        async def find() -> Sequence[str]:
            return await self._resolve(host)

        if not (asking := self._pinned.get(host)):
            if len(self._pinned) >= _MOST_NAMES:
                raise _Answer("429 Too Many Requests", "these are more names than it may ask for")
            asking = self._pinned[host] = asyncio.create_task(find())
        try:
            return await asyncio.shield(asking)  # whoever is closed waits alone
        except (OSError, UnicodeError):
            if self._pinned.get(host) is asking:
                del self._pinned[host]
            raise


async def resolve(host: str) -> list[str]:
    """As the system does. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(place[0]).partition("%")[0] for *_, place in found]


def own_addresses() -> frozenset[Address]:
    """Those of this machine's interfaces. Raises OSError."""
    import psutil

    interfaces = psutil.net_if_addrs().values()
    return frozenset(
        ipaddress.ip_address(each.address.partition("%")[0])
        for interface in interfaces
        for each in interface
        if each.family in (socket.AF_INET, socket.AF_INET6)
    )


def request(head: bytes) -> Request:
    """From its first line and headers, the empty line included. Raises ValueError."""
    first, *headers = head[:-4].decode("latin-1").split("\r\n")
    if any(each in head.replace(b"\r\n", b"") for each in (b"\r", b"\n", b"\0")):
        raise ValueError("a stray line end")
    if not (line := _FIRST.fullmatch(first)):
        raise ValueError("no request that a proxy knows")
    method, target, version = line.groups()
    if method == "CONNECT":
        host, port = authority(target)
        if port is None:
            raise ValueError("a tunnel leads to a port")
        return Request(host, port, b"")
    if not target.lower().startswith("http://"):
        raise ValueError("a proxy is asked for http://…, or for a tunnel")
    place, slash, path = target[len("http://") :].partition("/")
    place, question, query = place.partition("?") if not slash else (place, "", "")
    host, port = authority(place)
    lines = (
        f"{method} /{path}{question}{query} {version}",
        f"Host: {place}",
        "Connection: close",
        *_passed(headers, version),
    )
    return Request(host, port or 80, "\r\n".join((*lines, "", "")).encode("latin-1"))


def _passed(headers: Sequence[str], version: str) -> Iterator[str]:
    lengths = 0
    for header in headers:
        name, colon, value = header.partition(":")
        if not (colon and _NAME.fullmatch(name)):
            raise ValueError("a header without a name")
        known = name.lower().encode()
        if pattern := _LENGTHS.get(known):
            lengths += 1
            is_odd = known == b"transfer-encoding" and version == "HTTP/1.0"
            if lengths > 1 or is_odd or not pattern.fullmatch(value):
                raise ValueError("it is not clear where the request ends")
        if known not in _OURS and not known.startswith(b"proxy-"):
            yield header


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_used: Callable[[], object]
) -> None:
    """Until its end, which the other side is told of."""
    while chunk := await reader.read(_CHUNK):
        is_used()
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


def _response(status: str, body: str) -> bytes:
    content = body.encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    ).encode() + content
