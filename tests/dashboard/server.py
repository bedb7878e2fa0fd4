"""The dashboard as a process of its own, and what speaks to it: a browser's requests, byte by byte."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

PATIENCE = 20.0
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str


class Server:
    """``base`` is the path below which everything lies; known once a link was."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.first = self.told("url")
        parts = urlsplit(self.first)
        assert parts.port is not None
        self.port = parts.port
        self.base = parts.path.removesuffix("enter")
        self.host = f"127.0.0.1:{self.port}"
        self.origin = f"http://{self.host}"

    def told(self, kind: str) -> str:
        """What the process tells next, which is of this kind."""
        assert self.process.stdout is not None
        line = json.loads(self.process.stdout.readline())
        assert line.keys() == {kind}
        return str(line[kind])

    def link(self) -> str:
        """Another one."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.told("url")

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """``path`` is sent as it is, whatever it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            told = {"Host": self.host, **(headers or {})}
            if body is not None:
                told.setdefault("Content-Length", str(len(body)))
            for name, value in told.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())

    def enter(self, link: str | None = None) -> Browser:
        parts = urlsplit(link or self.link())
        answer = self.ask(f"{parts.path}?{parts.query}")
        assert answer.status == 200, answer.text
        return Browser(self, answer.headers["set-cookie"].partition(";")[0])


class Browser:
    """One that was let in."""

    def __init__(self, server: Server, cookie: str) -> None:
        self.server = server
        self.cookie = cookie

    def ask(self, path: str = "", **more: str) -> Answer:
        return self.server.ask(f"{self.server.base}{path}", headers={"Cookie": self.cookie, **more})

    @property
    def csrf(self) -> str:
        found = _CSRF.search(self.ask().text)
        assert found
        return found[1]

    @property
    def workspace(self) -> str:
        found = re.search(r'id="summary-(\w+)"', self.ask().text)
        assert found
        return found[1]

    def send(self, path: str, headers: Mapping[str, str] | None = None, **form: str) -> Answer:
        """As its own forms do."""
        kind = "application/x-www-form-urlencoded"
        told = {"Cookie": self.cookie, "Origin": self.server.origin, "Content-Type": kind}
        body = urlencode(form).encode()
        told |= headers or {}
        return self.server.ask(f"{self.server.base}{path}", method="POST", headers=told, body=body)

    def unlock(self) -> None:
        csrf = self.csrf
        self.send("unlock", csrf=csrf, what="ask")
        self.send("unlock", csrf=csrf, what="code", code=self.server.told("code"))
        assert "unlocked" in self.ask().text


@contextmanager
def serving(
    environment: Mapping[str, str], *roots: Path, options: Sequence[str] = ()
) -> Iterator[Server]:
    words = [word for root in roots for word in ("--in", str(root))]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "understudy", "dashboard", "--json", *options, *words],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Server(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()
