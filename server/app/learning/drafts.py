"""From a pattern to an automation that was tried: its script, what is wrong with it, its record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
from ...disk import why
from ...model import Category
from ...state import private_folder, replace_file
from ...store.automations import Automation, State
from ..folder.fixing import present
from ..folder.workspace import Workspace
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


def instances(pattern: Pattern, metadata: Metadata) -> list[Instance]:
    """The times that it was done, as the script is to be run for them; the newest last."""
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
    cases: Sequence[Instance],
    workspace: Workspace,
    checks: Checks,
    run: Sandboxed,
) -> Automation:
    """Validate a script and try it; the automation as it stands then, disabled with the reason
    where something is against it. Raises OSError."""
    source = await asyncio.to_thread(script.read_text, encoding="utf-8")
    try:
        metadata = read(source)
        compile(source, script.name, "exec", dont_inherit=True)
    except (ValueError, SyntaxError) as error:
        return replace(automation, state=State.DISABLED, why=why(error))
    if against := await complaint(source, workspace, checks):
        return replace(automation, state=State.DISABLED, why=against, script=metadata.id)
    policy = trying.policy(metadata.permissions, workspace.settings.automations, script)
    tested = await trying.test(script, cases, policy, run)
    return _tried(automation, metadata, tested)


def _tried(automation: Automation, metadata: Metadata, tested: Tested) -> Automation:
    if tested.why:
        return replace(
            automation, state=State.DISABLED, why=tested.why, told="", script=metadata.id
        )
    return replace(
        automation,
        state=State.TRIED,
        why=automation.why if automation.state is State.GENERATED else "",
        told=tested.told,
        script=metadata.id,
        is_idempotent=tested.is_idempotent,
    )
