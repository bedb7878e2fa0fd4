"""``understudy doctor``: what is installed, whether it works, and what to do where it does not."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click

from .. import git
from ..app.batch import Batch
from ..app.install.installing import installable
from ..app.presentation.problems import config_line, title
from ..app.results.scan import Scan
from ..model import Report, Severity, State, ToolStatus
from ..settings import ConfigProblem
from ..state import state_dir
from ..trust import Trust, search_path
from .exits import Exit
from .roots import FOLDER, workspace

# Each of our own tools has something to say of it.
_PROBE = "import os\n\neval(input())\n"
_OURS = ("ruff", "bandit")

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
        click.echo(f"{click.style(mark, fg=colour)} {row.name:<10} {row.said}")
        if row.advice:
            click.echo(f"  {'':<10} → {row.advice}")
        worst = max(worst, row.exit)
    ctx.exit(worst)


def _rows(folder: Path) -> Iterator[Row]:
    yield Row("understudy", version("understudy"))
    yield Row("Python", f"{platform.python_version()} ({sys.executable})")
    try:
        yield Row("state", str(state_dir()))
        decided = Trust(state_dir()).decision(folder)
        found, here, problems, programs = asyncio.run(_probe(folder))
    except (OSError, ValueError) as error:
        advice = "Correct the folder's owner and permissions, or set UNDERSTUDY_STATE_DIR."
        yield Row("state", str(error), Exit.FAILED, advice)
        return
    yield from _tools(found, here, programs)
    yield from _settings(problems)
    yield Row("trust", f"{folder} is {'' if decided else 'not '}trusted")
    yield _git(folder)
    path = search_path(folder, os.environ)
    yield from (
        Row(command, where, advice=advice)
        for command, advice in _EDITORS.items()
        if (where := shutil.which(command, path=path))
    )


async def _probe(
    folder: Path,
) -> tuple[Scan, Scan, tuple[ConfigProblem, ...], dict[str, ToolStatus]]:
    """What the tools really say, with the settings of ``folder``, of a file that has flaws; and of
    one that would lie in ``folder``, with the tools' own configurations that hold there; and how
    each tool's program is."""
    with tempfile.TemporaryDirectory(prefix="understudy-doctor-") as scratch:
        file = Path(scratch) / "probe.py"
        file.write_text(_PROBE, encoding="utf-8")
        async with Batch.open(folder) as batch:
            found = await batch.scan([file], lambda done, files: None)
            script = folder / "probe.js"
            here = await batch.check({folder / file.name: _PROBE.encode(), script: b"\n"})
            told = {name: _told(name, version) for name, version in batch.versions.items()}
            return found, here, batch.config_problems, told | await batch.programs()


def _told(name: str, version: str) -> ToolStatus:
    return ToolStatus(name, State.CLEAN, version=version)


def _tools(found: Scan, here: Scan, programs: dict[str, ToolStatus]) -> Iterator[Row]:
    answers, answers_here = (
        {report.tool: report for reports in scan.reports.values() for report in reports}
        for scan in (found, here)
    )
    for tool, program in programs.items():
        report_here = answers_here.get(tool)
        known = program.version or (report_here.version if report_here else "")
        row = _tool(program, answers.get(tool), report_here)
        yield row._replace(said=f"{known}, {row.said}" if known else row.said)


def _tool(program: ToolStatus, report: Report | None, here: Report | None) -> Row:
    name = title(program.name)
    if not program.state.is_verdict:
        ends = Exit.FAILED if program.state.needs_attention else Exit.CLEAN
        return Row(name, f"{program.state}: {program.why}", ends, _advice(program), warns=True)
    if report is None and here is None:
        off = program.name in _OURS
        return Row(name, "switched off in the settings" if off else "not for Python files")
    if here is not None and here.state.needs_attention:
        advice = "Correct the tool's own configuration in this folder."
        advice = "" if here.state.needs_install else advice
        return Row(name, f"{here.state}: {here.why}", Exit.FAILED, advice)
    if report is None:
        assert here is not None
        return Row(name, "works" if here.state.is_verdict else here.why)
    if report.state.is_verdict and (report.findings or program.name not in _OURS):
        return Row(name, "works")
    why = report.why or "it found nothing in a file that has flaws"
    advice = "Install Understudy again, or clear what the settings say of this tool."
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
        return Row("git", git.version(folder))
    except git.GitError as error:
        return Row("git", str(error), advice=advice, warns=True)
