"""From a pattern to an automation that was tried: its script, what is wrong with it, its record."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...automations import trying
from ...automations.codec import dumps
from ...automations.generate import Templates, arguments, generate
from ...automations.metadata import Metadata, read
from ...automations.paths import filled
from ...automations.pattern import Create, Delete, Move, Pattern, Step, Text, Type
from ...automations.trying import Instance, Sandboxed, Tested
from ...checks.engine import Checks
from ...disk import why
from ...findings.redact_text import redacted
from ...model import Category
from ...sandbox.trial import Level, Status, printable
from ...state import private_folder, replace_file
from ...store.automations import Automation, State
from ..folder.fixing import present
from ..folder.workspace import Workspace
from ..scripts.files import digest
from ..sinks import Text as File

_PAST = "automation-past"
"""In the state folder of a workspace: as it was before some commit, as long as a trial takes."""
_LOOKING = ("bandit", "ruff")
"""Of them at least one has to look at a script."""


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
        why="" if draft.is_offered else draft.why.removesuffix("."),
    )


def _cases(
    metadata: Metadata, pattern: Pattern | None, given: Sequence[Mapping[str, str]]
) -> list[Instance]:
    """As a script is to be run: the times that its pattern was done, the newest last, or for what
    is given. Raises ValueError."""
    if pattern is None:
        return [Instance(tuple(arguments(metadata, each))) for each in given or [{}]]
    makes = [step.path for step in pattern.steps if isinstance(step, Create)]
    moves = [text for step in pattern.steps for text in _moved(step)]
    paths = [each.name for each in pattern.parameters if each.type is Type.PATH]
    return [
        Instance(
            tuple(arguments(metadata, each.arguments)),
            tuple(filled(text, each.arguments) for text in makes),
            each.commit,
            tuple(each.arguments[name] for name in paths),
            tuple(filled(text, each.arguments) for text in moves),
        )
        for each in pattern.occurrences
    ]


def _moved(step: Step) -> tuple[Text, ...]:
    match step:
        case Move():
            return step.old, step.new
        case Delete():
            return (step.path,)
    return ()


async def complaint(source: str, workspace: Workspace, checks: Checks) -> str:
    """What our own analyzers say against a script, for people; empty when nothing. No comment in
    it hides a finding. Raises ValueError for what is no Python."""
    file = File(str(workspace.root / "automation.py"), _without_comments(source), "python")
    original, problems = await present(checks, workspace, file)
    if not any(each.tool in _LOOKING and each.state.is_verdict for each in original.before):
        return f"nobody could look at it: {_or(_LOOKING)} has to be installed and switched on"
    against = [p for p in problems if any(f.category is Category.SECURITY for f in p.findings)]
    if not against:
        return ""
    first = against[0]
    return f"line {first.lead.range.start.line + 1}: {first.lead.message} ({first.rules[0]})"


def _or(names: Sequence[str]) -> str:
    return " or ".join(each.capitalize() for each in names)


def _without_comments(source: str) -> str:
    """All else stays where it is."""
    lines = io.StringIO(source, newline="").readlines()
    try:
        tokens = [*tokenize.generate_tokens(iter(lines).__next__)]
    except (tokenize.TokenError, SyntaxError) as error:
        raise ValueError(str(error)) from error
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column].rstrip() + line[column + len(token.string) :]
    return "".join(lines)


async def test(
    automation: Automation,
    script: Path,
    source: str,
    pattern: Pattern | None,
    given: Sequence[Mapping[str, str]],
    workspace: Workspace,
    checks: Checks,
    run: Sandboxed,
) -> Automation:
    """Validate a script, which has this ``source``, and try it, where its ``pattern`` was done or
    for what is ``given``; the automation as it stands then, disabled with the reason where
    something is against it. Raises OSError."""
    try:
        metadata = read(source)
        compile(source, script.name, "exec", dont_inherit=True)
        cases = _cases(metadata, pattern, given)
        against = await complaint(source, workspace, checks)
    except (ValueError, SyntaxError, RecursionError) as error:
        against = why(error).removesuffix(".")
    looked_at = replace(automation, script=digest(source))
    if against:
        return replace(looked_at, state=State.DISABLED, why=printable(against), told="")
    policy = trying.policy(metadata.permissions, workspace.settings.automations, script)
    root, past = workspace.root, workspace.state / _PAST
    tested = await trying.test(script, cases, policy, run, root, past)
    trial = tested.trial
    if trial.status is Status.REFUSED and trial.level is not Level.ISOLATED:
        return replace(automation, told=f"not at all, as {printable(tested.why)}")
    return _tried(looked_at, tested)


def _tried(automation: Automation, tested: Tested) -> Automation:
    if tested.why:
        said = printable(redacted(tested.why))
        return replace(automation, state=State.DISABLED, why=said, told="")
    return replace(
        automation,
        state=State.TRIED,
        why=automation.why if automation.state is State.GENERATED else "",
        told=tested.told,
        is_idempotent=tested.is_idempotent,
    )
