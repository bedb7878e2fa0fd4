"""One folder in which something is learned, with a clock of its own and a real sandbox."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from understudy.app.folder.workspace import Workspace
from understudy.app.learning.cycle import cycle
from understudy.app.learning.learned import Learned
from understudy.app.trials import Tried
from understudy.automations.trying import TRIALS
from understudy.checks.engine import Checks
from understudy.runner.execute import Runner
from understudy.sandbox.levels import Machine, run_here
from understudy.sandbox.policy import Policy
from understudy.sandbox.probe import probe
from understudy.sandbox.trial import Level, Trial
from understudy.store.activity import Activity, Did
from understudy.store.automations import Automation

from ..needs import not_applicable
from ..probed import know_the_machine

DAY = 86_400.0
START = 1_760_000_000.0
NAMES = ("cart", "order", "invoice", "voucher", "customer")
TEST = '"""Tests of {0}."""\n\nfrom shop.{0} import total\n\n\ndef test() -> None:\n    total([])\n'


class World:
    """``now``: what its clock says. ``machine``: what its sandbox is told to be on."""

    def __init__(self, root: Path, state: Path, runner: Runner, machine: Machine) -> None:
        self.now = START
        self.runner, self.machine = runner, machine
        self.workspace = Workspace(root, state, trusted=True)
        self.learned = Learned(self.workspace, Checks(runner), self.run, lambda: self.now)

    @property
    def root(self) -> Path:
        return self.workspace.root

    @property
    def scripts(self) -> Path:
        return self.root / ".understudy/automations"

    def set(self, **automations: object) -> None:
        """Settings of automations."""
        settings = self.workspace.settings
        changed = settings.automations._replace(**automations)
        self.workspace.settings = settings._replace(automations=changed)

    async def restart(self, *, closed: bool = False) -> None:
        """What is learned, as after a restart."""
        if not closed:
            await self.learned.close()
        self.learned = Learned(self.workspace, Checks(self.runner), self.run, lambda: self.now)

    async def run(self, argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
        place = self.workspace.state / TRIALS
        where = folder or self.root
        return await run_here(argv, where, policy, self.runner, place, self.machine)

    async def cycle(self, *, wait: bool = False) -> str:
        return "\n".join(await cycle(self.learned, wait=wait))

    async def past(self, *names: str) -> None:
        """On a day each a file came, and its test after it."""
        for name in names or NAMES:
            source, test = f"src/shop/{name}.py", f"tests/test_{name}.py"
            for path, text in ((source, "def total(x):\n    return 0\n"), (test, TEST)):
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).write_text(text.format(name))
            done = [
                Activity(self.now, Did.CREATED, source, "s"),
                Activity(self.now + 60, Did.CREATED, test, "s"),
            ]
            await self.learned.watching.note(done)
            self.now += DAY

    def write(self, name: str, source: str | bytes) -> Path:
        """A script that somebody puts into the workspace."""
        self.scripts.mkdir(parents=True, exist_ok=True)
        path = self.scripts / f"{name}.py"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return path

    async def found(self, name: str = "") -> Automation:
        """As it stands; without a name, the only one."""
        await self.learned.load()
        if name:
            return self.learned.find(name)
        (only,) = self.learned.automations
        return only

    async def ran(self, automation: Automation, **given: str) -> tuple[Tried, int]:
        ready = await self.learned.ready(automation, given, self.machine)
        asked = ready.trial
        trial = await self.run(asked.argv, asked.policy, None)
        tried = Tried(self.root, self.now, asked.argv, trial)
        return tried, await self.learned.ran(ready, tried)


@asynccontextmanager
async def world(folder: Path, state: Path | None = None) -> AsyncIterator[World]:
    """In ``folder``; a second one with the ``state`` of the first is another editor."""
    root = folder / "workspace"
    root.mkdir(parents=True, exist_ok=True)
    runner = Runner()
    know_the_machine(folder)
    machine = await probe(runner, folder)
    if machine.level is not Level.ISOLATED:
        await runner.close()
        not_applicable(f"level A: {machine.why_not(Level.ISOLATED)}")
    state = state or folder / "state"
    state.mkdir(exist_ok=True)
    made = World(root, state, runner, machine)
    try:
        yield made
    finally:
        await made.learned.close()
        await made.workspace.close()
        await runner.close()


def git(root: Path, *arguments: str, at: float = START) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    command = ["git", "-C", str(root), *identity, *arguments]
    dated = {"GIT_AUTHOR_DATE": f"{at:.0f} +0000", "GIT_COMMITTER_DATE": f"{at:.0f} +0000"}
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **dated})


def script(body: str, **permissions: Sequence[str]) -> str:
    """A script as a person may write one, that may do what is named."""
    allowed = "".join(f"# {name} = {list(each)!r}\n" for name, each in permissions.items())
    return f'''#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
#
# [tool.understudy]
# id = "{"0" * 32}"
# version = 1
# template = "own"
# created = 2026-01-01T00:00:00Z
#
# [tool.understudy.pattern]
# id = "own"
# title = "own"
# seen = 0
#
# [tool.understudy.permissions]
{allowed}# ///
"""Something."""

import os
import sys
from pathlib import Path

{body}
'''
