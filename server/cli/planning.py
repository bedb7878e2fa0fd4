"""``understudy watch|schedule|notify``: what would start, when, and how it is told."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import click

from ..app.chores.planning import next_runs, run_notice, watch_and_explain
from ..app.chores.service import open_service
from .exits import Exit
from .options import AS_JSON, FOLDER
from .roots import root_of
from .tasking import complain


@click.command
@click.option("--dry-run", is_flag=True, help="Only tell; without it, use `understudy start`.")
@FOLDER
def watch(folder: Path, *, dry_run: bool) -> None:
    """Watch the files, and tell for each change what would run, and why or why not. Ends with
    Ctrl+C."""
    if not dry_run:
        raise click.UsageError("To run what changes start, use `understudy start --foreground`.")

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            complain(service)
            async for line in watch_and_explain(service):
                click.echo(line)

    asyncio.run(look())


@click.command
@FOLDER
@AS_JSON
def schedule(folder: Path, *, as_json: bool) -> None:
    """List what the clock will start, and when next; and the automations that saves start."""

    async def look() -> None:
        async with open_service(root_of((folder,)), "command", runs=False) as service:
            complain(service)
            for run in await next_runs(service):
                if as_json:
                    click.echo(json.dumps(run._asdict()))
                    continue
                at = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.at)) if run.at else "–"
                click.echo(f"{at:<17} {', '.join(run.tasks):<24} {run.rule} ({run.when})")

    asyncio.run(look())


@click.command
@click.option(
    "--severity",
    type=click.Choice(["info", "warning", "error", "critical"]),
    default="info",
    show_default=True,
)
@click.option("--title", default="Understudy", show_default=True)
@click.option("--message", default="This is what a notice looks like.", show_default=True)
@FOLDER
@click.pass_context
def notify(ctx: click.Context, severity: str, title: str, message: str, folder: Path) -> None:
    """Send a notice to every channel that takes one of this severity, to try them.

    Ends with 0 when all of them took it, 3 when one did not.
    """

    async def send() -> bool:
        async with open_service(root_of((folder,)), "command") as service:
            told = await run_notice(service, severity, title, message)
            for channel, why in told.items():
                click.echo(f"{channel}: {why or 'delivered'}")
            if not told:
                click.echo("No channel takes it: see notifications in the settings.")
            return not any(told.values())

    ctx.exit(Exit.CLEAN if asyncio.run(send()) else Exit.FAILED)
