"""``understudy scan``: the engine and the store of the editor, for a terminal or a build."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ..app.batch import Batch, LeftOut, UnknownRevision
from ..app.insights.profiling import recorded
from ..app.presentation.problems import config_line, left_out_lines
from ..app.results.scan import Scan
from ..model import Category, Problem, Severity
from ..settings import ConfigProblem
from .exits import Exit
from .formats import FORMATS
from .options import formats, output
from .output import write
from .result import Result, as_unicode
from .roots import root_of, told_of
from .text import summary

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]


@click.command
@click.argument("paths", nargs=-1, type=click.Path(exists=True, resolve_path=True, path_type=Path))
@formats(FORMATS)
@click.option(
    "--only", type=click.Choice([c.value for c in Category]), help="Only problems of one kind."
)
@click.option(
    "--changed",
    is_flag=False,
    flag_value="HEAD",
    metavar="[REV]",
    help="Only lines changed since REV (HEAD unless given); with REV... since it and HEAD parted.",
)
@click.option(
    "--no-baseline", is_flag=True, help="Take no notice of .understudy/baseline.json: all is new."
)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    metavar="N",
    help="List N problems at most, the most important, as text and as GitHub annotations.",
)
@click.option(
    "--left-out",
    is_flag=True,
    help="Analyse nothing: list what is not looked at, and why, as text or JSON.",
)
@output()
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default="info",
    show_default=True,
    help="End with 1 only for problems of this severity or a worse one.",
)
@click.pass_context
def scan(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format_: str,
    only: str | None,
    changed: str | None,
    most: int | None,
    output: Path | None,
    fail_on: str,
    *,
    left_out: bool,
    no_baseline: bool,
) -> None:
    """Check the files at and below each PATH (default: the current folder).

    What the baseline has is counted as known, and listed in JSON and SARIF alone.

    Ends with 0 when nothing new was found, 1 with findings, 2 when the command line or the
    configuration is wrong, 3 when the answer is not complete: a tool failed, may not run or could
    not read a file. That a file is no valid Python, or no notebook at all, is a finding.
    """
    named = paths or (Path.cwd(),)
    for path in named:
        if not (path.is_dir() or path.is_file()):
            raise click.UsageError(f"{told_of(path)} is neither a file nor a folder.")
    if left_out:
        _list_left_out(root_of(named), named, output, as_json=format_ == "json")
        return
    baseline = not no_baseline
    found, versions = asyncio.run(_scan(root_of(named), named, changed, baseline=baseline))
    problems = found.only(Category(only) if only else None)
    base = Path.cwd() if format_ == "text" else found.root
    withheld = tuple((found.root, report) for report in found.withheld)
    result = Result(
        base, problems, found.reports, versions, fixed=found.fixed, most=most, withheld=withheld
    )
    if output is None:
        if format_ != "text" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # what a program reads is that everywhere
        FORMATS[format_](result, sys.stdout)
    else:
        write(output, lambda file: FORMATS[format_](result, file))
        click.echo(f"{summary(result)} The report is in {output}.", err=True)
    ctx.exit(_exit_code(found, problems, Severity[fail_on.upper()]))


async def _scan(
    root: Path, paths: Sequence[Path], changed: str | None, *, baseline: bool
) -> tuple[Scan, dict[str, str]]:
    async with Batch.open(root) as batch:
        check([each for each in batch.config_problems if each.is_flaw])
        if not baseline:
            batch.forget_baseline()
        with progress_bar() as progress:
            try:
                async with recorded(root, batch.settings):
                    found = await batch.scan(paths, progress, changed)
            except UnknownRevision as error:
                raise click.UsageError(f"--changed={changed}: {error}.") from error
        others = (each for each in batch.config_problems if not each.is_flaw)
        check([each for each in others if each.path not in found.reports])
        if batch.trouble:
            click.echo(batch.trouble, err=True)
        own = {name: version for name, version in batch.versions.items() if name in batch.tools}
        return found, {name: each for name, each in {**own, **found.versions}.items() if each}


def _list_left_out(
    root: Path, paths: Sequence[Path], output: Path | None, *, as_json: bool
) -> None:
    listed = asyncio.run(_left_out(root, paths))
    if as_json:
        rows = [{"path": each.path, "why": each.why} for each in listed]
        text = json.dumps(rows, indent=2, ensure_ascii=False)
    else:
        text = "\n".join(left_out_lines(root, listed))
    if output is not None:
        write(output, lambda file: file.write(f"{text}\n"))
    elif text:
        click.echo(as_unicode(text))


async def _left_out(root: Path, paths: Sequence[Path]) -> list[LeftOut]:
    async with Batch.open(root) as batch:
        check(batch.config_problems)
        return await batch.left_out(paths)


def check(problems: Sequence[ConfigProblem]) -> None:
    """Says everything that is wrong with the settings, and ends when they cannot be used."""
    for problem in problems:
        click.echo(config_line(problem), err=True)
    if any(problem.severity >= Severity.HIGH for problem in problems):
        raise click.UsageError("The settings cannot be used; nothing was scanned.")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], object]]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, files: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Scanning", total=None)
        yield lambda done, files: bar.update(task, completed=done, total=files)


def _exit_code(found: Scan, problems: Mapping[Path, tuple[Problem, ...]], least: Severity) -> Exit:
    if not found.complete:
        return Exit.FAILED
    serious = any(p.severity >= least and not p.known for each in problems.values() for p in each)
    return Exit.FINDINGS if serious else Exit.CLEAN
