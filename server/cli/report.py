"""``understudy report``: what was saved and what it took, as text, as a page, as data."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from pathlib import Path
from typing import TextIO

import click

from ..app.insights.efficiency import Report, report_of
from ..state import workspace_dir
from .moment import Moment
from .options import FOLDER, formats, output
from .output import write
from .report_text import write_report
from .roots import root_of

_FORMATS = ("text", "html", "json", "md")


@click.command
@click.option(
    "--since",
    type=Moment(),
    metavar="WHEN",
    help="From that day on: 14d, 4w, 2026-11-01, …; default: the last 30 days.",
)
@click.option("--until", type=Moment(), metavar="WHEN", help="Up to that day; default: today.")
@formats(_FORMATS)
@output()
@FOLDER
def report(
    since: float | None, until: float | None, format_: str, output: Path | None, folder: Path
) -> None:
    """What Understudy saved in a workspace, and what it took: automations, known results, parallel
    runs, tests not run again; successes, findings, interruptions.

    Every figure was measured on this machine, and none is about a person. With --format html it is
    one page, which needs nothing else.
    """
    now = time.time()
    until = min(now, until if until is not None else now)
    if since is not None and since > until:
        raise click.UsageError("--since is later than --until: nothing lies between them.")
    root = root_of((folder,))
    found = asyncio.run(report_of(root, workspace_dir(root), since, until, now=now))
    if output is None:
        if format_ != "text" and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        _tell(found, format_, sys.stdout)
        return
    write(output, lambda file: _tell(found, format_, file))
    click.echo(f"The report is in {output}.", err=True)


def _tell(found: Report, format_: str, out: TextIO) -> None:
    match format_:
        case "html":
            out.write(found.html)
        case "json":
            out.write(f"{found.json}\n")
        case "md":
            out.write(found.markdown)
        case _:
            write_report(found.outline, out)
