"""``understudy activity``: what is remembered of what you do, and how it is forgotten."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from ..app.activity import (
    SHELLS,
    Activity,
    Log,
    line,
    open_log,
    payload,
    places,
    read,
    settings_of,
    take_in,
)
from ..app.changes import printable
from ..settings import user_file
from .answering import agreed
from .exits import Exit
from .group import Group
from .moment import Moment
from .options import FOLDER
from .roots import root_of, told_of
from .shell_hooks import hook

_SINCE = click.option(
    "--since", type=Moment(), metavar="WHEN", help="Since then: 2h, 3d, 2026-11-01, …"
)
_YES = click.option("--yes", is_flag=True, help="Without a question.")
_SHELL = click.argument("shell", type=click.Choice(SHELLS))


@click.group(cls=Group)
def activity() -> None:
    """What is remembered of what you do in a workspace. It is without your secrets, stays on this
    machine, and is yours to read, export, forget and pause."""


@activity.command
@_SINCE
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@FOLDER
def show(since: float | None, folder: Path, *, as_json: bool) -> None:
    """Print what is remembered, the oldest first."""
    root = root_of((folder,))
    found, paused = asyncio.run(_all(root, since))
    if as_json:
        click.echo(json.dumps([payload(each) for each in found], indent=2))
        return
    for each in found:
        click.echo(printable(line(each)))
    if not found:
        click.echo("Nothing is remembered.", err=True)
    if not settings_of(root).enabled:
        click.echo("Nothing is added: activity.enabled is off.", err=True)
    elif paused:
        click.echo("It is paused; `understudy activity resume` goes on.", err=True)


@activity.command
@_SINCE
@FOLDER
def export(since: float | None, folder: Path) -> None:
    """Print what is remembered, the oldest first, as JSON, a line each."""
    for each in asyncio.run(_all(root_of((folder,)), since))[0]:
        click.echo(json.dumps(payload(each)))


@asynccontextmanager
async def _open(root: Path) -> AsyncIterator[Log]:
    """What is wrong with it is told afterwards."""
    async with open_log(root) as log:
        try:
            yield log
        finally:
            if log.problem:
                click.echo(printable(f"{log.problem}."), err=True)


async def _all(root: Path, since: float | None) -> tuple[list[Activity], bool]:
    async with _open(root) as log:
        return await log.all(since or 0.0), await log.paused()


@activity.command
@_SINCE
@click.option("--all", "everything", is_flag=True, help="All that is kept of the workspace.")
@_YES
@FOLDER
@click.pass_context
def forget(
    ctx: click.Context, since: float | None, folder: Path, *, everything: bool, yes: bool
) -> None:
    """Forget all that you did, or what was since a moment, with the automations that you have not
    accepted. It is gone from the disk afterwards.

    With --all, everything goes that is kept of the workspace: tasks with their logs, trials,
    caches, what automations did, and what stood in files before they were changed, so that
    `understudy undo` has nothing to take back. Your files stay, and so do scripts in
    .understudy/automations.
    """
    from ..app.learning.forgetting import forget as forget_

    root = root_of((folder,))
    if everything and since is not None:
        raise click.UsageError("--all forgets everything: it takes no --since.")
    count = len(asyncio.run(_all(root, since))[0])
    question = f"Forget {count} tasks, and what was made of them? They cannot be brought back."
    if everything:
        question = (
            f"Forget all that is kept of {told_of(root)}? `understudy undo` has nothing then."
        )
    if not (yes or agreed(question)):
        click.echo("Nothing was forgotten.", err=True)
        ctx.exit(Exit.FAILED)
    if everything:
        _forget_all(ctx, root)
        return
    forgotten = asyncio.run(forget_(root, since))
    click.echo(f"Forgotten: {forgotten.tasks}.")
    if forgotten.drafts:
        click.echo(f"Automations that nobody had accepted went with it: {forgotten.drafts}.")
    if forgotten.kept:
        stay = f"Automations that stay: {forgotten.kept}"
        click.echo(f"{stay}; `understudy automations remove` takes one out.", err=True)


def _forget_all(ctx: click.Context, root: Path) -> None:
    from ..app.learning.forgetting import forget_all

    try:
        left = asyncio.run(forget_all(root))
    except ValueError as error:
        click.echo(f"Nothing was forgotten: {printable(str(error))}.", err=True)
        ctx.exit(Exit.FAILED)
    click.echo(f"All that was kept of {told_of(root)} is forgotten.")
    if left:
        click.echo(f"Left are {left}.", err=True)
        ctx.exit(Exit.FAILED)


@activity.command
@FOLDER
def pause(folder: Path) -> None:
    """Remember nothing from now on."""
    asyncio.run(_pause(root_of((folder,)), on=True))
    click.echo("Paused: nothing is remembered until `understudy activity resume`.")


@activity.command
@FOLDER
def resume(folder: Path) -> None:
    """Remember again."""
    asyncio.run(_pause(root_of((folder,)), on=False))
    click.echo("It is remembered again what you do here.")


async def _pause(root: Path, *, on: bool) -> None:
    async with _open(root) as log:
        await log.pause(on)


@activity.command("import")
@_SHELL
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@_YES
@FOLDER
@click.pass_context
def import_(ctx: click.Context, shell: str, file: Path | None, folder: Path, *, yes: bool) -> None:
    """Take in the last commands of a shell's history, by default those in its own file.

    They are of all folders, not only of this workspace. Secrets are left out.
    """
    root = root_of((folder,))
    path = file or next((each for each in places(shell, os.environ) if each.exists()), None)
    if path is None:
        usual = " or ".join(map(str, places(shell, os.environ)))
        click.echo(f"{shell} has no history in {usual}: give the FILE where it is.", err=True)
        ctx.exit(Exit.FAILED)
    found = read(shell, path, settings_of(root).max_tasks)
    count = len(found.activities)
    told = f"{told_of(path)}: {found.commands} commands"
    if found.left_out:
        told += f"; {found.left_out} lines that are no text or too long are left out"
    if found.is_cut:
        told += "; the file is too large, its beginning is left out"
    click.echo(f"{told}.", err=True)
    if not count:
        return
    which = f"the last {count}" if count < found.commands else f"all {count}"
    where = f"as done in {told_of(root)}, though a history is of all folders"
    if not (yes or agreed(f"Remember {which} {where}?")):
        click.echo("Nothing was taken in.", err=True)
        ctx.exit(Exit.FAILED)
    taken = asyncio.run(take_in(root, found.activities))
    click.echo(f"Taken in: {taken.came}.")
    if taken.came:
        click.echo("`understudy patterns` lists what repeats in what was done here.", err=True)
    if taken.left:
        click.echo(f"Not taken in: {taken.left}, as {taken.why}.", err=True)
        if not taken.came:
            ctx.exit(Exit.FAILED)


@activity.command("hook")
@_SHELL
def hook_(shell: str) -> None:
    """Print what makes a SHELL tell of each command, for its start-up file.

    It does so in the background, and only of commands in workspaces that Understudy was used in and
    where activity.terminal is on. What begins with a space is not told of.
    """
    click.echo(hook(shell), nl=False)
    root = root_of((Path.cwd(),))
    if not settings_of(root).terminal:
        how = f"`activity: {{terminal: true}}` in {user_file(os.environ)} switches it on"
        click.echo(
            f"Nothing is kept while activity.terminal is off, as in {told_of(root)}: {how}.",
            err=True,
        )
