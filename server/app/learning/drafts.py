"""From a pattern to an automation that was tried: its script, what is wrong with it, its record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...automations import trying
from ...automations.codec import dumps
from ...automations.generate import Templates, arguments, generate
from ...automations.metadata import Metadata, read
from ...automations.paths import filled
from ...automations.pattern import Create, Pattern
from ...automations.trying import Instance, Sandboxed, Tested
from ...checks.engine import Checks
from ...disk import read_regular, why
from ...model import Category
from ...state import private_folder, replace_file
from ...store.automations import Automation, State
from ..folder.fixing import present
from ..folder.workspace import Workspace
from ..scripts.files import digest
from ..sinks import Text

_LARGEST = 1 << 20


def drafted(pattern: Pattern, templates: Templates, folder: Path, now: float) -> Automation:
    """Write the script of a pattern into ``folder``, where nothing runs it. Raises ValueError where
    none can be made of it, and OSError."""
    draft = generate(pattern, templates)
    replace_file(private_folder(folder) / f"{draft.name}.py", draft.source.encode(), mode=0o700)
    makes = [step.path for step in pattern.steps if isinstance(step, Create)]
    return Automation(
        pattern.id,
        draft.name,
        State.GENERATED,
        pattern.title,
        draft.template,
        now,
        when=pattern.when,
        takes=pattern.parameters[0].name if pattern.parameters else "",
        makes=dumps(makes),
        score=pattern.score,
        seen=pattern.count,
        low=pattern.each.low,
        high=pattern.each.high,
        a_week=pattern.a_week,
        why="" if draft.is_offered else draft.why,
    )


def _cases(
    metadata: Metadata, pattern: Pattern | None, given: Sequence[Mapping[str, str]]
) -> list[Instance]:
    """As a script is to be run: the times that its pattern was done, the newest last, or for what
    is given. Raises ValueError."""
    if pattern is None:
        return [Instance(tuple(arguments(metadata, each))) for each in given or [{}]]
    makes = [step.path for step in pattern.steps if isinstance(step, Create)]
    return [
        Instance(
            tuple(arguments(metadata, each.arguments)),
            tuple(filled(text, each.arguments) for text in makes),
        )
        for each in pattern.occurrences
    ]


async def complaint(source: str, workspace: Workspace, checks: Checks) -> str:
    """What our own analyzers say against a script, for people; empty when nothing."""
    file = Text(str(workspace.root / "automation.py"), source, "python")
    _, problems = await present(checks, workspace, file)
    against = [p for p in problems if any(f.category is Category.SECURITY for f in p.findings)]
    if not against:
        return ""
    first = against[0]
    return f"line {first.lead.range.start.line + 1}: {first.lead.message} ({first.rules[0]})"


async def test(
    automation: Automation,
    script: Path,
    pattern: Pattern | None,
    given: Sequence[Mapping[str, str]],
    workspace: Workspace,
    checks: Checks,
    run: Sandboxed,
) -> Automation:
    """Validate a script and try it, where its ``pattern`` was done, or for what is ``given``; the
    automation as it stands then, disabled with the reason where something is against it. Raises
    OSError."""
    try:
        source = await asyncio.to_thread(_source, script)
        metadata = read(source)
        compile(source, script.name, "exec", dont_inherit=True)
        cases = _cases(metadata, pattern, given)
    except (ValueError, SyntaxError) as error:
        return replace(automation, state=State.DISABLED, why=why(error))
    automation = replace(automation, script=digest(source))
    if against := await complaint(source, workspace, checks):
        return replace(automation, state=State.DISABLED, why=against)
    policy = trying.policy(metadata.permissions, workspace.settings.automations, script)
    return _tried(automation, await trying.test(script, cases, policy, run))


def _source(script: Path) -> str:
    return read_regular(script, _LARGEST).decode("utf-8")


def _tried(automation: Automation, tested: Tested) -> Automation:
    if tested.why:
        return replace(automation, state=State.DISABLED, why=tested.why, told="")
    return replace(
        automation,
        state=State.TRIED,
        why=automation.why if automation.state is State.GENERATED else "",
        told=tested.told,
        is_idempotent=tested.is_idempotent,
    )
