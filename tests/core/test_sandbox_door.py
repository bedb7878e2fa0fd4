"""The proxy is a process beside the command: it ends with it, whoever dies above, and counts for none
of its limits."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self

import psutil
import pytest

from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.trial import Status

from ..sandbox.walls import WALLS
from .sandbox_world import World
from .support import until

_SERVER = """
import asyncio, sys
from pathlib import Path
from tests.core.test_sandbox import World
from tests.sandbox.walls import WALLS
from understudy.sandbox.policy import Policy

_ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"

async def main():
    place, walls, host = sys.argv[1:]
    world = World(Path(place), WALLS[walls])
    argv = (sys.executable, "-I", "-c", _ASK, f"http://{host}/")
    trial = await world.run(argv, Policy(hosts=(host,)))
    print(trial.status, trial.output.decode(), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await world.close()

asyncio.run(main())
"""


class Holding:
    """A server that answers when it is told to."""

    async def __aenter__(self) -> Self:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self._server = await asyncio.start_server(self._hold, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.answer.set()
        self._server.close()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await self.answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        writer.close()

    @property
    def client(self) -> psutil.Process:
        """Who asks; ports are used again, so there may be more that once asked at this one."""
        (pid,) = {
            each.pid
            for each in psutil.net_connections("tcp4")
            if each.raddr == ("127.0.0.1", self.port) and each.status == psutil.CONN_ESTABLISHED
        }
        return psutil.Process(pid)


@pytest.fixture
async def holding() -> AsyncIterator[Holding]:
    async with Holding() as holding:
        yield holding


_ABOVE: dict[str, Callable[[psutil.Process], psutil.Process]] = {
    "server": lambda proxy: proxy.parents()[3],
    "warden": lambda proxy: proxy.parents()[1],
    "stage": lambda proxy: proxy.parents()[0],
}


@pytest.mark.parametrize("who", ["nobody", *_ABOVE])
@pytest.mark.parametrize("walls", ["bubblewrap", "built-in"])
async def test_the_proxy_ends_with_the_command_and_with_whoever_is_above(
    tmp_path: Path, holding: Holding, walls: str, who: str
) -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _SERVER, str(tmp_path), walls, f"127.0.0.1:{holding.port}"),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdin
    assert server.stdout
    try:
        async with asyncio.timeout(40):
            await holding.asked.wait()
        proxy = holding.client
        above = [each.pid for each in proxy.parents()]
        assert above.index(server.pid) == 3
        if who == "nobody":
            holding.answer.set()
            async with asyncio.timeout(40):
                assert await server.stdout.readline() == b"clean hello\n"
        else:
            _ABOVE[who](proxy).kill()
        await until(lambda: not _lives(proxy))
    finally:
        holding.answer.set()
        if server.returncode is None:
            server.stdin.close()
        async with asyncio.timeout(40):
            await server.wait()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("walls", "own"), [("bubblewrap", 3), ("built-in", 2)])
async def test_it_counts_for_no_limit_of_the_command(tmp_path: Path, walls: str, own: int) -> None:
    hosts = ("good.example",)
    async with World(tmp_path, WALLS[walls]) as world:
        statuses = [
            (
                await world.run(
                    ("sleep", "0.5"), Policy(hosts=hosts, limits=Limits(processes=most))
                )
            ).status
            for most in (own, own + 1)
        ]
    assert statuses == [Status.LIMITED, Status.CLEAN]
