"""What the probe plants outside of the sandbox, and how it sees that it was reached."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..disk import named
from .trees import opened

_SOCKETS = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "abstract": (socket.AF_UNIX, socket.SOCK_STREAM),
    "pathname": (socket.AF_UNIX, socket.SOCK_STREAM),
}

JUDGED = frozenset(
    {"read", "hidden", "environment", "write", "create", "delete", "chmod", "device"}
    | {"signal", *_SOCKETS}
)
"""What is judged from outside: inside, there may be another thing of the same name."""
COMMON = frozenset({"device"})
"""What others change, too, such as the probe of another server: it counts when the program inside
says the same."""


class Planted:
    """In ``place``, a folder. ``told``: what the program inside is told of it. Raises OSError."""

    def __init__(self, place: Path, forks: int) -> None:
        self._token, self._inner, self._secret = (secrets.token_hex(8) for _ in range(3))
        self.workspace = place / "workspace"
        self.workspace.mkdir()
        hidden = self.workspace / ".env"
        hidden.write_text(self._inner)
        self._victim = place / "victim"
        for path in (self._victim, place / "victim.other"):
            path.write_text(self._token)
        self._listeners = {name: socket.socket(*kind) for name, kind in _SOCKETS.items()}
        self._listeners["tcp"].bind(("127.0.0.1", 0))
        port = self._listeners["tcp"].getsockname()[1]
        abstract = f"understudy-{self._token}"
        self._listeners["udp"].bind(("127.0.0.1", port))
        self._listeners["abstract"].bind(f"\0{abstract}")
        with opened(str(place), flags=os.O_PATH) as folder:  # however long its path is
            self._listeners["pathname"].bind(f"{named(folder)}/socket")
        for name, listener in self._listeners.items():
            listener.setblocking(False)
            if name != "udp":
                listener.listen()
        self._process = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"),
            stdin=subprocess.PIPE,
            env={"TOKEN": self._secret},
        )
        self.told: dict[str, Any] = {
            "secret": str(self._victim),
            "victim": str(self._victim),
            "hidden": str(hidden),
            "process": self._process.pid,
            "tcp": port,
            "abstract": abstract,
            "pathname": str(place / "socket"),
            "forks": forks,
        }
        self._state = self._look()

    def _look(self) -> dict[str, int]:
        """What changes with modes and times, whatever they are set to."""
        places = {"chmod": str(self._victim), "device": "/dev/null"}
        return {name: os.stat(place).st_ctime_ns for name, place in places.items()}

    def touched(self, output: bytes) -> Iterator[str]:
        """What was done to it, by its own look."""
        if self._token.encode() in output:
            yield "read"
        if self._secret.encode() in output:
            yield "environment"
        if self._inner.encode() in output:
            yield "hidden"
        if self._victim.read_text() != self._token:
            yield "write"
        if Path(f"{self._victim}.new").exists():
            yield "create"
        if not Path(f"{self._victim}.other").exists():
            yield "delete"
        now = self._look()
        yield from (name for name, was in self._state.items() if was != now[name])
        if self._process.poll() is not None:
            yield "signal"
        yield from self._reached()

    def _reached(self) -> Iterator[str]:
        for name, listener in self._listeners.items():
            with contextlib.suppress(BlockingIOError):
                if name == "udp":
                    listener.recv(1)
                else:
                    listener.accept()[0].close()
                yield name

    def close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        with self._process:
            self._process.kill()  # somebody may have stopped it
