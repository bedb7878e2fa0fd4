"""An editor reduced to what tests look at: a strict LSP client over stdio, with real buffers.

Strict: whatever is on the server's standard output besides well-formed LSP is a failure. So is, when
the session ends, an exit code other than 0, an error in the log that the test did not expect, or a
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from .processes import MARK, command, started_by, survivors
from .text import Json, apply, place, position

_T = TypeVar("_T")

COMMAND = (sys.executable, "-P", "-m", "understudy", "lsp")
PATIENCE = 30.0
ENDING_SECONDS = 10.0
CAPABILITIES: Json = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
    },
}

Place = Path | str
"""A file's path, or the URI of anything else."""


class Refused(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]


class Published(NamedTuple):
    uri: str
    version: int | None
    diagnostics: list[Json]


@dataclass
class Buffer:
    """An open document as its editor has it; ``codec`` is how it is written to disk."""

    uri: str
    text: str
    version: int
    codec: str


class Editor:
    def __init__(self, process: asyncio.subprocess.Process, environment: Mapping[str, str]) -> None:
        self.process = process
        self.state = Path(environment[MARK])
        self.encoding = "utf-16"
        self.server: Json = {}
        self.settings: Json = {}
        """What ``workspace/configuration`` is answered with."""
        self.buffers: dict[str, Buffer] = {}
        self.diagnostics: dict[str, list[Json]] = {}
        self.published: list[Published] = []
        self.received: list[Json] = []
        """Every other notification and every request of the server's, in order."""
        self.replies: dict[str, Callable[[Json], Any]] = {
            "workspace/configuration": lambda asked: [self.settings for _ in asked["items"]],
            "workspace/applyEdit": self._apply_edit,
        }
        """What the server is answered, by method; null for all others."""
        self.expected_errors = ""
        """A pattern for the errors that the server may log."""
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
        cls, environment: Mapping[str, str], cwd: Path, argv: Sequence[str] = COMMAND
    ) -> AsyncIterator[Self]:
        """A server whose session has not begun; on leaving, it is ended and inspected."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        editor = cls(process, environment)
        try:
            yield editor
        finally:
            await editor._leave()

    async def initialize(
        self,
        *roots: Path,
        capabilities: Json = CAPABILITIES,
        trusted: bool | None = True,
        settings: Json | None = None,
    ) -> None:
        """``trusted`` None: the client leaves that to the server and its user."""
        self.settings = settings or {}
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": roots[0].as_uri() if roots else None,
                "workspaceFolders": [{"uri": r.as_uri(), "name": r.name} for r in roots],
                "capabilities": capabilities,
                "initializationOptions": {} if trusted is None else {"trusted": trusted},
            },
        )
        self.server = answer["capabilities"]
        self.encoding = self.server.get("positionEncoding", "utf-16")
        self.notify("initialized", {})

    async def quit(self) -> int:
        """End the session as the protocol wants it; the exit code."""
        await self.request("shutdown", None)
        self.notify("exit", None)
        self._left = True
        return await asyncio.wait_for(self.process.wait(), ENDING_SECONDS)

    async def kill(self) -> None:
        """What a crash or an impatient user does to the server."""
        self._left = True
        self.process.kill()
        await self.process.wait()

    async def hang_up(self) -> int:
        """Close the server's input without a word; the exit code."""
        self._left = True
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await asyncio.wait_for(self.process.wait(), ENDING_SECONDS)

    async def _leave(self) -> None:
        if not self._left:
            try:
                if code := await self.quit():
                    self._faults.append(f"the exit code is {code}")
            except (TimeoutError, AssertionError, ConnectionError) as error:
                self._faults.append(f"the server did not end properly: {error}")
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        started = started_by(str(self.state))
        left = set(await survivors([process.pid for process in started], ENDING_SECONDS))
        for process in started:
            if process.pid in left:
                self._faults.append(f"left behind: {process.pid} {command(process)}")
                process.kill()
        await asyncio.wait_for(asyncio.gather(self._reading, self._logging), ENDING_SECONDS)
        errors = re.findall(r"^(?:ERROR|CRITICAL)\b.*|^Traceback.*", self.log, re.MULTILINE)
        if not self.expected_errors:
            self._faults += errors
        elif not re.search(self.expected_errors, self.log):
            self._faults.append(f"the log does not tell of {self.expected_errors!r}")
        assert not self._faults, "\n".join([*self._faults, "", "The log:", self.log])

    def processes(self, containing: str = "") -> list[int]:
        """The pids of what the server has started and what lives now, by command line."""
        return [
            process.pid
            for process in started_by(str(self.state))
            if process.pid != self.process.pid and containing in command(process)
        ]

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    def send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
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

    async def command(self, name: str, *arguments: Any) -> Any:
        params = {"command": f"understudy.{name}", "arguments": list(arguments)}
        return await self.request("workspace/executeCommand", params)

    async def until(self, condition: Callable[[], _T], seconds: float = PATIENCE) -> _T:
        """Wait for a message after which the condition is truthy; its value."""

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
            shown = json.dumps(self.diagnostics, indent=1, ensure_ascii=False)
            raise AssertionError(
                f"waited in vain ({type(error).__name__} {error}).\nShown: {shown}\n"
                f"Status: {self.status}\nThe log:\n{self.log}"
            ) from None

    def said(self, method: str) -> list[Json]:
        """The parameters of all that the server sent under this name."""
        return [message["params"] for message in self.received if message["method"] == method]

    @property
    def status(self) -> Json:
        """The last ``understudy/status``; empty before the first."""
        return next(iter(reversed(self.said("understudy/status"))), {})

    def tool(self, name: str) -> Json:
        """What the last status says of a tool."""
        return next((tool for tool in self.status.get("tools", ()) if tool["name"] == name), {})

    async def idle(self) -> None:
        """Until every event so far was taken, and every open document has all its answers."""
        while ": running" in await self.command("showStatus"):
            seen = len(self.said("understudy/status"))
            await self.until(lambda: len(self.said("understudy/status")) > seen)  # noqa: B023

    # ── documents ───────────────────────────────────────────────────────────────────────────────

    def open(
        self,
        where: Place,
        text: str | None = None,
        *,
        language: str = "python",
        codec: str = "utf-8",
    ) -> Buffer:
        """Open a file; with ``text``, write that first."""
        if isinstance(where, Path):
            if text is not None:
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(text.encode(codec))
            text = where.read_bytes().decode(codec)
        buffer = Buffer(uri(where), (text or "").removeprefix("\ufeff"), 1, codec)
        self.buffers[buffer.uri] = buffer
        document = {"uri": buffer.uri, "languageId": language, "version": 1, "text": buffer.text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return buffer

    def edit(self, buffer: Buffer, old: str, new: str) -> None:
        """Replace the first ``old`` by ``new``, as typing does: by an incremental change."""
        range_ = place(buffer.text, old, self.encoding)
        self._change(buffer, buffer.text.replace(old, new, 1), {"range": range_, "text": new})

    def rewrite(self, buffer: Buffer, text: str) -> None:
        """Replace the whole text, in one change without a range."""
        self._change(buffer, text, {"text": text})

    def _change(self, buffer: Buffer, text: str, change: Json) -> None:
        buffer.text = text
        buffer.version += 1
        document = {"uri": buffer.uri, "version": buffer.version}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def save(self, buffer: Buffer) -> None:
        if buffer.uri.startswith("file:"):
            path(buffer.uri).write_bytes(buffer.text.encode(buffer.codec))
        self.notify("textDocument/didSave", {"textDocument": {"uri": buffer.uri}})

    def close(self, buffer: Buffer) -> None:
        del self.buffers[buffer.uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})

    # ── what is shown, and what can be done about it ────────────────────────────────────────────

    def shown(self, where: Place | Buffer) -> list[Json]:
        return self.diagnostics.get(uri(where), [])

    def codes(self, where: Place | Buffer) -> list[str]:
        return sorted(diagnostic["code"] for diagnostic in self.shown(where))

    async def sees(self, where: Place | Buffer, *codes: str) -> list[Json]:
        """Until exactly these codes are shown; the diagnostics."""
        await self.until(lambda: self.codes(where) == sorted(codes))
        return self.shown(where)

    async def actions(
        self, buffer: Buffer, part: str, only: Sequence[str] | None = None
    ) -> dict[str, Json]:
        """The code actions at the first ``part``, by title."""
        context: Json = {"diagnostics": []}
        if only is not None:
            context["only"] = list(only)
        answer = await self.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": buffer.uri},
                "range": place(buffer.text, part, self.encoding),
                "context": context,
            },
        )
        return {action["title"]: action for action in answer or ()}

    async def choose(self, action: Json) -> None:
        """Do what an editor does when an action is chosen."""
        if "edit" in action:
            self._apply_edit({"edit": action["edit"]})
        if "command" in action:
            await self.request("workspace/executeCommand", action["command"])

    def _apply_edit(self, params: Json) -> Json:
        edit = params["edit"]
        changes = [
            (change["textDocument"]["uri"], change["textDocument"]["version"], change["edits"])
            for change in edit.get("documentChanges", ())
        ]
        changes += [(where, None, edits) for where, edits in edit.get("changes", {}).items()]
        for where, version, edits in changes:
            buffer = self.buffers[where]
            assert version in (None, buffer.version), "the edit is for another version"
            self.rewrite(buffer, apply(buffer.text, edits, self.encoding))
        return {"applied": True}

    async def hover(self, buffer: Buffer, part: str) -> str | None:
        at = position(buffer.text, buffer.text.index(part), self.encoding)
        params = {"textDocument": {"uri": buffer.uri}, "position": at}
        answer = await self.request("textDocument/hover", params)
        return answer and str(answer["contents"]["value"])

    # ── the server's side of the pipes ──────────────────────────────────────────────────────────

    async def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        try:
            while header := await _header(stream):
                found = re.fullmatch(rb"Content-Length: (\d+)\r\n(?:Content-Type: .*\r\n)?\r\n", header)
                if found is None:
                    raise ValueError(f"not LSP: {header[:200]!r}")
                message = json.loads(await stream.readexactly(int(found[1])))
                if message["jsonrpc"] != "2.0":
                    raise ValueError(f"not JSON-RPC 2.0: {message}")
                self._take(message)
                async with self._news:
                    self._news.notify_all()
        except (ValueError, KeyError, asyncio.IncompleteReadError) as error:
            if not self._left:
                self._faults.append(f"standard output: {error}")
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

    def _take(self, message: Json) -> None:
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            params = message["params"]
            news = Published(params["uri"], params.get("version"), params["diagnostics"])
            self.published.append(news)
            self.diagnostics[news.uri] = news.diagnostics
        elif method is not None:
            self.received.append(message)
            if "id" in message:
                reply = self.replies.get(method, lambda _: None)(message["params"])
                self.send({"id": message["id"], "result": reply})
        elif (answer := self._answers.pop(message["id"], None)) is None:
            if message["id"] is not None:
                self._faults.append(f"an answer that nobody asked for: {message}")
        elif "error" in message:
            answer.set_exception(Refused(message["error"]))
        else:
            answer.set_result(message["result"])


async def _header(stream: asyncio.StreamReader) -> bytes:
    """Up to the blank line; empty at the end of the stream."""
    try:
        return await stream.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return b""


def uri(where: Place | Buffer) -> str:
    if isinstance(where, Buffer):
        return where.uri
    return where.as_uri() if isinstance(where, Path) else where


def path(uri: str) -> Path:
    from urllib.parse import unquote, urlsplit

    return Path(unquote(urlsplit(uri).path))
