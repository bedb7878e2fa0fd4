"""``understudy metrics|export``: what the engine has measured and remembers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from ..app.chores.records import FORMATS, KINDS, metrics_of, rows_of
from ..app.chores.service import open_service
from ..sizes import size
from .options import AS_JSON, FOLDER, MOST_DAYS, formats
from .roots import root_of


def _days(_: click.Context, __: click.Parameter, value: float) -> float:
    if 0 < value <= MOST_DAYS:  # what is no number is not, either
        return value
    raise click.BadParameter(f"{value} is not above 0 and up to {MOST_DAYS:,}.")


@click.command
@click.option(
    "--days", type=float, callback=_days, default=30.0, show_default=True, help="Of so many days."
)
@AS_JSON
@FOLDER
def metrics(days: float, folder: Path, *, as_json: bool) -> None:
    """How long tasks take and wait, how often they succeed, and what they use; what tools looked
    at, and what they were spared."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            found = await metrics_of(service, days)
            if as_json:
                click.echo(json.dumps(found, indent=2))
                return
            if not any(found.values()):
                click.echo(f"Nothing was measured in the last {days:g} days.", err=True)
            for what, figures in (*found["tasks"].items(), *found["tools"].items()):
                click.echo(what)
                for name, value in figures.items():
                    told = size(value) if name == "memoryBytesMost" else value
                    click.echo(f"  {name.replace('Bytes', ''):<16} {told}")
            notices = {f"notices {what}": times for what, times in found["notices"].items()}
            for name, value in (found["queue"] | notices).items():
                click.echo(f"{name:<18} {value}")

    asyncio.run(look())


@click.command
@click.argument("kind", type=click.Choice(KINDS))
@formats(FORMATS)
@FOLDER
def export(kind: str, format_: str, folder: Path) -> None:
    """Print what is remembered: jobs and their results, executions, metrics of the queue, what was
    measured by day of tools, notices and tests, the audit trail."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            rows = await rows_of(service, kind)
            if format_ == "json":
                click.echo(json.dumps(rows, indent=2))
                return
            for row in rows:
                click.echo(json.dumps(row))

    asyncio.run(look())
