"""An automation is tried: on a view of the workspace as it is, once and twice, where its pattern
was done before."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..sandbox.policy import Limits, Policy
from ..sandbox.trial import Kind, Trial
from ..settings.learning import Automations as Settings

if TYPE_CHECKING:  # it takes long to import
    from .metadata import Permissions

MOST_INSTANCES = 3
TRIALS = "automation-trials"
"""The name of their folder in the state folder of a workspace."""
_MB = 1 << 20
_OUTPUT = 1 * _MB
_DRIVER = """\
import json, os, subprocess, sys
gone, times = json.loads(sys.argv[1]), int(sys.argv[2])
for path in gone:
    if os.path.isfile(path):
        os.remove(path)
for _ in range(times):
    done = subprocess.run(sys.argv[3:]).returncode
    if done:
        sys.exit(done)
"""
"""Takes files away that a developer had made, and runs the script so often."""

Sandboxed = Callable[[Sequence[str], Policy], Awaitable[Trial]]
"""Runs a command in the workspace, isolated or not at all."""


class Instance(NamedTuple):
    """A time that the pattern was done: the words for the script, and the files that the developer
    made then, below the workspace."""

    words: tuple[str, ...]
    made: tuple[str, ...] = ()


class Tested(NamedTuple):
    """``trial``: the first run. ``why``: what stands against it, for people; empty when nothing
    does. ``same``: of so many ``instances`` it came to just what the developer had made."""

    trial: Trial
    why: str
    is_idempotent: bool = False
    same: int = 0
    instances: int = 0

    @property
    def told(self) -> str:
        """What came of it, for people."""
        seconds, memory = self.trial.usage.seconds, self.trial.usage.peak_bytes / _MB
        twice = "twice is as once" if self.is_idempotent else "twice is not as once"
        found = [f"it would change {self.trial.many or 'nothing'}", twice]
        if self.instances:
            found.append(f"as you had done it in {self.same} of {self.instances} cases")
        return f"{', '.join(found)}; {seconds:.1f} s, {memory:.0f} MB"


def policy(permissions: Permissions, settings: Settings, script: Path) -> Policy:
    """What a script may do: what it declares, within the limits of the settings."""
    limits = Limits(
        seconds=settings.timeout_seconds,
        cpu=settings.timeout_seconds * 4,
        memory=settings.memory_mb * _MB,
        disk=settings.disk_mb * _MB,
        file=settings.disk_mb * _MB,
        output=_OUTPUT,
        processes=settings.processes,
    )
    hosts = tuple(permissions.network)
    return Policy(
        read=(str(script),),
        write=tuple(permissions.write) or ("!**",),
        hosts=hosts,
        limits=limits,
        copy=bool(hosts),  # it could not be run twice
    )


def command(script: Path, words: Sequence[str]) -> tuple[str, ...]:
    """What runs a script, in the workspace."""
    return (sys.executable, "-P", str(script), "--root", ".", *words)


async def test(
    script: Path, instances: Sequence[Instance], policy: Policy, run: Sandboxed
) -> Tested:
    """Run it for the last of the ``instances``, and twice for the newest of them that it can be run
    for. ``instances`` is not empty. Raises OSError."""
    tried = [
        (each, await run(_driven(script, each, 1), policy))
        for each in reversed(instances[-MOST_INSTANCES:])
    ]
    instance, trial = next((each for each in tried if each[1].is_clean), tried[0])
    if not trial.is_clean:
        return Tested(trial, trial.why or trial.status)
    again = await run(_driven(script, instance, 2), policy)
    with_files = [(each, done) for each, done in tried if each.made]
    same = sum(done.is_clean and _is_as_before(each, done) for each, done in with_files)
    is_idempotent = again.is_clean and _after(again) == _after(trial)
    return Tested(trial, "", is_idempotent, same, len(with_files))


def _driven(script: Path, instance: Instance, times: int) -> tuple[str, ...]:
    gone = json.dumps(instance.made)
    return (sys.executable, "-P", "-c", _DRIVER, gone, str(times), *command(script, instance.words))


def _is_as_before(instance: Instance, trial: Trial) -> bool:
    """Whether each file that was taken away is there again, just so."""
    other = (each for each in trial.changes if each.kind is not Kind.MODE)
    return not any(path in instance.made for change in other for path in change.paths)


def _after(trial: Trial) -> dict[str, str]:
    """What stands where afterwards, of what it changed."""
    return {each.path: each.after.digest if each.after else "" for each in trial.changes}
