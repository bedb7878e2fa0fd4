"""``understudy metrics|export``: what the engine has measured and remembers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from ..app.chores.records import FORMATS, KINDS, metrics_of, rows_of
from ..app.chores.service import open_service
from .options import AS_JSON, FOLDER, formats
from .roots import root_of


@click.command
@click.option("--days", type=float, default=30.0, show_default=True, help="Of so many days.")
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
            for what, figures in (*found["tasks"].items(), *found["tools"].items()):
                click.echo(what)
                for name, value in figures.items():
                    click.echo(f"  {name:<16} {value}")
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
