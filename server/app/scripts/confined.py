"""How the scripts of automations are tried: isolated, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from ...automations.trying import TRIALS
from ...runner.execute import Runner
from ...sandbox.levels import run_here
from ...sandbox.policy import Policy
from ...sandbox.probe import probe
from ...sandbox.trial import Trial
from ...state import state_dir
from ..folder.workspace import Workspace


def sandboxed(
    workspace: Workspace, runner: Runner
) -> Callable[[Sequence[str], Policy, Path | None], Coroutine[Any, Any, Trial]]:
    """What tries a script, isolated or not at all; in another folder than the workspace where one
    is named."""

    async def run(argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
        machine = await probe(runner, state_dir())
        root, place = folder or workspace.root, workspace.state / TRIALS
        return await run_here(argv, root, policy, runner, place, machine)

    return run
