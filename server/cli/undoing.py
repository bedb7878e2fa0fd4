"""``understudy journal|undo``: what was written into files, and taking it back."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..app import undoing
from .diff import echo_diff
from .exits import Exit
from .roots import root_of
from .tasking import FOLDER


@click.command
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--drop", type=int, metavar="ID", help="Forget an entry that waits.")
@FOLDER
def journal(folder: Path, drop: int | None, *, as_json: bool) -> None:
    """List what was written into the files of the workspace, the newest first.

    What was interrupted is taken back at the next start. It waits, half done, while its folder is
    away or another one has that name; then --drop forgets it.
    """
    root = root_of((folder,))
    if drop is not None:
        _drop(root, drop)
        return
    records = undoing.entries(root)
    waiting = undoing.waiting(root)
    _tell_unread(root)
    if as_json:
        told = [
            *({**undoing.payload(each), "waiting": True} for each in waiting),
            *({**undoing.payload(each), "waiting": False} for each in records),
        ]
        click.echo(json.dumps(told, indent=2))
        return
    for record in waiting:
        click.echo(f"{undoing.line(record)}  (interrupted: it waits)")
    for record in records:
        click.echo(undoing.line(record))
    for record in waiting:
        click.echo(undoing.waits(record), err=True)
    if not (records or waiting):
        click.echo("Nothing was written.")


def _drop(root: Path, number: int) -> None:
    asked = f"Forget entry {number}? What stood there before it cannot be had again."
    if not click.confirm(asked, err=True):
        return
    try:
        undoing.forget(root, number)
    except LookupError as error:
        raise click.UsageError(f"No entry {number} waits; see `understudy journal`.") from error
    click.echo(f"Entry {number} is forgotten.", err=True)


@click.command
@click.argument("number", type=int, required=False, metavar="[ID]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@FOLDER
@click.pass_context
def undo(ctx: click.Context, number: int | None, folder: Path, *, yes: bool) -> None:
    """Take back what was written under ID, by default the last that still stands: content, modes,
    names and deletions. That is an entry, too, and can be undone.

    What was edited since stays where both go together; else nothing is done, and the files are
    named.
    """
    root = root_of((folder,))
    _tell_unread(root)
    if number is None:
        newest = next(undoing.standing(undoing.entries(root)), None)
        if newest is None:
            click.echo("There is nothing to undo.")
            return
        number = newest.id
    try:
        found = undoing.plan(root, number)
    except LookupError as error:
        raise click.UsageError(f"There is no entry {number}; see `understudy journal`.") from error
    click.echo(undoing.line(found.record), err=True)
    if not found.changes:
        click.echo(found.already, err=True)
        return
    echo_diff(found.diff)
    for path in found.merged:
        click.echo(f"{path}: what was edited since stays.", err=True)
    if not yes and not click.confirm("Undo it?", err=True):
        ctx.exit(Exit.FINDINGS)
    done = undoing.undo(root, number)
    click.echo(f"Undone, as entry {done.id}." if done else "All of it is so already.", err=True)


def _tell_unread(root: Path) -> None:
    for line in undoing.unread(root):
        click.echo(f"Note: {line}.", err=True)
