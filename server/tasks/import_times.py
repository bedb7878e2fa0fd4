"""Where the time of an import goes: a task that is asked for by hand. It runs what the workspace
brings along."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..analyzers.interpreters import NoInterpreter, interpreter
from ..runner.calls import Outcome, Status
from ..runner.logfile import tail
from ..runner.task import Context, Parameter, Result, Task
from ..settings.tasks import Tasks
from .answers import summed

NAME = "import_times"
MODULE, SECONDS, PACKAGES = "module", "seconds", "packages"
"""What stands in what a run leaves: the module, how long its import took, and how much of that each
package itself took, the most first."""

_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$", re.MULTILINE)
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_MOST_OUTPUT = 4 << 20
_MOST_SHOWN = 10
_SECONDS = 120.0
_IMPORTS = "import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/src']; __import__(sys.argv[2])"
"""As the workspace's own programs find it; the interpreter itself takes nothing from there."""


class Import(NamedTuple):
    """``own``: seconds without what it imports, ``whole``: with that. ``depth``: within so many
    others."""

    name: str
    own: float
    whole: float
    depth: int


def read(text: str) -> Iterator[Import]:
    """What ``-X importtime`` prints, each after what it imports."""
    for own, whole, indent, name in _LINE.findall(text):
        yield Import(name, int(own) / 1e6, int(whole) / 1e6, len(indent) // 2)


def packages(text: str, module: str) -> tuple[float, list[tuple[str, float]]]:
    """How long the import of a module took, and how much of that each package itself did, the most
    first. Raises ValueError where it was not imported."""
    within: list[Import] = []
    for each in read(text):
        if each.name == module:
            inner = [*_inside(within, each.depth), each]
            by: dict[str, float] = {}
            for one in inner:
                package = one.name.partition(".")[0]
                by[package] = by.get(package, 0.0) + one.own
            return each.whole, sorted(by.items(), key=lambda found: -found[1])
        within.append(each)
    raise ValueError(f"{module} was not imported")


def _inside(before: list[Import], depth: int) -> Iterator[Import]:
    """Of what was told before one, what it imports."""
    for each in reversed(before):
        if each.depth <= depth:
            return
        yield each


def import_times(settings: Tasks, root: Path, environ: Mapping[str, str]) -> Task:
    async def run(context: Context) -> Result:
        module = str(context.parameters[MODULE])
        if not _NAME.fullmatch(module):
            return _failed(f"{module!r} is no name of a module")
        own = str(root), "", settings.test_runner.interpreter, environ
        try:
            python = await asyncio.to_thread(interpreter, *own)
        except NoInterpreter as error:
            return _failed(str(error))
        argv = [python, "-P", "-X", "importtime", "-c", _IMPORTS, str(root), module]
        result = await context.command(argv, str(root), environ)
        if result.outcome.status is not Status.DONE:
            return result
        text = await asyncio.to_thread(tail, context.log, _MOST_OUTPUT)
        try:
            whole, found = packages(text.decode("utf-8", "replace"), module)
        except ValueError as error:
            return _failed(str(error))
        return Result(_value(module, whole, found))

    return Task(
        NAME,
        run,
        title="Import times",
        repeatable=True,
        timeout=_SECONDS,
        retries=0,
        needs_trust=True,
        parameters=(Parameter(MODULE, question="Which module?"),),
    )


def _value(module: str, whole: float, found: list[tuple[str, float]]) -> Any:
    shown = found[:_MOST_SHOWN]
    most = ", ".join(f"{name} {own:.2f} s" for name, own in shown[:3])
    summary = f"import {module} took {whole:.2f} s: {most}"
    told = [[name, round(own, 4)] for name, own in shown]
    return summed(summary, 0, **{MODULE: module, SECONDS: round(whole, 4), PACKAGES: told})


def _failed(why: str) -> Result:
    return Result(outcome=Outcome(Status.FAILED, why=why))
