"""Tools on a lead: programs for ``bandit.interpreter`` and ``ruff.path`` that tests control."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import sysconfig
from pathlib import Path

RUFF = Path(sysconfig.get_path("scripts")) / "ruff"


def program(file: Path, script: str) -> str:
    """Make an executable of a shell script; its path, as the settings want it."""
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


class Pipe:
    """A named pipe that is open at both ends, so that neither end waits for the other."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._unread = b""

    def write(self, content: bytes) -> None:
        os.write(self._descriptor, content)

    def lines(self) -> list[str]:
        """The whole lines that stand in it now, each of which is told once."""
        with contextlib.suppress(BlockingIOError):
            self._unread += os.read(self._descriptor, 1 << 16)
        *whole, self._unread = self._unread.split(b"\n")
        return [line.decode() for line in whole]

    async def readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class SlowBandit:
    """A Bandit that tells when it is started and then waits until it is let go; for its version it
    need not be.

    ``starts`` are the process ids so far, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._started = Pipe(folder / "started")
        self._gate = Pipe(folder / "gate")
        self.starts: list[int] = []
        self._told = 0
        self.interpreter = program(
            folder / "slow-python",
            f'case "$*" in *__version__*) exec "{sys.executable}" "$@" ;; esac\n'
            f'echo $$ > "{self._started.path}"\nread _ < "{self._gate.path}"\n'
            f'exec "{sys.executable}" "$@"',
        )

    @property
    def settings(self) -> dict[str, object]:
        return {"interpreter": self.interpreter}

    async def started(self, seconds: float = 30.0) -> int:
        """The process id of the next one that is started. Raises TimeoutError."""

        async def tell() -> int:
            while len(self.look()) <= self._told:
                await self._started.readable()
            self._told += 1
            return self.starts[self._told - 1]

        return await asyncio.wait_for(tell(), seconds)

    def look(self) -> list[int]:
        self.starts += [int(line) for line in self._started.lines()]
        return self.starts

    def let_go(self, count: int = 1) -> None:
        self._gate.write(b"\n" * count)

    def close(self) -> None:
        self._started.close()
        self._gate.close()
