"""Installing tools from an editor: asked for, shown while it takes long, told how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from ...analyzers.table import BUILT_IN
from ..feature import Feature
from ..sinks import Sink
from .installing import Execute, Installable, NotInstalled, install, installable


class Tools(Feature):
    """``roots`` are the folders that are open, ``installed`` is called when there is a new tool."""

    def __init__(
        self,
        execute: Execute,
        sink: Sink,
        roots: Callable[[], Iterable[Path]],
        installed: Callable[[], object],
    ) -> None:
        self._execute = execute
        self._sink = sink
        self._roots = roots
        self._installed = installed
        self._under_way: dict[str, asyncio.Task[Path]] = {}

    async def find(self, tool: str) -> Installable | None:
        """The tool as it can be installed; None, with a word to the user, when it cannot."""
        found = (await asyncio.to_thread(installable)).get(tool)
        if found is None:
            commands = {each.name: each.advice for each in BUILT_IN if each.advice}
            told = f"In the project's folder, run: {commands[tool]}" if tool in commands else ""
            self._sink.message(told or f"There is nothing to be installed for {tool!r}.")
        return found

    async def install(self, wanted: Installable) -> bool:
        """Whether it is there now. The user can cancel it, which is no failure."""
        if wanted.tool in self._under_way:
            self._sink.message(f"{wanted.title} is being installed already.")
            return False
        task = asyncio.get_running_loop().create_task(self._install(wanted))
        self._under_way[wanted.tool] = task
        try:
            folder = await task
        except asyncio.CancelledError:
            task.cancel()
            if (current := asyncio.current_task()) is not None and current.cancelling():
                raise
            return False
        except NotInstalled as error:
            self._sink.message(str(error), error=True)
            return False
        finally:
            del self._under_way[wanted.tool]
        self._sink.message(f"{wanted.title} {wanted.version} is installed in {folder}.")
        self._installed()
        return True

    async def _install(self, wanted: Installable) -> Path:
        def cancel() -> None:
            self._under_way[wanted.tool].cancel()

        progress = self._sink.begin(f"Installing {wanted.title}", cancel)
        try:
            return await install(self._execute, wanted, progress.report, self._roots())
        finally:
            progress.end("")

    async def close(self) -> None:
        """End what is under way."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
