"""A strict client end of LSP over stdio, whose last act is to inspect what the server leaves.

Strict: whatever is on the server's standard output besides well-formed LSP is a failure. So is, when
a session ends, an exit code other than 0, an error in the log that the test did not expect, or a
process that the server started and left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from .processes import MARK, command, started_by, survivors
from .text import Json

_T = TypeVar("_T")

COMMAND = (sys.executable, "-P", "-m", "understudy", "lsp")
PATIENCE = float(os.environ.get("UNDERSTUDY_TEST_PATIENCE", "30"))
"""Seconds within which what is waited for has come, on a machine with other work to do."""

ENDING_SECONDS = 10.0

_HEADER = re.compile(rb"Content-Length: (\d+)\r\n(?:Content-Type: .*\r\n)?\r\n")
_ERROR = re.compile(r"^(?:ERROR|CRITICAL)\b.*|^Traceback.*", re.MULTILINE)


class Refused(Exception):
    """A request was answered with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]


LATER = object()
"""The result of a reply that the test sends by itself."""


class Connection:
    def __init__(self, process: asyncio.subprocess.Process, state: str) -> None:
        self.process = process
        self.state = Path(state)
        self.received: list[Json] = []
        """Every notification and every request of the server's, in order."""
        self.replies: dict[str, Callable[[Json], Any]] = {}
        """What the server's requests are answered with, by method; null for all others. A reply
        may raise Refused."""
        self.expected_errors = ""
        """A pattern for the errors that the server is to log."""
        self.log = ""
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._news = asyncio.Condition()
        self._faults: list[str] = []
        self._left = False
        self._reading = asyncio.create_task(self._read())
        self._logging = asyncio.create_task(self._read_log())

    # ── the session ─────────────────────────────────────────────────────────────────────────────

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls, environment: Mapping[str, str], cwd: Path, command: Sequence[str] = COMMAND
    ) -> AsyncIterator[Self]:
        """A server whose session has not begun; on leaving, it is ended and inspected."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env=environment,
            umask=0,  # what is private is so by itself
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        connection = cls(process, environment[MARK])
        try:
            yield connection
        finally:
            await connection._leave()

    async def quit(self) -> int:
        """End the session as the protocol wants it; the exit code."""
        await self.request("shutdown", None)
        return await self.exit()

    async def exit(self) -> int:
        """Say that the session is over, and nothing else; the exit code."""
        self._left = True
        self.notify("exit", None)
        return await asyncio.wait_for(self.process.wait(), ENDING_SECONDS)

    async def kill(self) -> None:
        """What a crash or an impatient user does to the server."""
        self._left = True
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """What a system does that is shut down; the exit code."""
        self._left = True
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), ENDING_SECONDS)

    async def hang_up(self) -> int:
        """Close the server's input without a word; the exit code."""
        self._left = True
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await asyncio.wait_for(self.process.wait(), ENDING_SECONDS)

    async def vanish(self) -> int:
        """What an editor that is killed does: both ends are closed at once; the exit code."""
        for descriptor in (0, 1):
            pipe = self.process._transport.get_pipe_transport(descriptor)  # type: ignore[attr-defined]
            pipe.close()
        return await self.hang_up()

    async def _leave(self) -> None:
        if not self._left:
            try:
                if code := await self.quit():
                    self._faults.append(f"the exit code is {code}")
            except (Refused, TimeoutError, ConnectionError) as error:
                self._faults.append(f"the server did not end properly: {error!r}")
        if self.process.returncode is None:
            await self.kill()
        for process in await self.left_behind():
            self._faults.append(f"left behind: {process}")
        await asyncio.wait_for(asyncio.gather(self._reading, self._logging), ENDING_SECONDS)
        if not self.expected_errors:
            self._faults += _ERROR.findall(self.log)
        elif not re.search(self.expected_errors, self.log):
            self._faults.append(f"the log does not tell of {self.expected_errors!r}")
        assert not self._faults, "\n".join([*self._faults, "", "The log:", self.log])

    async def left_behind(self) -> list[str]:
        """What outlives the server although it has time to end; it is ended here."""
        started = {process.pid: process for process in started_by(str(self.state))}
        left = [started[pid] for pid in await survivors(started, ENDING_SECONDS)]
        told = [f"{process.pid} {command(process)}" for process in left]
        for process in left:
            process.kill()
        return told

    def processes(self, containing: str = "") -> list[int]:
        """The pids of what the server has started and what lives now, by command line."""
        return [
            process.pid
            for process in started_by(str(self.state))
            if process.pid != self.process.pid and containing in command(process)
        ]

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    def send(self, message: Json) -> None:
        self.send_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_body(self, body: bytes) -> None:
        self.send_raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def send_raw(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> tuple[int, Awaitable[Any]]:
        """The request's id, to cancel it by, and its answer. The answer raises Refused."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self.send({"id": number, "method": method, "params": params})
        return number, answer

    async def request(self, method: str, params: Any, seconds: float = PATIENCE) -> Any:
        """Raises Refused; ConnectionError when the server ended; TimeoutError."""
        _, answer = self.ask(method, params)
        return await asyncio.wait_for(answer, seconds)

    async def until(self, condition: Callable[[], _T], seconds: float = PATIENCE) -> _T:
        """Wait for a message, or a line of the log, after which the condition is truthy; its value."""

        async def holds() -> _T:
            async with self._news:
                while not (value := condition()):
                    if self._reading.done():
                        raise ConnectionError("the server ended")
                    await self._news.wait()
            return value

        try:
            return await asyncio.wait_for(holds(), seconds)
        except (TimeoutError, ConnectionError) as error:
            raise AssertionError(f"waited in vain: {error!r}\n{self.view()}") from None

    def view(self) -> str:
        """What a failed test shows of the session."""
        return f"The log:\n{self.log}"

    def said(self, method: str) -> list[Json]:
        """The parameters of all that the server sent under this name."""
        return [
            message.get("params", {}) for message in self.received if message["method"] == method
        ]

    # ── the server's side of the pipes ──────────────────────────────────────────────────────────

    async def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        try:
            while header := await _header(stream):
                if (found := _HEADER.fullmatch(header)) is None:
                    raise ValueError(f"not LSP: {header[:200]!r}")
                message = json.loads(await stream.readexactly(int(found[1])))
                if message["jsonrpc"] != "2.0":
                    raise ValueError(f"not JSON-RPC 2.0: {message}")
                self._take(message)
                async with self._news:
                    self._news.notify_all()
        except (ValueError, KeyError, asyncio.IncompleteReadError) as error:
            if not self._left:
                self._faults.append(f"standard output: {error!r}")
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("the server ended without an answer"))
                    answer.exception()
            async with self._news:
                self._news.notify_all()

    async def _read_log(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log += line.decode(errors="replace")
            async with self._news:
                self._news.notify_all()

    def _take(self, message: Json) -> None:
        if "method" in message:
            self.received.append(message)
            if "id" in message:
                self._reply(message)
        elif (answer := self._answers.pop(message["id"], None)) is None:
            self._faults.append(f"an answer that nobody waits for: {message}")
        elif answer.done():
            pass  # the test did not wait so long
        elif "error" in message:
            answer.set_exception(Refused(message["error"]))
        else:
            answer.set_result(message["result"])

    def _reply(self, request: Json) -> None:
        reply = self.replies.get(request["method"])
        try:
            result = reply(request["params"]) if reply is not None else None
            if result is LATER:
                return
            self.send({"id": request["id"], "result": result})
        except Refused as refused:
            error = {"code": refused.code, "message": str(refused)}
            self.send({"id": request["id"], "error": error})


async def _header(stream: asyncio.StreamReader) -> bytes:
    """Up to the blank line; empty at the end of the stream."""
    try:
        return await stream.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return b""
