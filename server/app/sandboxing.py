"""Commands in the sandbox, for fronts: at which level, what came of it, and what would raise it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..runner.execute import Runner
from ..sandbox.hosts import Hosts
from ..sandbox.levels import Machine, run_here
from ..sandbox.policy import Limits, Policy
from ..sandbox.probe import probe
from ..sandbox.trial import Level, Status, Trial, diff, printable
from ..state import private_folder, state_dir, workspace_dir

__all__ = [
    "Hosts",
    "Level",
    "Limits",
    "Machine",
    "Policy",
    "Sandbox",
    "Status",
    "Trial",
    "diff",
    "printable",
    "probe",
]

_KEPT = 20
"""So many trials of a workspace are kept with what they wrote."""


class Sandbox:
    """What this machine forms, and runs in one workspace."""

    def __init__(self, root: Path, runner: Runner, machine: Machine) -> None:
        self.machine = machine
        self._root = root
        self._runner = runner

    @staticmethod
    @asynccontextmanager
    async def open(root: Path, *, fresh: bool = False) -> AsyncIterator[Sandbox]:
        """``fresh``: find the level anew. On leaving, everything that was started is gone. Raises
        OSError (the state folder)."""
        runner = Runner()
        try:
            yield Sandbox(root, runner, await probe(runner, state_dir(), fresh=fresh))
        finally:
            await runner.close()

    async def run(
        self,
        argv: Sequence[str],
        policy: Policy,
        *,
        least: Level = Level.ISOLATED,
        cwd: Path | None = None,
        listen: Callable[[bytes], object] | None = None,
    ) -> Trial:
        """``listen`` is given what the command prints, as it comes."""
        trials = await asyncio.to_thread(_trials, self._root)
        return await run_here(
            argv,
            self._root,
            policy,
            self._runner,
            trials,
            self.machine,
            least=least,
            cwd=cwd,
            listen=listen,
        )


def _trials(root: Path) -> Path:
    """The folder of a workspace's trials, of which only the newest are left."""
    folder = private_folder(workspace_dir(root) / "trials")
    with contextlib.suppress(OSError):
        old = sorted(os.scandir(folder), key=lambda each: each.stat().st_mtime, reverse=True)
        for each in old[_KEPT - 1 :]:
            shutil.rmtree(each.path, ignore_errors=True)
    return folder
