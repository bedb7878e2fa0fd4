"""The automations of a workspace as they are run: what has to hold before, what is kept after."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...automations import life
from ...automations.codec import loads
from ...automations.mining.when import fits
from ...automations.paths import DRAFTS, filled
from ...automations.pattern import Type
from ...automations.permitted import held, policy
from ...automations.trying import command
from ...findings.redact_output import without_secrets
from ...findings.redact_text import SECRET
from ...findings.redact_values import kept, taken_out
from ...sandbox.policy import Policy
from ...sandbox.trial import Trial
from ...store.automations import Automation, Automations, Execution, Purpose, State
from ..folder.workspace import Workspace
from . import files

if TYPE_CHECKING:  # it takes long to import
    from ...automations.metadata import Metadata

_OUTPUT = 4_096
"""Characters of what a run prints that are kept, of the bytes at its end that are looked at."""
_READ = 16_384
_MOST_GIVEN = 100_000
"""Bytes of the words of a script: Linux takes 131,072 of one."""


class Prepared(NamedTuple):
    """An automation that can be run for these ``arguments``, with what runs it. ``secrets``: the
    names of those of which nothing is kept."""

    automation: Automation
    arguments: Mapping[str, str]
    argv: tuple[str, ...]
    policy: Policy
    purpose: Purpose
    secrets: frozenset[str] = frozenset()

    @property
    def what(self) -> str:
        """What its run is called in the journal."""
        return f"automation: {self.automation.name}"


def is_done(automation: Automation, file: str, root: Path, exists: Callable[[str], bool]) -> bool:
    """Whether what it would make for a ``file`` below the root is there, or is that file. Of a
    record that no file can be filled into, nothing is."""
    try:
        made = [filled(text, {automation.takes: file}) for text in loads(automation.makes)]
    except (KeyError, ValueError):
        return False
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
        return self._workspace.state / DRAFTS

    def script_of(self, automation: Automation) -> Path:
        """In the workspace once it was accepted; also where somebody took it away there."""
        accepted = files.path_of(self._workspace.root, automation.name)
        if automation.state is State.ACTIVE or os.path.lexists(accepted):
            return accepted
        return self.drafts / accepted.name

    def has_draft(self, automation: Automation) -> bool:
        """Whether it is kept as it was before it was accepted. For a thread."""
        return (self.drafts / files.path_of(self._workspace.root, automation.name).name).is_file()

    def read(self, automation: Automation) -> files.Script:
        """For a thread. Raises ValueError, too."""
        script, root = self.script_of(automation), self._workspace.root
        return files.read_script(script, root if script.is_relative_to(root) else self.drafts)

    def source_of(self, automation: Automation) -> str:
        """For a thread. Raises ValueError, too."""
        return self.read(automation).source

    def parameters_of(self, automation: Automation) -> list[dict[str, Any]]:
        """As JSON. For a thread; raises ValueError, too."""
        from ...automations.metadata import read

        return [each.model_dump() for each in read(self.source_of(automation)).parameters]

    async def is_edited(self, automation: Automation) -> bool:
        """Whether its script is not the one that was tried."""
        return bool(await self.edited([automation]))

    async def edited(self, automations: Iterable[Automation]) -> list[Automation]:
        """Those of which that is so."""

        def differs(automation: Automation) -> bool:
            try:
                return self.read(automation).digest != automation.script
            except (OSError, ValueError):
                return True

        return await asyncio.to_thread(lambda: [*filter(differs, automations)])

    def admit(self) -> None:
        """Raises ValueError, for people, where nothing of the workspace may be run."""
        if not self._workspace.trusted:
            root = self._workspace.root
            raise ValueError(f"{root} is not trusted, so nothing is run in it: `understudy trust`")

    async def prepare(
        self, automation: Automation, given: Mapping[str, str], purpose: Purpose
    ) -> Prepared:
        """Raises ValueError, for people, where it cannot be run so."""
        self.admit()
        name = automation.name
        if why_not := life.refusal(automation, purpose):
            raise ValueError(why_not)
        script = await asyncio.to_thread(self.read, automation)
        if script.digest != automation.script:
            again = f"`understudy automations test {name}` does"
            raise ValueError(f"{name} was edited, and has to be tried again first: {again}")
        words, metadata, environment = await asyncio.to_thread(_read, script.source, given)
        copy = await asyncio.to_thread(script.kept, self._workspace.state)
        settings = self._workspace.settings.automations
        root = self._workspace.root
        declared = policy(metadata.permissions, settings, copy, environment, root)
        allowed = held(declared, metadata.values(given), metadata.types)
        secrets = frozenset(e.name for e in metadata.parameters if e.type is Type.SECRET)
        plain = {name: value for name, value in given.items() if name not in secrets}
        allowed = replace(allowed, withheld=taken_out(plain))
        return Prepared(automation, given, command(copy, words), allowed, purpose, secrets)

    async def ran(self, prepared: Prepared, at: float, trial: Trial) -> int:
        """Keep a run that began ``at``, in seconds since the epoch; its number."""
        given = {
            name: SECRET if name in prepared.secrets else kept(value, name)
            for name, value in prepared.arguments.items()
        }
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
                purpose=prepared.purpose,
            )
        )

    async def applied(self, run: int, automation: Automation, entry: int) -> bool:
        """What a run would change is so now; ``entry``: the journal's number. Whether that saved
        something: where nothing had to be changed, there is no entry (0), and it did not."""
        if entry:
            await self._store.applied(run, entry, automation.low, automation.high)
        return bool(entry)


def _read(source: str, given: Mapping[str, str]) -> tuple[list[str], Metadata, Mapping[str, str]]:
    """The words for a script, what it tells of itself, and the environment variables that it gets
    its secrets from. Raises ValueError."""
    from ...automations.generate import arguments, secrets
    from ...automations.metadata import read

    metadata = read(source)
    words = arguments(metadata, given)
    if sum(len(each.encode(errors="surrogatepass")) for each in words) > _MOST_GIVEN:
        longest = max(given, key=lambda name: len(given[name]))
        raise ValueError(
            f"the value of {longest} is too long: a script takes {_MOST_GIVEN:,} bytes in all."
            " What is longer belongs into a file"
        )
    names = sorted(secrets(metadata, given))
    if missing := [each for each in names if each not in os.environ]:
        raise ValueError(
            f"the environment variable {missing[0]} is not set where Understudy runs, so there is"
            " no secret for it: set it there, and start it again"
        )
    return words, metadata, {each: os.environ[each] for each in names}


def _kept(output: bytes) -> str:
    """The end of it, in whole lines, without secrets."""
    end = output[-_READ:]
    whole = end if len(output) <= _READ else end.partition(b"\n")[2]
    return without_secrets(whole).decode("utf-8", "replace")[-_OUTPUT:]
