"""A ``ruff server`` kept warm: a document is opened, asked about and closed again."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from itertools import count
from typing import Any
from urllib.parse import quote

from ...disk import read_regular
from ..base import fingerprint
from ..installations import stamp_of
from ..parsing import loads_json
from . import Context

_LONGEST_HEADER = 1 << 12
_MOST_BYTES = 64 << 20
_MOST_MEMORY = 1 << 30
"""Of a configuration without end Ruff then says that it cannot read it."""
_PATIENCE_SECONDS = 0.5
_PIECE = 1 << 16
_LARGEST = 1 << 20
_TICK_NS = 20_000_000
"""So far may the time of a change lie behind the clock: Linux stamps with that of the last tick."""

Hints = tuple[str, str, str]
"""The file that configures a folder (empty: none), and fingerprints: of its content, and of all
that decides with it."""


def _content(path: str) -> bytes | None:
    try:
        return read_regular(path, _LARGEST)
    except OSError:
        return None


Document = tuple[str, str, Hints]
"""A path (empty: nowhere yet), the text that is to stand there, and what configures it."""


def _uri(path: str) -> str:
    quoted = quote(os.fsencode(path))
    return f"file://{quoted}" if path.startswith("/") else f"untitled:{quoted}"


class BusyError(Exception):
    """Ruff reads the configurations yet, and will answer later, or never."""


class RuffServer:
    """Answers are awaited one at a time. A death raises OSError, garbage ``parsing.MALFORMED``; the
    server is then of no more use."""

    def __init__(self, program: str, context: Context, path: str, hints: Hints) -> None:
        """``path`` and ``hints``: the first document's; Ruff reads their configuration now."""
        self._root = context.root
        self._stamp = stamp_of(program)
        self._process = subprocess.Popen(
            [program, "server"],
            cwd=self._root,  # messages name files from here, as those of ruff check do
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(OSError):  # it has ended
            most = (_MOST_MEMORY, _MOST_MEMORY)
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, most)
        self._ids = count(1)
        self._received = bytearray()
        self._reading: tuple[int, float] | None = None
        """A request that Ruff answers when it has read all configurations, and how long that is
        waited for. Until then nothing is sent, for a full pipe would hold us up."""
        self._sources = {hints[0]: hints[2]}
        self._folders: dict[str, Hints] = {}
        self._read_again(os.path.dirname(path), hints)
        self.misconfigured = False
        """Whether some configuration in the workspace is wrong: what Ruff says is then said under
        its defaults, and only ``ruff check`` tells which file is wrong."""
        complexity = {"lint": {"mccabe": {"max-complexity": context.threshold}}}
        configuration = complexity if context.threshold else {}
        settings = {
            "lint": {"extendSelect": list(context.extra)},
            "configuration": configuration,
            "configurationPreference": "editorFirst",  # as options of a command line are
        }
        try:
            self._request(
                "initialize",
                {
                    "processId": os.getpid(),
                    "capabilities": {
                        "general": {"positionEncodings": ["utf-32"]},
                        "textDocument": {"diagnostic": {"dynamicRegistration": False}},
                    },
                    "workspaceFolders": [{"uri": _uri(self._root), "name": "workspace"}],
                    "initializationOptions": {"settings": settings},
                },
            )
            self._notify("initialized", {})
            self._await_reading()
        except BaseException:
            self.close()
            raise

    def diagnose(self, documents: Sequence[Document]) -> list[list[dict[str, Any]]]:
        """Ruff's diagnostics of each text as if it stood at its path. Ruff is asked about all of
        them before its first answer is read; they have to be few enough for its pipe. Raises
        BusyError."""
        self._settle()
        for path, _, hints in documents:
            self._follow(os.path.dirname(path), hints)
        self._settle()
        ids: list[int] = []
        for path, text, _ in documents:
            document = {"uri": _uri(path), "languageId": "python", "version": 1, "text": text}
            self._notify("textDocument/didOpen", {"textDocument": document})
            about = {"textDocument": {"uri": _uri(path)}}
            ids.append(self._ask("textDocument/diagnostic", about))
            self._notify("textDocument/didClose", about)
        answers = self._answers(ids)
        return [answers[id_]["items"] for id_ in ids]

    def is_outdated(self, program: str) -> bool:
        """Whether another program stands where this one was started from."""
        return stamp_of(program) != self._stamp

    def close(self) -> None:
        with contextlib.suppress(OSError), self._process:
            self._process.kill()

    def _follow(self, folder: str, hints: Hints) -> None:
        """Ruff reads all configurations at once: tell it to when there may be one that it has not
        seen as it is.

        It listens only to changes in the workspace or above, and one at the root makes it read
        everything again, also what lies elsewhere; there need be no such file.
        """
        source, _, seen = hints
        before = self._folders.get(folder, hints)
        as_told = before == hints and self._sources.get(source) == seen
        if as_told and (folder in self._sure or self._has_read(folder, hints)):
            self._folders[folder] = hints
            self._sure.add(folder)
            return
        self._sources[source] = seen
        self._read_again(folder, hints)
        top = os.path.join(self._root, "ruff.toml")
        touched = {
            each if each.startswith(f"{self._root}/") else top for each in (source, before[0])
        }
        changes = [{"uri": _uri(each), "type": 2} for each in touched]
        self._notify("workspace/didChangeWatchedFiles", {"changes": changes})
        self._await_reading()

    def _await_reading(self) -> None:
        # Of such names a server says that it does not know them; it keeps the order.
        self._reading = self._ask("$/hasRead", {}), time.monotonic() + _PATIENCE_SECONDS

    def _settle(self) -> None:
        """Wait until Ruff has read what it was told to. Raises BusyError."""
        if self._reading is None:
            return
        id_, deadline = self._reading
        while True:
            message = self._receive(deadline)
            if "method" in message:
                self._told(message)
            elif message.get("id") == id_:
                self._reading = None
                return

    def _read_again(self, folder: str, hints: Hints) -> None:
        """Ruff is about to read all configurations, and finds ``hints`` for this folder."""
        self._folders[folder] = hints
        self._sure: set[str] = set()
        """The folders for which it is known that Ruff has read what holds there."""
        self._read_ns = time.time_ns()
        self.misconfigured = False

    def _has_read(self, folder: str, hints: Hints) -> bool:
        """Whether Ruff has for certain read what the hints say: that stands there now, and since
        Ruff read neither it nor a folder on the way has changed, where a nearer one may be gone."""
        source, content, _ = hints
        if source and fingerprint(_content(source)) != content:
            return False
        for place in (source, *self._way(folder, os.path.dirname(source))):
            with contextlib.suppress(OSError):
                if os.stat(place).st_ctime_ns > self._read_ns - _TICK_NS:
                    return False
        return True

    def _way(self, folder: str, top: str) -> Iterator[str]:
        """The folders from ``folder`` to ``top``, or to the root if that is nearer."""
        place = folder or self._root
        yield place
        while place not in (top, self._root, os.path.dirname(place)):
            place = os.path.dirname(place)
            yield place

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        id_ = self._ask(method, params)
        return self._answers([id_])[id_]

    def _ask(self, method: str, params: dict[str, Any]) -> int:
        id_ = next(self._ids)
        self._send({"id": id_, "method": method, "params": params})
        return id_

    def _answers(self, ids: Collection[int]) -> dict[int, Any]:
        """What was answered to the requests, in whatever order."""
        answers: dict[int, Any] = {}
        while len(answers) < len(ids):
            message = self._receive()
            if "method" in message:
                self._told(message)
            elif message.get("id") in ids:
                if error := message.get("error"):
                    raise ValueError(f"ruff server refuses to answer: {error}")
                answers[message["id"]] = message["result"]
        return answers

    def _told(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._send({"id": message["id"], "result": None})
        elif message["method"] == "window/showMessage" and message["params"]["type"] == 1:
            self.misconfigured = True

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with contextlib.suppress(BrokenPipeError):  # what it said before it ended tells more
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._process.stdin.flush()

    def _receive(self, deadline: float | None = None) -> dict[str, Any]:
        """The next message. Raises BusyError when it has not come whole by the ``deadline``."""
        while (message := self._next()) is None:
            assert self._process.stdout is not None
            stream = self._process.stdout.fileno()
            if deadline is not None:
                left = max(0.0, deadline - time.monotonic())
                if not select.select([stream], [], [], left)[0]:
                    raise BusyError
            piece = os.read(stream, _PIECE)
            if not piece:
                raise OSError("it ended without an answer")
            self._received += piece
        return message

    def _next(self) -> dict[str, Any] | None:
        """The first message among the bytes received, if it is there whole."""
        head, blank, _ = bytes(self._received[:_LONGEST_HEADER]).partition(b"\r\n\r\n")
        *lines, rest = head.split(b"\n")
        lines += [rest] if blank else []
        if not all(b":" in line for line in lines) or len(head) == _LONGEST_HEADER:
            raise ValueError(f"its answer is not LSP: {head[:80].decode('utf-8', 'replace')!r}")
        if not blank:
            return None
        fields = {name.lower(): value for name, _, value in (x.partition(b":") for x in lines)}
        length = int(fields.get(b"content-length", 0))
        if not 0 < length <= _MOST_BYTES:
            raise ValueError(f"its answer has {length:,} bytes")
        start = len(head) + len(blank)
        if len(self._received) < start + length:
            return None
        message = loads_json(bytes(self._received[start : start + length]))
        del self._received[: start + length]
        if not isinstance(message, dict):
            raise TypeError("its answer is not LSP")
        return message
