"""A small LSP client over stdio: what the demo and the benchmarks drive a server with."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

Message = dict[str, Any]


class Published(NamedTuple):
    """One ``publishDiagnostics``; ``at`` is ``time.perf_counter()`` on arrival."""

    at: float
    uri: str
    diagnostics: list[Message]


class ServerEnded(Exception):
    """The server closed its output."""


class Client:
    """Columns are in code points where the server speaks utf-32, as ours does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.published: list[Published] = []
        self.diagnostics: dict[str, list[Message]] = {}
        self.notifications: list[Message] = []
        self.capabilities: Message = {}
        self.settings: Any = None
        self.replies: dict[str, Callable[[Any], Any]] = {}
        """What the server's requests are answered with, by method."""
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> AsyncIterator[Self]:
        """``log`` receives what the server writes to its standard error."""
        errors = (log or Path(os.devnull)).open("ab")
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        errors.close()
        client = cls(process)
        try:
            yield client
        finally:
            await client._end()

    async def initialize(
        self,
        root: Path,
        options: Any = None,
        settings: Any = None,
        *,
        pull: bool = False,
    ) -> float:
        """Returns the seconds that the answer took. ``pull`` asks for pull diagnostics."""
        self.settings = settings
        document: Message = {
            "synchronization": {"didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True,
                "codeDescriptionSupport": True,
                "dataSupport": True,
            },
            "codeAction": {
                "codeActionLiteralSupport": {
                    "codeActionKind": {"valueSet": ["quickfix", "source.fixAll"]}
                },
                "resolveSupport": {"properties": ["edit"]},
                "dataSupport": True,
            },
        }
        if pull:
            document["diagnostic"] = {"dynamicRegistration": False}
        started = time.perf_counter()
        answer = await self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "initializationOptions": options,
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32", "utf-16"]},
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": document,
                    "window": {"workDoneProgress": True},
                },
            },
        )
        took = time.perf_counter() - started
        self.capabilities = answer["capabilities"]
        self.notify("initialized", {})
        return took

    async def request(self, method: str, params: Any, seconds: float = 60) -> Any:
        """Raises RuntimeError with the server's error, TimeoutError, ServerEnded."""
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(self._answers[number], seconds)

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    async def wait(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        """Until the condition holds; it is looked at after each message. Raises TimeoutError."""

        async def holds() -> None:
            async with self._news:
                await self._news.wait_for(lambda: condition() or self._reader.done())
            if not condition():
                raise ServerEnded("the server ended before it answered")

        await asyncio.wait_for(holds(), seconds)

    def open(self, path: Path, text: str, version: int = 0) -> None:
        document = {
            "uri": path.as_uri(),
            "languageId": "python",
            "version": version,
            "text": text,
        }
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(
        self, path: Path, text: str, version: int, lines: tuple[int, int] | None = None
    ) -> None:
        """``lines``: the first line that ``text`` replaces and the one after the last; else all."""
        document = {"uri": path.as_uri(), "version": version}
        change: Message = {"text": text}
        if lines is not None:
            start, end = ({"line": line, "character": 0} for line in lines)
            change["range"] = {"start": start, "end": end}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def save(self, path: Path, text: str | None = None) -> None:
        """``text`` is for servers that ask to be sent it."""
        included = {} if text is None else {"text": text}
        self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}, **included})

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        try:
            while True:
                header = await stream.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in header.splitlines()
                    if line.lower().startswith(b"content-length")
                )
                self._handle(json.loads(await stream.readexactly(length)))
                async with self._news:
                    self._news.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ServerEnded("the server ended before it answered"))

    def _handle(self, message: Message) -> None:
        method = message.get("method")
        if method is None:
            self._answered(message)
        elif "id" in message:
            self._send({"id": message["id"], "result": self._reply(method, message["params"])})
        elif method == "textDocument/publishDiagnostics":
            params = message["params"]
            news = Published(time.perf_counter(), params["uri"], params["diagnostics"])
            self.published.append(news)
            self.diagnostics[news.uri] = news.diagnostics
        else:
            self.notifications.append(message)

    def _answered(self, message: Message) -> None:
        answer = self._answers.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(RuntimeError(message["error"]["message"]))
        else:
            answer.set_result(message.get("result"))

    def _reply(self, method: str, params: Any) -> Any:
        if method in self.replies:
            return self.replies[method](params)
        if method == "workspace/configuration":
            return [self.settings for _ in params["items"]]
        if method == "workspace/applyEdit":
            return {"applied": False}
        return None

    async def _end(self) -> None:
        with contextlib.suppress(Exception):
            await self.request("shutdown", None, seconds=5)
            self.notify("exit", None)
            await asyncio.wait_for(self.process.wait(), 5)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
