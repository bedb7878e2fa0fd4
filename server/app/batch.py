"""The engine without an editor: the same checks and the same store, for paths that are named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..analyzers.table import ANALYZERS
from ..checks.engine import Checks
from ..runner.execute import Runner
from ..settings import ConfigProblem
from ..state import state_dir, workspace_dir
from ..trust import Trust
from .scan import Scan
from .workspace import Workspace


class Batch:
    """Scans below one root, with the settings and the trust that hold there."""

    def __init__(self, workspace: Workspace, checks: Checks) -> None:
        self._workspace = workspace
        self._checks = checks

    @staticmethod
    @asynccontextmanager
    async def open(root: Path) -> AsyncIterator[Batch]:
        """On leaving, everything that was started is gone. Raises OSError (the state folder)."""
        trusted = bool(Trust(state_dir()).decision(root))
        workspace = Workspace(root, workspace_dir(root), trusted=trusted)
        runner = Runner()
        try:
            await workspace.load(None)
            yield Batch(workspace, Checks(runner))
        finally:
            await runner.close()
            await workspace.close()

    @property
    def config_problems(self) -> tuple[ConfigProblem, ...]:
        return self._workspace.config_problems

    @property
    def trouble(self) -> str:
        """What is wrong with the store; empty when nothing is."""
        return self._workspace.trouble

    @property
    def versions(self) -> dict[str, str]:
        return {analyzer.name: analyzer.version() for analyzer in ANALYZERS}

    async def scan(self, paths: Sequence[Path], progress: Callable[[int, int], object]) -> Scan:
        """``progress`` is told how many files of how many are done. Raises FileNotFoundError."""
        return await self._workspace.scan(
            self._checks, paths, lambda file: progress(file.done, file.files)
        )
