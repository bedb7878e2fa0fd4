"""What a machine can form, and a run at that level: never at a lower one than was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .plan import COPY
from .policy import Policy
from .run import Executor, run
from .trial import Level, Status, Trial

SAID = {
    Level.ISOLATED: "Isolated: nothing outside the workspace, {network}.",
    Level.PARTIAL: "Partial: no network, and it works on a copy, but it can {leaks}.",
    Level.NONE: "Not isolated: it works on a copy, and can reach all that you can.",
}
_ORDER = (Level.NONE, Level.PARTIAL, Level.ISOLATED)


@dataclass(frozen=True, slots=True)
class Machine:
    """The best level all of whose promises held when they were tried, and what it is made of.

    ``leaks``: what a command can see or touch all the same, each as "... your files". ``failed``:
    why nothing better is formed. ``raised_by``: what a person could do about that.
    """

    level: Level
    launcher: str = ""
    backend: str = COPY
    leaks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    raised_by: tuple[str, ...] = ()

    def said(self, hosts: Sequence[str] = ()) -> str:
        """One sentence for people, to be shown before a run that may reach ``hosts``."""
        network = f"network: {', '.join(hosts)} only" if hosts else "no network"
        return SAID[self.level].format(leaks=", ".join(self.leaks), network=network)

    def why_not(self, least: Level) -> str:
        """Why nothing is run here that has to be held by ``least``; empty when it can be."""
        if _ORDER.index(self.level) >= _ORDER.index(least):
            return ""
        causes = dict.fromkeys(each.partition(": ")[2] or each for each in self.failed)
        reasons = "; ".join((*causes, *self.raised_by))
        return f"level {least} is wanted, and this machine forms {self.level}: {reasons}"


async def run_here(
    argv: Sequence[str],
    workspace: Path,
    policy: Policy,
    runner: Executor,
    trials: Path,
    machine: Machine,
    *,
    least: Level = Level.ISOLATED,
    cwd: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    listen: Callable[[bytes], object] | None = None,
) -> Trial:
    """As ``run``, at the level of the machine; refused where that is lower than ``least``. Who
    names ``Level.NONE`` has asked the user about this run."""
    if why := machine.why_not(least):
        return Trial(Status.REFUSED, machine.level, machine.launcher, machine.backend, why=why)
    return await run(
        argv,
        workspace,
        policy,
        runner,
        trials,
        cwd=cwd,
        environ=environ,
        level=machine.level,
        launcher=machine.launcher,
        backend=machine.backend,
        override=least is Level.NONE,
        notes=(f"it could {', '.join(machine.leaks)}",) if machine.leaks else (),
        listen=listen,
    )
