"""Profiles in an editor: a file or a test is profiled, and what its functions take is shown above
them, as long as they are as they were when that was measured."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...analyzers.interpreters import NoInterpreter, interpreter
from ...findings.redact_output import told_without_secrets
from ...insights.profile.functions import Function, functions
from ...insights.profile.sampled import HotFunction
from ...journal.change import printable
from ...model import Importance
from ...runner.calls import Command, Job, Status
from ...runner.execute import Runner
from ...settings.tasks import TestRunner as Chosen
from ...tasks.test_runs import runners_of
from ...tasks.testing.generic import COLOUR
from ...tasks.testing.items import is_test_file, items
from ...tasks.testing.lenses import Lens
from ...tasks.testing.plan import Plan, plan
from ...tasks.testing.results import Selection
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..open.document import OpenDocument
from ..sinks import Sink, when_slow
from . import programs
from .profiling import last_write
from .programs import Asked, Program, Unable

_LEAST = 0.01
"""What takes less of the time is not shown."""
_DONE = (Status.DONE, Status.FAILED)
_MOST_CHUNKS = 64
"""Of the newest output, from which it is told what went wrong."""
_MOST_SAID = 300


class Profiled(NamedTuple):
    """``wrong``: what it told itself of why it ended with another code than 0, for people."""

    program: Program
    wrong: str


class Hints:
    """Those of all folders that are open."""

    def __init__(self, folders: Folders, runner: Runner, sink: Sink) -> None:
        self._folders = folders
        self._runner = runner
        self._sink = sink
        self._known: dict[Path, tuple[int, Program | None]] = {}
        """By root: the newest profile, and when what is kept was written."""

    async def run(self, path: str, text: str | None, line: int | None) -> Profiled:
        """Profile a Python file, or the test in its ``line``, from 0; ``text`` is the file's as an
        editor has it. Raises ValueError, for people, OSError, sqlite3.Error."""
        workspace = self._folders.around(path)
        if workspace is None or workspace.loose:
            raise ValueError(f"{path} is in none of the folders that are open")
        if not workspace.trusted:
            raise ValueError(
                f"{workspace.root} is not trusted, so nothing of it runs: trust it in the editor,"
                " or with `understudy trust`"
            )
        with tempfile.TemporaryDirectory(prefix="understudy-profile-") as folder:
            try:
                asked, test = await asyncio.to_thread(_asked, workspace, path, text, line, folder)
            except NoInterpreter as error:
                raise ValueError(str(error)) from error
            work = asyncio.ensure_future(self._profiled(workspace, asked, test))
            with when_slow(self._sink, f"Profiling {asked.command}", work.cancel):
                try:
                    await asyncio.wait((work,))
                finally:
                    work.cancel()
        if work.cancelled():
            raise ValueError("it was cancelled")
        self._sink.lenses_changed()
        return work.result()

    async def _profiled(self, workspace: Workspace, asked: Asked, test: Plan | None) -> Profiled:
        printed = deque[bytes](maxlen=_MOST_CHUNKS)
        began = time.time()

        async def run(argv: Sequence[str]) -> str:
            command = Command(
                tuple(argv),
                str(asked.cwd),
                os.environ,
                output=printed.append,
                importance=Importance.HIGH,
                nice=0,
            )
            seconds = workspace.settings.tasks.timeout_seconds
            job = Job("profile", command, seconds, needs_trust=True, trusted=workspace.trusted)
            outcome = await self._runner.execute(job)
            return "" if outcome.status in _DONE and outcome.exit_code is not None else outcome.why

        try:
            program = await programs.profiled(asked, 1, run)
        except Unable as error:
            raise ValueError(str(error)) from error
        code, output = program.runs[-1].exit_code, b"".join(printed).decode(errors="replace")
        wrong = await asyncio.to_thread(_wrong, test, output, code, began) if code else ""
        return Profiled(program, wrong)

    async def clear(self) -> int:
        """Forget the profiles of all folders; how many those were. Raises OSError and
        sqlite3.Error."""
        forgotten = [await programs.forget(each.root) for each in self._folders if not each.loose]
        self._sink.lenses_changed()
        return sum(forgotten)

    async def lenses(self, document: OpenDocument) -> tuple[Lens, ...]:
        """What the newest profile says of the functions of a document that are as it saw them."""
        workspace = document.workspace
        shown = workspace.settings.profile.code_lens and not workspace.loose
        above = f"{workspace.root}/"
        if not shown or not document.path.startswith(above):
            return ()
        program = await self._newest(workspace)
        file = document.path.removeprefix(above)
        if program is None or not any(each.file == file for each in program.told.functions):
            return ()
        content = document.text.encode("utf-8", "surrogatepass")
        return await asyncio.to_thread(_lenses, program, file, content)

    async def _newest(self, workspace: Workspace) -> Program | None:
        """Read again when something was written, here or by another process."""
        written = await asyncio.to_thread(last_write, workspace.state)
        known = self._known.get(workspace.root)
        if known is not None and known[0] == written:
            return known[1]
        try:
            program = await programs.newest(workspace.root) if written else None
        except (OSError, sqlite3.Error):
            return None
        self._known[workspace.root] = written, program
        return program


def _asked(
    workspace: Workspace, path: str, text: str | None, line: int | None, folder: str
) -> tuple[Asked, Plan | None]:
    """What is to be run, with how it is read where it is a test; ``folder``: for what a test runner
    reports. Raises NoInterpreter, ValueError."""
    root, own = workspace.root, workspace.settings.tasks.test_runner
    file = os.path.relpath(path, root)
    if (test := _test(root, file, text, line, folder, own)) is not None:
        return test
    if not file.endswith(".py"):
        raise ValueError(f"{file} is neither Python nor a test of it")
    python = interpreter(str(root), "", own.interpreter, os.environ, purpose="profile")
    return Asked(root, ("python", file), (python, file), root), None


def _test(
    root: Path, file: str, text: str | None, line: int | None, folder: str, own: Chosen
) -> tuple[Asked, Plan] | None:
    """None where no test runner of Python has such a file."""
    for runner in runners_of(root, own):
        inside = file.removeprefix(f"{runner.folder}/") if runner.folder else file
        if runner.kind.is_python and runner.may_have(file) and is_test_file(inside, runner.naming):
            found = items((text or "").encode("utf-8", "surrogatepass"), file, runner.naming)
            above = [each for each in found if line is not None and each.range.start.line <= line]
            in_it = line is not None and above and not above[-1].is_group
            selection = Selection(ids=(above[-1].id,)) if in_it else Selection((file,))
            python = interpreter(str(root), runner.folder, own.interpreter, os.environ)
            planned = plan(runner, str(root), selection, folder, os.environ, python)
            words = (runner.kind.value, *selection.ids, *selection.files)
            command = planned.command
            return Asked(root, words, command.argv, Path(command.cwd)), planned
    return None


def _wrong(test: Plan | None, output: str, code: int, began: float) -> str:
    """The reason of a test runner, or of the first test that failed; else the last line."""
    said = COLOUR.sub("", output).split("\n")
    told = next((each for each in reversed(said) if each.strip()), "")
    if test is not None:
        report = test.report(output, code, began)
        failed = [f"{each.id}: {each.message}" for each in report.failures]
        told = next(iter(failed), report.why or told)
    return printable(told_without_secrets(" ".join(told.split())))[:_MOST_SAID]


def _lenses(program: Program, file: str, content: bytes) -> tuple[Lens, ...]:
    told = program.told
    known = {(each.name, each.digest): each for each in told.functions if each.file == file}
    lines: dict[str, tuple[int, int]] = {}
    """By function, its hottest line and the samples there."""
    for line in told.lines:
        if line.file == file and line.own > lines.get(line.function, (0, 0))[1]:
            lines[line.function] = line.line, line.own
    shown = []
    for function in functions(content):
        hot = known.get((function.name, function.digest))
        if hot is not None and hot.samples >= _LEAST * told.many:
            shown.append(Lens(function.range, _title(program, hot, function, lines)))
    return tuple(shown)


def _title(
    program: Program,
    hot: HotFunction,
    function: Function,
    lines: Mapping[str, tuple[int, int]],
) -> str:
    told = program.told
    parts = [f"{100 * hot.samples / told.many:.0f} % of {told.seconds:.1f} s"]
    if hot.name in lines:
        line, samples = lines[hot.name]
        now = line - hot.line + function.range.start.line + 1
        parts.append(f"line {now}: {100 * samples / told.many:.0f} %")
    return " · ".join((*parts, f"profile of {program.command}"))
