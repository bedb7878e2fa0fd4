"""``understudy resources`` and ``clean``: how the machine is, and what of ours can go."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from ..app.chores.machine import eye
from ..app.cleaning import litter
from ..app.presentation.machine import Outlook, amount, details, payload
from ..sizes import size
from ..state import state_dir, workspace_dir
from .answering import agreed
from .exits import Exit
from .options import AS_JSON, FOLDER
from .roots import root_of
from .text import number

_FIRST_SECONDS = 1.0
"""How busy the processors are is seen between two looks."""
_SECONDS = 5.0


@click.command
@click.option("--watch", is_flag=True, help="Go on looking, every five seconds, and foresee.")
@FOLDER
@AS_JSON
def resources(folder: Path, *, watch: bool, as_json: bool) -> None:
    """Tell how much of memory, disks and files is used; with --watch also when they will be used
    up, and who does it."""
    sampler, watcher = eye(state_dir(), [root_of((folder,))])
    watcher.add(sampler.look(time.monotonic(), closely=True))
    time.sleep(_FIRST_SECONDS)  # what is measured is what happens meanwhile
    while True:
        watcher.add(sampler.look(time.monotonic(), closely=watch))
        if as_json:
            click.echo(json.dumps(payload(watcher.outlook)))
        else:
            _show(watcher.outlook, again=watch)
        if not watch:
            return
        time.sleep(_SECONDS)  # until the next look


def _show(outlook: Outlook, *, again: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console, table = Console(highlight=False), Table(box=None, pad_edge=False)
    if again and console.is_terminal:
        console.clear()
    for name, side in (("", "left"), ("used", "right"), ("of", "right"), ("", "right")):
        table.add_column(name, justify="right" if side == "right" else "left")
    table.add_column("used up in" if again else "")
    for each in outlook.trends:
        use = each.use
        style = "bold red" if each.warns is not None else ""
        cells = amount(use.used, use.kind), amount(use.limit, use.kind), f"{100 * use.level:.0f} %"
        ends = outlook.ends(each) or "not in sight"
        table.add_row(use.name, *cells, ends if again else "", style=style)
    console.print(table)
    for line in (*details(outlook), *(each.sentence for each in outlook.warnings)):
        console.print(line, markup=False)


@click.command
@click.option("--yes", is_flag=True, help="Remove it without a question.")
@FOLDER
@click.pass_context
def clean(ctx: click.Context, folder: Path, *, yes: bool) -> None:
    """List what Understudy wrote for a workspace into its own folder and nobody needs any more, and
    remove it. Your files, what an undo needs, and what was learned stay."""
    found = litter(workspace_dir(root_of((folder,))))
    if not found:
        click.echo("There is nothing to remove.")
        return
    for each in found:
        click.echo(f"{size(each.size):>9}  {number(each.pieces, each.what)} {each.told}")
    if not yes and not (answer := agreed("Remove all of it?")):
        if answer is None:
            click.echo("Nobody is there to answer; --yes removes it.", err=True)
            ctx.exit(Exit.USAGE)
        click.echo("Nothing was removed.")
        return
    for each in found:
        each.remove()
    click.echo("Removed.")
