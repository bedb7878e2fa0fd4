"""From a pattern to an automation that was tried: its script, what is wrong with it, its record."""

from __future__ import annotations

import asyncio
import io
import os
import posixpath
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from ...automations import permitted, trying
from ...automations.codec import dumps
from ...automations.generate import Templates, arguments, generate, secrets
from ...automations.generate.operations import literal
from ...automations.metadata import Metadata, read, with_write
from ...automations.narrowing import narrowed
from ...automations.paths import DRAFTS, filled
from ...automations.pattern import Create, Delete, Move, Pattern, Run, Step, Text, Type, line
from ...automations.tested import Tested
from ...automations.trying import Instance, Sandboxed
from ...checks.engine import Checks
from ...disk import why
from ...findings.redact_text import redacted
from ...model import Category
from ...sandbox.trial import Level, Status, printable
from ...state import private_folder, replace_file
from ...store.automations import Automation, State
from ..folder.fixing import present
from ..folder.workspace import Workspace
from ..scripts.files import Script
from ..sinks import Text as File

_PAST = "automation-past"
"""In the state folder of a workspace: as it was before some commit, as long as a trial takes."""
_LOOKING = ("bandit", "ruff")
"""Of them at least one has to look at a script."""
_STAND_IN = "a-secret-of-a-trial"
"""No trial is given a secret."""


def judged(pattern: Pattern, templates: Templates) -> Pattern:
    """With the reason, where no script can be made of it."""
    try:
        generate(pattern, templates)
    except ValueError as error:
        return replace(pattern, why_not=f"no script can be made of it: {str(error).rstrip('.')}")
    return pattern


def drafted(
    pattern: Pattern, templates: Templates, folder: Path, now: float, taken: Collection[str]
) -> Automation:
    """Write the script of a pattern into ``folder``, where nothing runs it, under a name that is
    not ``taken``. Raises ValueError where none can be made of it, and OSError."""
    draft = generate(pattern, templates)
    name = _free(draft.name, taken)
    replace_file(private_folder(folder) / f"{name}.py", draft.source.encode(), mode=0o700)
    makes = [step.path for step in pattern.steps if isinstance(step, Create)]
    return Automation(
        pattern.id,
        name,
        State.GENERATED,
        pattern.title,
        draft.template,
        now,
        when=pattern.when,
        takes=pattern.takes,
        makes=dumps(makes),
        score=pattern.score,
        seen=pattern.count,
        low=pattern.each.low,
        high=pattern.each.high,
        a_week=pattern.a_week,
        why="" if draft.is_offered else draft.why.removesuffix("."),
    )


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


class _Lacking(Exception):
    """Nobody knows for what a script could be tried; the message says what it has to be given."""


def _cases(
    metadata: Metadata,
    pattern: Pattern | None,
    given: Sequence[Mapping[str, str]],
    root: Path,
) -> list[Instance]:
    """As a script is to be run: for what is given, else the times that its pattern was done, the
    newest last, else as in its example. Raises ValueError, and _Lacking."""
    if given or pattern is None:
        known = given or [_example(metadata, root)]
        return [
            Instance(tuple(arguments(metadata, each)), values=metadata.values(each))
            for each in known
        ]
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
            each.at,
            metadata.values(each.arguments),
        )
        for each in pattern.occurrences
    ]


def _variables(
    metadata: Metadata, pattern: Pattern | None, given: Sequence[Mapping[str, str]]
) -> frozenset[str]:
    done = (
        [each.arguments for each in pattern.occurrences] if pattern else given or [metadata.example]
    )
    return frozenset(name for each in done for name in secrets(metadata, each))


def _example(metadata: Metadata, root: Path) -> Mapping[str, str]:
    """Of values that still fit, and of files that are there. Raises _Lacking."""
    known: dict[str, str] = {}
    lacking = []
    for each in metadata.parameters:
        value = metadata.example.get(each.name)
        paths = (value or "").splitlines() if each.type is Type.PATH else []
        if value is not None and all(os.path.exists(root / path) for path in paths):
            known[each.name] = value
        elif each.default is None:
            lacking.append(f"{each.name}=…")
    if lacking:
        raise _Lacking(" ".join(lacking))
    return known


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
    script: Script,
    patterns: Sequence[Pattern],
    given: Sequence[Mapping[str, str]],
    workspace: Workspace,
    checks: Checks,
    run: Sandboxed,
) -> tuple[Automation, str]:
    """Validate a script and try it: for what is ``given``, else where the one of the ``patterns``
    that it was made of was done, as long as it takes all that varies there, else as in its example.
    The automation as it stands then, disabled with the reason where something is against it. And
    why it could not be tried, for people: then the automation is as it was. Raises OSError."""
    source, root, past = script.source, workspace.root, workspace.state / _PAST
    looked_at = replace(automation, script=script.digest)
    try:
        metadata = await asyncio.to_thread(_validated, script)
        against = await complaint(source, workspace, checks)
        ids = automation.id, metadata.pattern.id
        own = (each for each in patterns if each.id in ids)
        pattern = next((each for each in own if _takes_all_of(metadata, each)), None)
        cases = [] if against else await asyncio.to_thread(_cases, metadata, pattern, given, root)
    except _Lacking as lacking:
        told = f"`understudy automations test {automation.name} {lacking}`"
        return automation, f"its trial needs {lacking}: {told}"
    except (ValueError, SyntaxError) as error:
        against = why(error).removesuffix(".")
    if against:
        return replace(looked_at, state=State.DISABLED, why=printable(against), told=""), ""
    copy = await asyncio.to_thread(script.kept, workspace.state)
    stand_ins = dict.fromkeys(_variables(metadata, pattern, given), _STAND_IN)
    settings = workspace.settings.automations
    policy = permitted.policy(metadata.permissions, settings, copy, stand_ins, root)
    tested = await trying.test(copy, cases, policy, run, root, past, metadata.types)
    trial = tested.trial
    if trial.status is Status.REFUSED and trial.level is not Level.ISOLATED:
        return automation, printable(tested.why)
    steps = pattern.steps if pattern else ()
    narrow = await asyncio.to_thread(_narrowed, script, metadata, steps, tested, workspace)
    if narrow:
        replace_file(script.path, narrow.encode(), mode=0o700)
        looked_at = replace(looked_at, script=Script(script.path, narrow).digest)
        write = read(narrow).permissions.write
        note = f"from now on it may write {', '.join(write) or 'nothing'}"
        tested = tested._replace(notes=(*tested.notes, note))
    return _tried(_described(looked_at, metadata), tested), ""


def _validated(script: Script) -> Metadata:
    """What a script tells of itself, where it is Python. For a thread: a large one takes long.
    Raises ValueError, SyntaxError."""
    metadata = read(script.source)
    try:
        compile(script.source, script.path.name, "exec", dont_inherit=True)
    except (RecursionError, MemoryError):
        raise ValueError("it is nested too deeply to be read as Python") from None
    return metadata


def _takes_all_of(metadata: Metadata, pattern: Pattern) -> bool:
    """Whether all that varies in it is known: what varies since the script was made, or is called
    otherwise, is not."""
    known = {each.name for each in metadata.parameters}
    return known.issuperset(each.name for each in pattern.parameters)


def _narrowed(
    script: Script,
    metadata: Metadata,
    steps: Sequence[Step],
    tested: Tested,
    workspace: Workspace,
) -> str:
    """The script of a draft that may write anything, with what its trial wrote in place of that;
    empty where that stays as it is: of somebody else's script, of one that was not tried, where a
    step names the workspace as a whole, and where it is too much to declare, or has a name that
    cannot be. For a thread."""
    is_draft = script.path.parent == workspace.state / DRAFTS
    if not (is_draft and steps and tested.touched) or metadata.is_edited(script.source):
        return ""
    named = {each for step in steps for each in _named(step) if (workspace.root / each).exists()}
    if "." in named:
        return ""
    declared = metadata.permissions.write
    write = narrowed(tested.touched, metadata.types, named, declared)
    changed = with_write(script.source, write)
    try:
        read(changed)
    except ValueError:
        return ""
    return changed


def _named(step: Step) -> Iterator[str]:
    """The paths below the workspace that the words of a program may be, as far as they do not
    vary."""
    while isinstance(step, Run):
        for word in step.words[1:]:
            text = literal((*step.cwd, "/", *word) if step.cwd else word) or ""
            path = posixpath.normpath(text)
            if text and not text.startswith(("-", "/")) and not path.startswith(".."):
                yield path
        if step.otherwise is None:
            return
        step = step.otherwise


def _described(automation: Automation, metadata: Metadata) -> Automation:
    """With what its script tells of itself."""
    if not automation.template:  # it was found in the workspace
        title = line(metadata.pattern.title) or automation.title
        automation = replace(automation, title=title, template=metadata.template)
    if (offer := metadata.offer) is None:
        return automation
    return replace(automation, when=offer.fits, takes=offer.takes, makes=dumps(offer.makes))


def _tried(automation: Automation, tested: Tested) -> Automation:
    if tested.why:
        said = printable(redacted(tested.why))
        return replace(automation, state=State.DISABLED, why=said, told="")
    listed = automation.why if automation.state is State.GENERATED else ""
    return replace(
        automation,
        state=State.TRIED,
        why=listed or printable(redacted(tested.doubt)),
        told=redacted(tested.told),
        is_idempotent=tested.is_idempotent,
        is_asked=bool(tested.asks),
    )
