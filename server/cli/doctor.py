"""``understudy doctor``: what is installed, whether it works, and what to do where it does not."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click

from ..app.batch import Batch, git_version
from ..app.changes import printable
from ..app.install.installing import installable
from ..app.presentation.problems import config_line, title
from ..app.results.scan import Scan
from ..app.sandboxing import Level, Machine, Sandbox
from ..disk import why
from ..model import Report, Severity, State, ToolStatus
from ..settings import ConfigProblem
from ..state import state_dir
from ..trust import Trust, search_path
from .exits import Exit
from .roots import FOLDER, workspace

# Each of our own tools has something to say of it.
_PROBE = "import os\n\neval(input())\n"
_FILE = "probe.py"
_OURS = ("ruff", "bandit")
_TRUST = "If you trust what it brings along, run: understudy trust"

_PROBE_ADVICE = "What would raise it: understudy sandbox probe"

_EDITORS = {
    "code": "VS Code: install the extension from the .vsix file",
    "nvim": "Neovim: see client-nvim in the documentation",
    "hx": "Helix: see the documentation for languages.toml",
    "emacs": "Emacs: see the documentation for eglot",
}


class Row(NamedTuple):
    """``exit`` is what the row does to the exit code; ``advice`` tells what to do; ``warns``: all
    works, and yet something is not as it should be."""

    name: str
    said: str
    exit: Exit = Exit.CLEAN
    advice: str = ""
    warns: bool = False


@click.command
@FOLDER
@click.pass_context
def doctor(ctx: click.Context, folder: Path | None) -> None:
    """Tell what is installed and whether it works, with the settings that hold in FOLDER (default:
    the workspace around the current folder).

    Ends with 0 when all is well, 2 when settings are wrong, 3 when a tool does not work.
    """
    worst = Exit.CLEAN
    for row in _rows(workspace(folder)):
        mark, colour = (
            ("✗", "red") if row.exit else ("!", "yellow") if row.warns else ("✓", "green")
        )
        click.echo(f"{click.style(mark, fg=colour)} {row.name:<10} {printable(row.said)}")
        if row.advice:
            click.echo(f"  {'':<10} → {printable(row.advice)}")
        worst = max(worst, row.exit)
    ctx.exit(worst)


def _rows(folder: Path) -> Iterator[Row]:
    yield Row("understudy", version("understudy"))
    yield Row("Python", f"{platform.python_version()} ({sys.executable})")
    try:
        yield Row("state", str(state_dir()))
        decided = Trust(state_dir()).decision(folder)
        tried = asyncio.run(_probe(folder))
    except (OSError, ValueError) as error:
        advice = "Correct the folder's owner and permissions, or set UNDERSTUDY_STATE_DIR."
        yield Row("state", str(error), Exit.FAILED, advice)
        return
    yield from _tools(tried)
    yield from _settings(tried.problems)
    yield Row("trust", f"{folder} is {'' if decided else 'not '}trusted")
    yield _git(folder)
    yield _sandbox(folder)
    path = search_path(folder, os.environ)
    yield from (
        Row(command, where, advice=advice)
        for command, advice in _EDITORS.items()
        if (where := shutil.which(command, path=path))
    )


class _Tried(NamedTuple):
    """``found``: what the tools really say, with the settings of a folder, of a file that has flaws
    and of one of each tool's own kind; ``here``: of files that would lie in the folder, with the
    tools' own configurations that hold there; and how the programs are, by tool."""

    found: Scan
    here: Scan
    problems: tuple[ConfigProblem, ...]
    on: Mapping[str, ToolStatus]
    off: Mapping[str, ToolStatus]


async def _probe(folder: Path) -> _Tried:
    with tempfile.TemporaryDirectory(prefix="understudy-doctor-") as scratch:
        async with Batch.open(folder) as batch:
            files = _written(Path(scratch), {**batch.probes(), _FILE: _PROBE.encode()})
            found = await batch.scan(files, lambda done, files: None)
            script = folder / "probe.js"
            here = await batch.check({folder / _FILE: _PROBE.encode(), script: b"\n"})
            told = {name: _told(name, version) for name, version in batch.versions.items()}
            programs = told | await batch.programs()
            on = {name: each for name, each in programs.items() if name in batch.tools}
            off = {name: each for name, each in programs.items() if name not in on}
            return _Tried(found, here, batch.config_problems, on, off)


def _written(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def _told(name: str, version: str) -> ToolStatus:
    return ToolStatus(name, State.CLEAN, version=version)


def _tools(tried: _Tried) -> Iterator[Row]:
    answers, answers_here = (
        {
            report.tool: report
            for path in sorted(scan.reports, key=lambda path: path.name == _FILE)  # that one counts
            for report in scan.reports[path]
        }
        for scan in (tried.found, tried.here)
    )
    for tool, program in tried.on.items():
        report_here = answers_here.get(tool)
        known = program.version or (report_here.version if report_here else "")
        row = _tool(program, answers.get(tool), report_here)
        yield row._replace(said=f"{known}, {row.said}" if known else row.said)
    for tool, program in tried.off.items():
        yield Row(title(tool), f"{program.version}, switched off in the settings")


def _tool(program: ToolStatus, report: Report | None, here: Report | None) -> Row:
    name = title(program.name)
    if program.state is State.NOT_TRUSTED:
        return Row(name, f"{program.state}: {program.why}", advice=_TRUST, warns=True)
    if not program.state.is_verdict:
        ends = Exit.FAILED if program.state.needs_attention else Exit.CLEAN
        return Row(name, f"{program.state}: {program.why}", ends, _advice(program), warns=True)
    first = here or report
    if first is not None and first.state is State.NOT_TRUSTED:
        return Row(name, f"{first.state}: {first.why}", advice=_TRUST, warns=True)
    if first is None:
        return Row(name, "was not tried: no file of its kind could be made", warns=True)
    if here is not None and here.state.needs_attention:
        advice = "Correct the tool's own configuration in this folder."
        advice = "" if here.state.needs_install else advice
        return Row(name, f"{here.state}: {here.why}", Exit.FAILED, advice)
    if here is not None and (report is None or program.name not in _OURS):
        return Row(name, "works" if here.state.is_verdict else here.why)
    assert report is not None
    if report.state.is_verdict and (report.findings or program.name not in _OURS):
        return Row(name, "works")
    if program.name not in _OURS and not report.state.needs_attention:
        return Row(name, report.why)
    why = report.why or "it found nothing in a file that has flaws"
    again = "Install Understudy again, or clear" if program.name in _OURS else "Correct"
    advice = f"{again} what the settings say of this tool."
    return Row(name, f"{report.state}: {why}", Exit.FAILED, advice)


def _advice(program: ToolStatus) -> str:
    if not program.state.needs_attention:
        return ""
    offered = program.state.needs_install and program.name in installable()
    if offered:
        return f"Run: understudy install {program.name}"
    return "Correct what the settings say of this tool."


def _settings(problems: tuple[ConfigProblem, ...]) -> Iterator[Row]:
    if not problems:
        yield Row("settings", "as they should be")
    for problem in problems:
        ends = Exit.USAGE if problem.severity >= Severity.HIGH else Exit.CLEAN
        yield Row("settings", config_line(problem), ends, warns=True)


def _git(folder: Path) -> Row:
    advice = "Install git: what changed since a commit cannot be told without it."
    try:
        return Row("git", git_version(folder))
    except OSError as error:
        return Row("git", str(error), advice=advice, warns=True)


def _sandbox(folder: Path) -> Row:
    try:
        machine = asyncio.run(_machine(folder))
    except OSError as error:
        return Row("sandbox", why(error), advice=_PROBE_ADVICE, warns=True)
    said = f"level {machine.level}. {machine.said()}"
    if machine.level is Level.ISOLATED:
        return Row("sandbox", said)
    return Row("sandbox", said, advice=_PROBE_ADVICE, warns=True)


async def _machine(folder: Path) -> Machine:
    async with Sandbox.open(folder) as opened:
        return opened.machine
