"""A workspace in which commands are tried, kept in by some walls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Trial

from ..probed import know_the_machine
from ..sandbox.walls import Walls
from .support import understudy_here


class World:
    """A context manager."""

    def __init__(self, folder: Path, walls: Walls) -> None:
        self.walls = walls
        self.root, self.trials = folder / "work space", folder / "trials"
        self.root.mkdir()
        self._runner = Runner()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.close()

    async def sh(self, script: str, policy: Policy | None = None) -> Trial:
        return await self.run(("sh", "-c", script), policy)

    async def python(self, program: str, policy: Policy | None = None) -> Trial:
        return await self.run((sys.executable, "-I", "-c", program), policy)

    async def run(self, argv: Sequence[str], policy: Policy | None = None) -> Trial:
        how = self.walls._asdict()
        policy = policy or Policy()
        return await run(argv, self.root, policy, self._runner, self.trials, override=True, **how)

    @property
    def supervisor(self) -> int:
        return self._runner.supervisor_pid


def new_project(folder: Path) -> Path:
    """A workspace with a file in it, on a machine that is known."""
    root = folder / "project"
    (root / ".git").mkdir(parents=True)
    (root / "a.txt").write_text("one\n")
    know_the_machine(folder / "state")
    return root


def environment(project: Path, **more: str) -> dict[str, str]:
    """Of who types there, wants colours where they are usual, and has a state folder beside it."""
    ours = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
    return {**ours, "UNDERSTUDY_STATE_DIR": str(project.parent / "state"), **more}


def typed(
    project: Path, *words: str, answers: str = "", below: str = ""
) -> subprocess.CompletedProcess[str]:
    """The command, in the project or a folder ``below`` it."""
    own = environment(project)
    return understudy_here(*words, cwd=project / below, environment=own, answers=answers)
