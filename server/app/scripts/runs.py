"""The automations of a workspace as they are run: what has to hold before, what is kept after."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...automations.codec import loads
from ...automations.mining.files import fits
from ...automations.paths import filled
from ...automations.trying import command, policy
from ...findings.redact_text import redacted
from ...sandbox.policy import Policy
from ...sandbox.trial import Trial
from ...store.automations import Automation, Automations, Execution, State
from ..folder.workspace import Workspace
from . import files

if TYPE_CHECKING:  # it takes long to import
    from ...automations.metadata import Permissions

_OUTPUT = 4_096
"""Characters of what a run prints that are kept, of the bytes at its end that are looked at."""
_READ = 16_384


class Prepared(NamedTuple):
    """An automation that can be run for these ``arguments``, with what runs it."""

    automation: Automation
    arguments: Mapping[str, str]
    argv: tuple[str, ...]
    policy: Policy

    @property
    def what(self) -> str:
        """What its run is called in the journal."""
        return f"automation: {self.automation.name}"


def is_done(automation: Automation, file: str, root: Path, exists: Callable[[str], bool]) -> bool:
    """Whether what it would make for a ``file`` below the root is there, or is that file."""
    made = [filled(text, {automation.takes: file}) for text in loads(automation.makes)]
    return file in made or any(exists(str(root / each)) for each in made)


def misfit(automation: Automation, given: Mapping[str, str], root: Path) -> str:
    """Why a run for what is ``given`` may not be meant, for people, without an end; empty where
    nothing is known against it, as of a script by hand."""
    named = given.get(automation.takes, "") if automation.when else ""
    for file in map(os.path.normpath, named.splitlines()):
        if not fits(file, automation.when):
            return f"{automation.name} is for {automation.when}, and {file} is none of these"
        if not os.path.lexists(root / file):
            return f"there is no file {file} so far"
    return ""


class Runs:
    """Everything raises sqlite3.Error and OSError."""

    def __init__(self, workspace: Workspace, store: Automations) -> None:
        self._workspace = workspace
        self._store = store

    @property
    def drafts(self) -> Path:
        """Where scripts are that nobody has accepted yet."""
        return self._workspace.state / "drafts"

    def script_of(self, automation: Automation) -> Path:
        """In the workspace once it was accepted; also where somebody took it away there."""
        accepted = files.path_of(self._workspace.root, automation.name)
        if automation.state is State.ACTIVE or os.path.lexists(accepted):
            return accepted
        return self.drafts / accepted.name

    def source_of(self, automation: Automation) -> str:
        """For a thread. Raises ValueError, too."""
        script, root = self.script_of(automation), self._workspace.root
        return files.read_script(script, root if script.is_relative_to(root) else self.drafts)

    def parameters_of(self, automation: Automation) -> list[dict[str, Any]]:
        """As JSON. For a thread; raises ValueError, too."""
        from ...automations.metadata import read

        return [each.model_dump() for each in read(self.source_of(automation)).parameters]

    async def is_edited(self, automation: Automation) -> bool:
        """Whether its script is not the one that was tried."""
        try:
            source = await asyncio.to_thread(self.source_of, automation)
        except (OSError, ValueError):
            return True
        return files.digest(source) != automation.script

    def admit(self) -> None:
        """Raises ValueError, for people, where nothing of the workspace may be run."""
        if not self._workspace.trusted:
            root = self._workspace.root
            raise ValueError(f"{root} is not trusted, so nothing is run in it: `understudy trust`")

    async def prepare(self, automation: Automation, given: Mapping[str, str]) -> Prepared:
        """Raises ValueError, for people, where it cannot be run so."""
        self.admit()
        name = automation.name
        if automation.state in (State.DISABLED, State.RETIRED):
            again = f"`understudy automations enable {name}` tries it again"
            raise ValueError(f"{name} is {automation.state}: {automation.why}; {again}")
        if await self.is_edited(automation):
            again = f"`understudy automations test {name}` does"
            raise ValueError(f"{name} was edited, and has to be tried again first: {again}")
        script = self.script_of(automation)
        source = await asyncio.to_thread(self.source_of, automation)
        words, permissions = await asyncio.to_thread(_read, source, given)
        allowed = policy(permissions, self._workspace.settings.automations, script)
        return Prepared(automation, given, command(script, words), allowed)

    async def ran(self, prepared: Prepared, at: float, trial: Trial) -> int:
        """Keep a run that began ``at``, in seconds since the epoch; its number."""
        given = {name: redacted(value) for name, value in prepared.arguments.items()}
        return await self._store.ran(
            Execution(
                prepared.automation.id,
                at,
                json.dumps(given, sort_keys=True),
                str(trial.status),
                trial.usage.seconds,
                len(trial.changes),
                output=_kept(trial.output),
                trial=trial.id,
            )
        )

    async def applied(self, run: int, automation: Automation, entry: int) -> None:
        """What a run would change was made; ``entry``: the journal's number, 0 for none."""
        await self._store.applied(run, entry, automation.low, automation.high)


def _read(source: str, given: Mapping[str, str]) -> tuple[list[str], Permissions]:
    """The words for a script, and what it may do. Raises ValueError."""
    from ...automations.generate import arguments
    from ...automations.metadata import read

    metadata = read(source)
    return arguments(metadata, given), metadata.permissions


def _kept(output: bytes) -> str:
    """The end of it, in whole lines, without secrets."""
    text = output[-_READ:].decode("utf-8", "replace")
    whole = text if len(output) <= _READ else text.partition("\n")[2]
    return redacted(whole, _READ)[-_OUTPUT:]
