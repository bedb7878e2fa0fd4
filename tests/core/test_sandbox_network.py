"""What a command reaches of the network: the hosts of its list, through the proxy."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from ipaddress import IPv6Address
from pathlib import Path
from typing import Self

import pytest

from understudy.sandbox import proxy
from understudy.sandbox.hosts import Hosts
from understudy.sandbox.plan import COPY, OVERLAY
from understudy.sandbox.policy import Policy
from understudy.sandbox.proxy import Proxy
from understudy.sandbox.run import BUBBLEWRAP, BUILT_IN
from understudy.sandbox.trial import Level, Status

from ..needs import not_applicable
from ..sandbox.walls import WALLS, Walls
from .sandbox_world import World

GOOD = "good.example"
_ISOLATED = {name: each for name, each in WALLS.items() if each.level is Level.ISOLATED}


class Server:
    """Says what it was asked, on an address of this machine."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self.heard: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, self._address, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


class Asking:
    """A proxy, and who asks it. ``found``: what each name resolves to, call by call."""

    def __init__(self, entries: Sequence[str], **found: Sequence[str]) -> None:
        self.refused: list[str] = []
        self.resolved: list[str] = []
        self._found = {name.replace("_", "."): list(each) for name, each in found.items()}
        self._proxy = Proxy(Hosts(entries), self.resolve, frozenset, self.refused.append)

    async def resolve(self, host: str) -> list[str]:
        """As ``resolve``: an empty answer is one that did not come."""
        self.resolved.append(host)
        found = self._found.get(host)
        if not found or not (address := found.pop(0)):
            raise socket.gaierror(-2, "Name or service not known")
        return [address]

    async def __aenter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._proxy.serve(listener))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, text: str) -> bytes:
        reader, writer = await self.connect()
        writer.write(text.encode())
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        return answer


def tunnel(host: str, port: int) -> str:
    return f"CONNECT {host}:{port} HTTP/1.1\r\n\r\nGET /inner HTTP/1.1\r\n\r\n"


async def test_what_is_listed_is_reached_through_a_tunnel_and_plainly(server: Server) -> None:
    entries = [f"{GOOD}:{server.port}", f"127.0.0.1:{server.port}"]
    async with Asking(entries, good_example=["127.0.0.1"]) as asking:
        through = await asking.ask(tunnel(GOOD, server.port))
        plain = await asking.ask(
            f"GET http://{GOOD}:{server.port}/x HTTP/1.1\r\nHost: else.example\r\n\r\n"
        )
    assert through.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert plain.endswith(b"hello")
    assert [each.split(b"\r\n")[0] for each in server.heard] == [
        b"GET /inner HTTP/1.1",
        b"GET /x HTTP/1.1",
    ]
    assert f"Host: {GOOD}:{server.port}".encode() in server.heard[1]
    assert b"else.example" not in server.heard[1]
    assert asking.refused == []


def _at(host: str) -> Callable[[int], str]:
    return lambda port: tunnel(host, port)


NOT_NAMED = ", which is not among the hosts that were named"


@pytest.mark.parametrize(
    ("ask", "refused"),
    [
        (_at("evil.example"), "evil.example:{port}" + NOT_NAMED),
        (_at("127.0.0.1"), "127.0.0.1:{port}" + NOT_NAMED),
        (_at("localhost"), "localhost:{port}" + NOT_NAMED),
        (_at("127.1"), "127.1:{port}" + NOT_NAMED),
        (_at("[::ffff:127.0.0.1]"), f"[{IPv6Address('::ffff:7f00:1')}]:{{port}}{NOT_NAMED}"),
        (
            _at(GOOD),
            GOOD + ":{port}: it leads to 127.0.0.1, no public address",
        ),  # listed, but at an address that is not public
        (lambda _: tunnel(GOOD, 22), GOOD + ":22" + NOT_NAMED),
        (
            lambda port: f"GET http://evil.example:{port}/ HTTP/1.1\r\n\r\n",
            "evil.example:{port}" + NOT_NAMED,
        ),
    ],
)
async def test_what_is_not_listed_is_refused_and_told(
    server: Server, ask: Callable[[int], str], refused: str
) -> None:
    found = {"good_example": ["127.0.0.1"], "evil_example": ["127.0.0.1"]}
    async with Asking([f"{GOOD}:{server.port}"], **found) as asking:
        answer = await asking.ask(ask(server.port))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert asking.refused == [refused.format(port=server.port)]
    assert server.heard == []


async def test_who_answers_differently_the_second_time_is_not_asked_again(server: Server) -> None:
    entries = [f"{GOOD}:{server.port}", f"127.0.0.1:{server.port}"]
    async with Asking(entries, good_example=["127.0.0.1", "127.0.0.2"]) as asking:
        asked = (asking.ask(tunnel(GOOD, server.port)) for _ in range(5))
        answers = await asyncio.gather(*asked)
    assert all(each.endswith(b"hello") for each in answers)
    assert asking.resolved == [GOOD]


class ByTheSystem(Asking):
    async def resolve(self, host: str) -> list[str]:
        return await proxy.resolve(host)


@pytest.mark.parametrize("name", ["a" * 64, "a."])
async def test_what_no_server_would_be_asked_for_is_answered(name: str) -> None:
    async with ByTheSystem([f"*.{GOOD}"]) as asking:
        assert (await asking.ask(tunnel(f"{name}.{GOOD}", 443))).startswith(b"HTTP/1.1 502 ")


async def test_a_name_that_was_not_found_is_asked_for_again(server: Server) -> None:
    entries = [f"{GOOD}:{server.port}", f"127.0.0.1:{server.port}"]
    async with Asking(entries, good_example=["", "127.0.0.1", "127.0.0.2"]) as asking:
        asked = (asking.ask(tunnel(GOOD, server.port)) for _ in range(2))
        first, second = await asyncio.gather(*asked)
        answers = [await asking.ask(tunnel(GOOD, server.port)) for _ in range(2)]
    assert first.startswith(b"HTTP/1.1 502 ")
    assert second.startswith(b"HTTP/1.1 502 ")
    assert all(each.endswith(b"hello") for each in answers)
    assert asking.resolved == [GOOD, GOOD]


async def test_names_below_a_star_are_not_kept_without_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "_MOST_NAMES", 2)
    found = {f"{each}_example": ["127.0.0.1"] for each in ("a", "b", "c")}
    entries = [f"*.example:{server.port}", f"127.0.0.1:{server.port}"]
    async with Asking(entries, **found) as asking:
        names = ("a", "none", "b", "c", "a")
        answers = [await asking.ask(tunnel(f"{each}.example", server.port)) for each in names]
    assert [each.split()[1] for each in answers] == [b"200", b"502", b"200", b"429", b"200"]


async def test_its_end_leaves_no_connection_and_no_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as quiet:
        port = quiet.sockets[0].getsockname()[1]
        async with Asking([f"127.0.0.1:{port}"], **{"127_0_0_1": ["127.0.0.1"]}) as asking:
            reader, writer = await asking.connect()
            writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
    assert caplog.records == []


def _plainly(*headers: str) -> str:
    return "\r\n".join((f"POST http://{GOOD}/ HTTP/1.1", *headers, "", ""))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (("Transfer-Encoding: chunked", "content-length: 5"), 400),
        (("Content-Length: 5", "Content-Length: 6"), 400),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 400),
        (("Transfer-Encoding: xchunked",), 400),
        (("Transfer-Encoding\x0b: chunked",), 400),
        (("Content-Length: +5",), 400),
        (("Content-Length:5 ",), 502),
        (("TRANSFER-ENCODING: Chunked",), 502),
    ],
)
async def test_where_a_request_ends_is_clear_or_it_is_refused(
    headers: tuple[str, ...], status: int
) -> None:
    async with Asking([GOOD]) as asking:
        answer = await asking.ask(_plainly(*headers))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert asking.resolved == ([GOOD] if status == 502 else [])


async def test_idle_connections_keep_nobody_out(server: Server) -> None:
    entry = f"127.0.0.1:{server.port}"

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as echoing:
        port = echoing.sockets[0].getsockname()[1]
        entries = [entry, f"127.0.0.1:{port}"]
        async with Asking(entries, **{"127_0_0_1": ["127.0.0.1"]}) as asking:
            reader, writer = await asking.connect()
            writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            idle = []
            async with asyncio.timeout(30):
                for number in range(600):
                    idle.append(await asking.connect())
                    if number % 50 == 0:
                        writer.write(b"used\n")
                        assert await reader.readline() == b"used\n"
                assert (await asking.ask(tunnel("127.0.0.1", server.port))).endswith(b"hello")
                writer.write(b"used\n")
                assert await reader.readline() == b"used\n"
            for each in (writer, *(writing for _, writing in idle)):
                each.close()
    told = "more than 128 connections at once: those idle longest were closed"
    assert set(asking.refused) == {told}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET http://a/\x0b HTTP/1.1\r\n\r\n", 400),
        ("G(T http://a/ HTTP/1.1\r\n\r\n", 400),
        ("CONNECT nowhere.example:443 HTTP/1.1\r\n\r\n", 502),
        (f"GET http://nowhere.example/ HTTP/1.1\r\nA: {'a' * 70_000}\r\n\r\n", 431),
    ],
)
async def test_what_cannot_be_done_is_answered(text: str, status: int) -> None:
    async with Asking(["nowhere.example"]) as asking:
        assert (await asking.ask(text)).startswith(f"HTTP/1.1 {status} ".encode())
    found = [] if status != 502 else ["nowhere.example:443: its name was not found"]
    assert asking.refused == found


@pytest.fixture(params=_ISOLATED)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with World(tmp_path, _ISOLATED[request.param]) as world:
        yield world


ASK = """
import os, sys, urllib.error, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=20).read().decode())
    except urllib.error.HTTPError as error:
        print(error.code)
"""
_RENAME = """import os; os.rename("folder", "other")"""
_DIRECT = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
    print("reached")
except OSError as error:
    print("refused")
"""


async def test_a_command_reaches_what_is_listed_and_nothing_else(
    world: World, server: Server
) -> None:
    (world.root / "ask.py").write_text(ASK)
    (world.root / "direct.py").write_text(_DIRECT)
    async with Server() as other:
        listed, unlisted = (f"http://127.0.0.1:{each.port}/" for each in (server, other))
        script = f"python3 -I ask.py {listed} {unlisted}; python3 -I direct.py {server.port}"
        trial = await world.sh(script, Policy(hosts=(f"127.0.0.1:{server.port}",)))
        assert (trial.status, trial.why) == (Status.CLEAN, "")
        assert trial.output.split() == [b"hello", b"403", b"refused"]
        assert f"it was kept from 127.0.0.1:{other.port}{NOT_NAMED}" in trial.notes
        assert len(server.heard) == 1
        assert other.heard == []


_OWN = """
import asyncio, json, sys
from pathlib import Path
from tests.core.sandbox_world import World
from tests.core.test_sandbox_network import ASK, Server
from tests.sandbox.walls import WALLS
from understudy.sandbox.policy import Policy

async def main():
    walls, said = WALLS["bubblewrap"], []
    async with World(Path(sys.argv[1]), walls) as world, Server("9.9.9.9") as server:
        (world.root / "ask.py").write_text(ASK)
        for listed in ("good.example", "9.9.9.9"):
            hosts = (f"good.example:{server.port}", f"{listed}:{server.port}")
            url = f"http://good.example:{server.port}/"
            trial = await world.sh(f"python3 -I ask.py {url}", Policy(hosts=hosts))
            said.append([trial.status, trial.output.decode().strip(), len(server.heard)])
    print(json.dumps(said))

asyncio.run(main())
"""


def test_a_name_does_not_lead_to_this_machine_by_a_public_address_of_its_own(
    tmp_path: Path,
) -> None:
    (names := tmp_path / "hosts").write_text("9.9.9.9 good.example\n")
    script = (
        'mount --bind "$1" /etc/hosts; ip link set lo up; ip address add 9.9.9.9/32 dev lo; '
        'shift; exec "$@"'
    )
    own_network = ("unshare", "--user", "--map-root-user", "--mount", "--net")
    if subprocess.run([*own_network, "true"], capture_output=True, check=False).returncode:
        not_applicable("users make no namespaces here")
    done = subprocess.run(
        (
            *(*own_network, "sh", "-e", "-c", script, "sh", str(names)),
            *(sys.executable, "-P", "-c", _OWN, str(tmp_path)),
        ),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    assert json.loads(done.stdout) == [["clean", "403", 0], ["clean", "hello", 1]]


async def test_without_a_list_there_is_no_way_out(world: World, server: Server) -> None:
    (world.root / "direct.py").write_text(_DIRECT)
    trial = await world.sh(f"python3 -I direct.py 3128; python3 -I direct.py {server.port}; env")
    assert trial.output.split()[:2] == [b"refused", b"refused"]
    assert b"proxy" not in trial.output.lower()
    assert server.heard == []


async def test_what_may_have_reached_hosts_is_not_run_again_unasked(
    world: World, server: Server
) -> None:
    (world.root / "folder").mkdir()
    (world.root / "ask.py").write_text(ASK)
    script = f"python3 -I ask.py http://127.0.0.1:{server.port}/; exec python3 -Ic '{_RENAME}'"
    policy = Policy(hosts=(f"127.0.0.1:{server.port}",))
    trial = await world.sh(script, policy)
    assert len(server.heard) == 1
    if world.walls.backend == COPY:
        assert trial.status is Status.CLEAN
        return
    assert (trial.status, trial.backend) == (Status.FAILED, OVERLAY)
    assert "an overlay cannot rename folders, and what reaches hosts is not run again" in trial.why
    trial = await world.sh(script, replace(policy, copy=True))
    assert (trial.status, trial.backend, trial.notes) == (Status.CLEAN, COPY, ())
    assert len(server.heard) == 2


async def test_what_is_no_host_and_what_cannot_be_filtered_is_not_run(tmp_path: Path) -> None:
    cases = [(Walls(Level.ISOLATED, each, "overlay"), "a b") for each in (BUBBLEWRAP, BUILT_IN)]
    for place, (walls, host) in enumerate(
        [*cases, (Walls(Level.PARTIAL, "", "copy"), "a.example")]
    ):
        (folder := tmp_path / str(place)).mkdir()
        async with World(folder, walls) as world:
            trial = await world.sh("touch x", Policy(hosts=(host,)))
        assert trial.status is Status.REFUSED
        assert trial.changes == ()


async def test_of_many_that_were_refused_it_is_told_that_there_were_more(world: World) -> None:
    (world.root / "ask.py").write_text(
        "import urllib.request\n"
        "for n in range(25):\n"
        "    try: urllib.request.urlopen(f'http://{n}.example/')\n"
        "    except OSError: pass\n"
    )
    trial = await world.sh("python3 -I ask.py", Policy(hosts=("a.test",)))
    kept = [each for each in trial.notes if each.startswith("it was kept from ")]
    assert len(kept) == 21
    assert kept[-1] == "it was kept from more hosts than those that are named"
