"""A Node.js process kept warm, in which ``host.mjs`` lints with the project's ESLint."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import selectors
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..parsing import loads_json
from ..process import end_of
from . import Context

_HOST = Path(__file__).with_name("host.mjs")
_MOST_BYTES = 64 << 20
_MOST_HEAP_MB = 2048
_MOST_MEMORY = 6 << 30
"""Of data, in bytes; what Node.js only reserves is not counted."""
_KEPT_BYTES = 1 << 30
"""A process that has grown larger is not kept for the next call."""
_IDLE_MS = 600_000
"""After which a process that nobody asks ends."""
_PIECE = 1 << 16
_COMPLAINT = 16_000
_FAREWELL_SECONDS = 1.0
_NAMED = re.compile(r"(\w*Error|FATAL ERROR)\b")


class EslintProcess:
    """Asked one call at a time. A death raises OSError, garbage ``parsing.MALFORMED``; the process
    is then of no more use."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._seen: dict[str, str] = {}
        self._bytes = 0
        self._complaint = bytearray()
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)  # it may print before it reads on
        with theirs:
            options = [f"--max-old-space-size={_MOST_HEAP_MB}"]
            self._process = subprocess.Popen(
                [node, *options, str(_HOST), str(theirs.fileno()), str(_IDLE_MS)],
                cwd="/",
                # Else it may think that it looks at every file once only, as a build does.
                env={**os.environ, "TSESTREE_SINGLE_RUN": "false"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
            )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        with contextlib.suppress(OSError):  # it has ended
            most = (_MOST_MEMORY, _MOST_MEMORY)
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, most)

    def serves(self, context: Context) -> bool:
        """Whether it is fit for a call: modules that it has loaded once it does not read again."""
        same = self._seen.get(context.source, context.seen) == context.seen
        return same and self.node == context.node and self._bytes < _KEPT_BYTES

    def ask(self, context: Context, files: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What the host says of the files, given as paths and texts."""
        self._seen[context.source] = context.seen
        request = {
            "package": context.package,
            "source": context.source,
            "files": [{"path": path, "text": text} for path, text in files],
        }
        self._complaint.clear()
        answer = loads_json(self._exchange(f"{json.dumps(request)}\n".encode()))
        if not isinstance(answer, dict):
            raise TypeError("its answer is no object")
        self._bytes = int(answer.get("bytes", 0))
        return answer

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(OSError), self._process:
            self._process.kill()

    def _exchange(self, request: bytes) -> bytes:
        """The line that answers ``request``; what is printed meanwhile is read, and passed over."""
        assert self._process.stdout is not None
        unsent, received = memoryview(request), bytearray()
        with selectors.DefaultSelector() as selector:
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            selector.register(self._socket, both)
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                for key, events in selector.select():
                    if key.fileobj is not self._socket:
                        if not self._listen():
                            selector.unregister(key.fileobj)
                        continue
                    if events & selectors.EVENT_WRITE:
                        unsent = unsent[self._send(unsent) :]
                        if not unsent:
                            selector.modify(self._socket, selectors.EVENT_READ)
                    if events & selectors.EVENT_READ:
                        received += self._receive()
                        if len(received) > _MOST_BYTES:
                            raise ValueError(f"its answer has more than {_MOST_BYTES:,} bytes")
        return bytes(received)

    def _send(self, piece: memoryview) -> int:
        try:
            return self._socket.send(piece, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0
        except OSError:
            raise self._death() from None

    def _receive(self) -> bytes:
        try:
            piece = self._socket.recv(_PIECE)
        except BlockingIOError:
            return b""
        except OSError:
            raise self._death() from None
        if not piece:
            raise self._death()
        return piece

    def _listen(self) -> bool:
        """Keep the end of what it prints; False when no more is there to read."""
        assert self._process.stdout is not None
        try:
            piece = os.read(self._process.stdout.fileno(), _PIECE)
        except BlockingIOError:  # what it started may hold the other end open
            return False
        self._complaint += piece
        del self._complaint[:-_COMPLAINT]
        return bool(piece)

    def _death(self) -> OSError:
        """Why it gave no answer, with the last that it printed."""
        with contextlib.suppress(subprocess.TimeoutExpired):  # by itself it tells its status
            self._process.wait(_FAREWELL_SECONDS)
        self._process.kill()
        status = self._process.wait()
        while self._listen():
            pass
        said = self._complaint.decode("utf-8", "replace").strip()
        return OSError(_cause(said) or f"Node.js gave no answer: {end_of(status)}")


def _cause(said: str) -> str:
    """The line of a crash report that names the matter, else its last one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if _NAMED.match(line)]
    return (named or lines or [""])[-1][:300]
