"""``understudy install TOOL``: tools that Understudy runs and does not come with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ..app.batch import Batch
from ..app.install.installing import (
    PROJECTS_OWN,
    Installable,
    NotInstalled,
    install_here,
    installable,
)
from ..app.presentation.problems import title
from .exits import Exit
from .roots import root_of, told_of


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
    if own := next((each for each in tools if each in PROJECTS_OWN), ""):
        raise click.UsageError(
            f"{title(own)} is the project's own. In it, run: {PROJECTS_OWN[own]}"
        )
    if strange := [tool for tool in tools if tool not in known]:
        raise click.UsageError(
            f"{', '.join(strange)}: only {', '.join(known)} can be installed here."
        )
    wanted = [known[tool] for tool in dict.fromkeys(tools)]
    agreed = [each for each in wanted if yes or _agreed(each.question)]
    ctx.exit(asyncio.run(_install(agreed)))


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError("Nobody answered; --yes agrees beforehand.") from None


async def _install(wanted: Sequence[Installable]) -> Exit:
    ends = Exit.CLEAN
    installed: list[Installable] = []
    for each in wanted:
        click.echo(f"Installing {each.title} ({each.package} {each.version}) …", err=True)
        try:
            folder = await install_here(each, root_of([Path.cwd()]), _step)
        except NotInstalled as error:
            click.echo(str(error), err=True)
            ends = Exit.FAILED
        else:
            click.echo(f"{each.title} {each.version} is installed in {told_of(folder)}.")
            installed.append(each)
    off = await _off(installed)
    for each in off:
        click.echo(f"{each.title} is still off: `{each.tool}.enabled: true` in the settings.")
    return ends


async def _off(installed: Sequence[Installable]) -> list[Installable]:
    """Those that nothing is asked of with the settings that hold here."""
    async with Batch.open(root_of([Path.cwd()])) as batch:
        return [each for each in installed if each.tool in batch.switchable - batch.tools]


def _step(message: str, fraction: float) -> None:
    """A line for each step that begins."""
    if not fraction:
        click.echo(f"  {message} …", err=True)
