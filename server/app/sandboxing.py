"""Commands in the sandbox, for fronts: at which level, what came of it, and what would raise it."""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..runner.execute import Runner
from ..sandbox.diff import diff, patch
from ..sandbox.history import TRIALS, History, Past
from ..sandbox.hosts import Hosts
from ..sandbox.levels import Machine, run_here
from ..sandbox.policy import Limits, Policy
from ..sandbox.probe import probe
from ..sandbox.trial import Change, Level, Status, Trial, printable
from ..state import state_dir, workspace_dir

__all__ = [
    "Change",
    "History",
    "Hosts",
    "Level",
    "Limits",
    "Machine",
    "Past",
    "Policy",
    "Sandbox",
    "Status",
    "Trial",
    "diff",
    "patch",
    "probe",
    "words",
]


_QUOTED = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_LONGEST = 1 << 17
"""So many bytes Linux takes of one word; a line of more was not typed."""
_OPERATOR = re.compile(r"[|&;<>()`]|\$[\w({]")


def words(line: str) -> tuple[str, ...]:
    """A command, split as a shell does; nothing else of a shell's is done. Raises ValueError, for
    people, where something else would have to be, and for what no program can be started with."""
    if len(line) > _LONGEST:
        raise ValueError(f"a command of more than {_LONGEST} characters cannot be run")
    found = tuple(shlex.split(line))
    if not found:
        raise ValueError("no command was named")
    if operator := _OPERATOR.search(_QUOTED.sub("", line)):
        shell = f"sh -c {shlex.quote(line)}"
        raise ValueError(f"no shell reads it, so {operator[0]!r} means nothing: write {shell}")
    return found


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
        folder = await asyncio.to_thread(workspace_dir, self._root)
        return await run_here(
            argv,
            self._root,
            policy,
            self._runner,
            folder / TRIALS,
            self.machine,
            least=least,
            cwd=cwd,
            listen=listen,
        )


def history(root: Path) -> History:
    """The trials of a workspace that were made, whoever made them. Raises OSError."""
    return History(workspace_dir(root) / TRIALS)


def line(past: Past) -> str:
    """One in a line."""
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.at))
    count = past.trial.many or "nothing"
    command = printable(shlex.join(past.argv))
    return f"{past.id:>5}  {at}  {past.trial.level}  {past.trial.status}  {count}  {command}"


def payload(trial: Trial) -> Mapping[str, Any]:
    """As JSON."""
    ignored = frozenset(trial.ignored)
    return {
        "id": trial.id,
        "status": trial.status,
        "level": trial.level,
        "launcher": trial.launcher,
        "backend": trial.backend,
        "exitCode": trial.exit_code,
        "why": trial.why,
        "notes": list(trial.notes),
        "hidden": [printable(each) for each in trial.hidden],
        "output": trial.output.decode(errors="replace"),
        "seconds": trial.usage.seconds,
        "cpuSeconds": trial.usage.cpu_seconds,
        "peakBytes": trial.usage.peak_bytes,
        "changes": [
            {
                "kind": each.kind,
                "path": printable(each.path),
                "old": printable(each.old),
                "ignored": each.path in ignored,
            }
            for each in trial.changes
        ],
    }
