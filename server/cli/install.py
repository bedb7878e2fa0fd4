"""``understudy install TOOL``: tools that Understudy runs and does not come with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from ..app.install.installing import Installable, NotInstalled, install_here, installable
from .exits import Exit
from .roots import root_of


@click.command
@click.argument("tools", nargs=-1, metavar="TOOL...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def install(ctx: click.Context, tools: tuple[str, ...], *, yes: bool) -> None:
    """Install each TOOL into an environment of Understudy's own, for all projects.

    Versions are pinned, and what is fetched is checked by its hashes. Without a TOOL, those that
    can be installed are listed. Ends with 3 when one could not be installed.
    """
    known = installable()
    if not tools:
        for each in known.values():
            click.echo(f"{each.tool:<12} {each.package} {each.version}")
        ctx.exit(Exit.CLEAN)
    if strange := [tool for tool in tools if tool not in known]:
        raise click.UsageError(
            f"{', '.join(strange)}: only {', '.join(known)} can be installed here."
        )
    wanted = [known[tool] for tool in dict.fromkeys(tools)]
    agreed = [each for each in wanted if yes or click.confirm(each.question)]
    ctx.exit(asyncio.run(_install(agreed)))


async def _install(wanted: Sequence[Installable]) -> Exit:
    ends = Exit.CLEAN
    for each in wanted:
        click.echo(f"Installing {each.title} ({each.package} {each.version}) …", err=True)
        try:
            folder = await install_here(each, root_of([Path.cwd()]), _step)
        except NotInstalled as error:
            click.echo(str(error), err=True)
            ends = Exit.FAILED
        else:
            click.echo(f"{each.title} {each.version} is installed in {folder}.")
    return ends


def _step(message: str, fraction: float) -> None:
    """A line for each step that begins."""
    if not fraction:
        click.echo(f"  {message} …", err=True)
