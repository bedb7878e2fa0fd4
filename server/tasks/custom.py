"""The user's own tasks: a command, its parameters, and how problems are read from its output."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..analyzers.programs.builtin_matchers import BUILTIN
from ..analyzers.programs.matchers import Matched, Matcher, match
from ..disk import why
from ..model import Importance
from ..runner.calls import Outcome, Status
from ..runner.logfile import tail
from ..runner.task import Context, Parameter, Result, Task
from ..settings.tasks import CustomTask, Question, Tasks
from . import sandboxed
from .answers import found, reports_of, summary_of
from .sandboxed import Where

_MOST_OUTPUT = 4 << 20
_PLACE = re.compile(r"\$\{\{\s*([\w.:-]+)\s*\}\}")
FILES = "files"
"""The parameter that a trigger fills with the files that it is about."""
IDS = "ids"
"""The parameter of a command for tests that stands for those that are asked for."""


def custom_tasks(
    settings: Tasks, root: Path, state: Path, environ: Mapping[str, str]
) -> list[Task]:
    """``state``: the state folder of the workspace."""
    where = Where(root, state, environ)
    return [_task(name, each, settings, where) for name, each in settings.custom.items()]


def _task(name: str, own: CustomTask, settings: Tasks, where: Where) -> Task:
    root = where.root

    async def run(context: Context) -> Result:
        try:
            folder = await asyncio.to_thread(_below, root, own.cwd, name)
            argv = words(own.command, {**own.parameters, **context.parameters}, root)
            if own.sandbox:
                result = await sandboxed.run(context, argv, folder, own, where)
            else:
                result = await context.command(argv, str(folder), {**where.environ, **own.env})
        except OSError as error:
            return Result(outcome=Outcome(Status.FAILED, why=why(error)))
        except ValueError as error:
            return Result(outcome=Outcome(Status.FAILED, why=str(error)))
        return await _read(name, own.matcher, context, result, folder, root)

    return Task(
        name,
        run,
        title=name,
        importance=Importance[own.priority.upper()],
        repeatable=own.repeatable,
        timeout=own.timeout_seconds or settings.timeout_seconds,
        retries=own.retries if own.retries >= 0 else settings.retries,
        retry_delay=settings.retry_delay_seconds,
        needs=own.needs,
        inputs=own.inputs,
        outputs=own.outputs,
        needs_trust=True,
        parameters=parameters_of(own),
        options=(FILES,) if takes_files(own.command) else (),
    )


def parameters_of(own: CustomTask) -> tuple[Parameter, ...]:
    """Those that its command names, then those that only have a default."""
    known = dict.fromkeys((*named(own.command), *own.parameters, *own.ask))
    given = ("root", FILES)
    return tuple(_parameter(name, own) for name in known if name not in given)


def _parameter(name: str, own: CustomTask) -> Parameter:
    asked = own.ask.get(name, Question())
    return Parameter(name, own.parameters.get(name), asked.type, asked.choices, asked.text)


def _below(root: Path, cwd: str, name: str) -> Path:
    folder = (root / cwd).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise ValueError(f"tasks.custom.{name}.cwd leads out of the workspace")
    return folder


def named(command: Sequence[str]) -> tuple[str, ...]:
    """The parameters that a command names, in their order."""
    return tuple(dict.fromkeys(found[1] for word in command for found in _PLACE.finditer(word)))


def takes_files(command: Sequence[str]) -> bool:
    """Whether the command names the files that it is started for."""
    return FILES in named(command)


def words(command: Sequence[str], parameters: Mapping[str, Any], root: Path) -> list[str]:
    """The command with its parameters: ``${{ name }}`` inside a word, ``${{ root }}``, and a word
    that is the place of a list alone, as ``${{ files }}``, becomes as many words as that has. No
    shell reads them.

    Raises ValueError when a parameter has no value.
    """
    files = parameters.get(FILES, ())
    given = {**parameters, FILES: [files] if isinstance(files, str) else files}
    lists = {n: [str(e) for e in v] for n, v in given.items() if isinstance(v, (list, tuple))}
    values = {"root": str(root), **given, **{n: " ".join(each) for n, each in lists.items()}}

    def value(place: re.Match[str]) -> str:
        if (name := place[1]) not in values:
            raise ValueError(f"the parameter {name!r} has no value")
        found = values[name]
        return str(found).lower() if isinstance(found, bool) else str(found)

    argv: list[str] = []
    for word in command:
        whole = _PLACE.fullmatch(word)
        alone = lists.get(whole[1]) if whole else None
        argv += [_PLACE.sub(value, word)] if alone is None else alone
    return argv


async def _read(
    name: str, matcher: str, context: Context, result: Result, folder: Path, root: Path
) -> Result:
    """The result with what a problem matcher finds in the output."""
    if not matcher or result.outcome.status not in (Status.DONE, Status.FAILED):
        return result

    def look() -> Matched:
        text = tail(context.log, _MOST_OUTPUT).decode("utf-8", "replace")
        named = BUILTIN.get(matcher) or Matcher(name, (matcher,))
        return match(text, str(root), [named], str(folder))

    matched = await asyncio.to_thread(look)
    placed = [(str(root / path), finding) for path, finding in matched.findings]
    issues = len(placed)
    summary = f"{issues} problem{'s' * (issues != 1)}"
    if matched.why:
        summary += f" ({matched.why})"
    if tried := summary_of(result.value):
        summary += f"; {tried}"
    value = found(summary, issues, reports_of(name, placed))
    return Result(value, result.outcome, result.said)
