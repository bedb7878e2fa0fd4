"""``understudy journal|undo``: what was written into files, and taking it back."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from ..app import undoing
from .diff import echo_diff
from .exits import Exit
from .group import Group
from .options import AS_JSON, FOLDER
from .roots import root_of

_Wanted = tuple[undoing.Record, undoing.Scope]
_FILES = click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Only this, or what is in this folder; may be given again.",
)


@click.group(cls=Group, invoke_without_command=True)
@AS_JSON
@click.option("--drop", type=int, metavar="ID", help="Forget an entry that waits.")
@FOLDER
@click.pass_context
def journal(ctx: click.Context, folder: Path, drop: int | None, *, as_json: bool) -> None:
    """List what was written into the files of the workspace, the newest first.

    What was interrupted is taken back at the next start. It waits, half done, while its folder is
    away or another one has that name; then --drop forgets it.
    """
    if ctx.invoked_subcommand:
        return
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
        click.echo(f"       {undoing.did(record.changes)}")
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


@journal.command
@click.argument("number", type=int, metavar="ID")
@_FILES
@click.option("--before", "side", flag_value="before", help="Print the file as it was before.")
@click.option("--after", "side", flag_value="after", help="Print the file as it was after.")
@FOLDER
def show(number: int, files: tuple[str, ...], side: str | None, folder: Path) -> None:
    """Show what was written under ID: the files, and a diff."""
    record = _entry(root_of((folder,)), number)
    only = _scope(record, files, partly=False)
    if side is None:
        click.echo(undoing.line(record))
        echo_diff([each for each in record.changes if only.has(each)])
        return
    if len(only.files) != 1:
        raise click.UsageError(f"--{side} prints one file: name it with --file.")
    try:
        content = undoing.content(record, only.files[0], before=side == "before")
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(content, nl=False)


@click.command
@click.argument("number", type=int, required=False, metavar="[ID]")
@_FILES
@click.option("--partly", is_flag=True, help="Leave what cannot be taken back, and do the rest.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@FOLDER
@click.pass_context
def undo(
    ctx: click.Context,
    number: int | None,
    files: tuple[str, ...],
    folder: Path,
    *,
    partly: bool,
    yes: bool,
) -> None:
    """Take back what was written under ID, by default the last that still stands: content, modes,
    names and deletions. That is an entry, too, and can be undone.

    What was edited since stays where both go together; else nothing is done, and the files are
    named. Ends with 1 when something was left.
    """
    root = root_of((folder,))
    _tell_unread(root)
    if number is None:
        records = undoing.entries(root)
        found = _first(root, _waiting(records, files, partly=partly))
    else:
        records = [_entry(root, number)]
        found = _first(root, [(records[0], _scope(records[0], files, partly=partly))])
    if found is None:
        if number is None:
            click.echo(undoing.nothing(records))
        return
    plan, scope = found
    click.echo(undoing.line(plan.record), err=True)
    echo_diff(plan.changes)
    for note in plan.notes:
        click.echo(f"{note}.", err=True)
    if not yes and not click.confirm(plan.question(time.time()), err=True):
        ctx.exit(Exit.FINDINGS)
    done = undoing.undo(root, plan.record.id, scope)
    if done is None:
        click.echo("There was nothing left to change.", err=True)
        return
    rest = f"; the rest of {plan.record.id} stands" if done.partly else ""
    click.echo(f"Undone, as entry {done.id}{rest}.", err=True)
    if plan.way.against:
        ctx.exit(Exit.FINDINGS)


def _waiting(
    records: Sequence[undoing.Record], files: tuple[str, ...], *, partly: bool
) -> Iterator[_Wanted]:
    """Those that stand, the newest first; where files are named, those that have changed them."""
    for record in undoing.standing(records):
        with contextlib.suppress(ValueError):
            yield record, undoing.scope(record, files, Path.cwd(), partly=partly)


def _first(root: Path, waiting: Iterable[_Wanted]) -> tuple[undoing.Undoing, undoing.Scope] | None:
    """Of which something is to be taken back; those before it are told of, and passed over."""
    for record, scope in waiting:
        plan = undoing.plan(root, record, scope=scope)
        if plan.changes:
            return plan, scope
        click.echo(undoing.passed(root, plan, scope), err=True)
    return None


def _entry(root: Path, number: int) -> undoing.Record:
    try:
        return undoing.find(root, number)
    except LookupError as error:
        raise click.UsageError(f"There is no entry {number}; see `understudy journal`.") from error


def _tell_unread(root: Path) -> None:
    for line in undoing.unread(root):
        click.echo(f"Note: {line}.", err=True)


def _scope(record: undoing.Record, files: tuple[str, ...], *, partly: bool) -> undoing.Scope:
    try:
        return undoing.scope(record, files, Path.cwd(), partly=partly)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
