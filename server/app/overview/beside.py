"""The dashboard beside an editor: a process of its own, from when it is first asked for until the
server ends. Light: the server imports nothing of what it shows."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

from ..feature import Feature
from ..folder.folders import Folders
from ..folder.workspace import Workspace

_START_SECONDS = 30.0
_END_SECONDS = 5.0


class Dashboard(Feature):
    """Belongs to the event loop. ``say`` tells the user a sentence."""

    def __init__(self, folders: Folders, say: Callable[[str], object]) -> None:
        self._folders = folders
        self._say = say
        self._process: Process | None = None
        self._serves: tuple[str, ...] = ()
        self._links: asyncio.Queue[str] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._asking = asyncio.Lock()

    async def link(self) -> str:
        """An address that opens the page of the open folders, once, within a minute. Raises
        ValueError, for people, and OSError."""
        async with self._asking:
            words = self._words()
            if (
                words != self._serves
                or self._process is None
                or self._process.returncode is not None
            ):
                await self.close()
                await self._start(words)
            else:
                assert self._process.stdin is not None
                self._process.stdin.write(b"\n")
            try:
                async with asyncio.timeout(_START_SECONDS):
                    link = await self._links.get()
            except TimeoutError:
                await self.close()  # what it says later would be taken for the next answer
                raise ValueError("the dashboard does not start; see the server's log") from None
            except asyncio.CancelledError:
                self._serves = ()  # as above: the next who asks starts another one
                raise
            if not link:
                await self.close()
                raise ValueError("the dashboard has ended; see the server's log")
            return link

    def _words(self) -> tuple[str, ...]:
        """What it is started with."""
        open_ = [workspace for workspace in self._folders if not workspace.loose]
        if not open_:
            raise ValueError("no folder is open, and the dashboard shows folders")
        given = {True: ("--in", "--trusted"), False: ("--in", "--untrusted")}
        return tuple(
            word
            for each in open_
            for name in given[each.trusted]
            for word in (name, str(each.root))
        )

    async def _start(self, words: tuple[str, ...]) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "understudy", "dashboard", "--json", *words),
            stdin=PIPE,
            stdout=PIPE,
            cwd=Path("/"),
        )
        self._serves, self._links = words, asyncio.Queue()
        self._reading = asyncio.get_running_loop().create_task(self._read(self._process))

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            match json.loads(line):
                case {"url": str(link)}:
                    self._links.put_nowait(link)
                case {"code": str(code)}:
                    self._say(f"The code that unlocks the dashboard, for a minute: {code}")
        self._links.put_nowait("")

    async def stop(self, workspace: Workspace) -> None:
        """It was told to trust it."""
        await self.close()

    async def close(self) -> None:
        """It ends with its standard input, however this process ends."""
        process, self._process, self._serves = self._process, None, ()
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
