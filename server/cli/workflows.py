"""``understudy workflows`` and ``understudy recommendations``: how work is laid out and goes, and
what could be changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click

from ..app.changes import printable
from ..app.insights import workflow_listing as listing
from ..app.insights.recommending import Outlook, Recommending, Standing, State, open_recommending
from ..settings import load, read_layers
from ..state import state_place
from ..trust import Trust
from .answering import agreed
from .diff import echo_diff
from .exits import Exit
from .group import Group
from .options import AS_JSON, FOLDER, formats
from .roots import root_of

_T = TypeVar("_T")

_ID = click.argument("id_", metavar="ID")


def _looked(folder: Path, work: Callable[[Recommending, Outlook], Awaitable[_T]]) -> _T:
    root = root_of((folder,))
    trusted = bool(Trust(state_place()).decision(root))
    settings = load(read_layers(root), trusted=trusted).settings

    async def look() -> _T:
        async with open_recommending(root, settings) as found:
            outlook = await found.look()
            if outlook.problem:
                click.echo(printable(f"{outlook.problem}."), err=True)
            return await work(found, outlook)

    return asyncio.run(look())


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


@click.command
@formats(("text", "md", "json"))
@FOLDER
def workflows(format_: str, folder: Path) -> None:
    """Tell how the workflows are laid out that the workspace defines (GitHub Actions, Makefile,
    package.json, pre-commit, tox, nox, tasks): what needs what, the critical path, what could be
    better, a score; and how the work is really done. Nothing of them is run."""

    async def tell(_: Recommending, outlook: Outlook) -> None:
        if format_ == "json":
            click.echo(json.dumps(listing.workflows_payload(outlook), indent=2))
        elif format_ == "md":
            click.echo(listing.workflow_page(outlook))
        else:
            _echo(listing.workflow_lines(outlook))

    _looked(folder, tell)


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def recommendations(ctx: click.Context) -> None:
    """What could be changed in how work is done here: why, what it would gain, what it takes. Those
    that can be done for you are shown before they are done, and `understudy undo` takes them
    back."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, folder=Path.cwd(), as_json=False, everything=False)


@recommendations.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were dismissed, too.")
@FOLDER
@AS_JSON
def list_(folder: Path, *, as_json: bool, everything: bool) -> None:
    """List them, those that gain most for least first, and what came of those that were done."""

    async def tell(_: Recommending, outlook: Outlook) -> None:
        stand = outlook.stand
        if as_json:
            click.echo(json.dumps(listing.recommendations_payload(stand), indent=2))
            return
        _echo(listing.recommendation_lines(stand))
        if everything:
            _echo(listing.dismissed_lines(stand))
        _echo(listing.done_lines(stand.done))
        if not stand.open:
            click.echo("There is none that is open.", err=True)
        else:
            click.echo("`understudy recommendations show ID` tells all of one.", err=True)

    _looked(folder, tell)


@recommendations.command
@_ID
@FOLDER
@AS_JSON
def show(id_: str, folder: Path, *, as_json: bool) -> None:
    """Print all that is known of one, and what would be written to do it; or what came of it."""

    async def tell(found: Recommending, outlook: Outlook) -> None:
        if (row := outlook.done(id_)) is not None:
            told = listing.done_payload(row)
            _echo([json.dumps(told, indent=2)] if as_json else listing.done_lines([row]))
            return
        each = _find(outlook, id_)
        if as_json:
            told = listing.standing_payload(each, outlook.stand.ratios)
            click.echo(json.dumps(told, indent=2))
            return
        _echo(listing.standing_lines(each, outlook.stand.ratios))
        try:
            new = await found.change(each.recommendation)
        except ValueError as error:
            click.echo(f"It cannot be done for you: {error}.", err=True)
            return
        if new is not None:
            click.echo()
            echo_diff([new.change])

    _looked(folder, tell)


@recommendations.command
@_ID
@click.option("--yes", is_flag=True, help="Without a question.")
@FOLDER
@click.pass_context
def accept(ctx: click.Context, id_: str, folder: Path, *, yes: bool) -> None:
    """Do one, after a look at what is written; where that cannot be done for you, remember that you
    want to."""

    async def work(found: Recommending, outlook: Outlook) -> bool:
        each = _find(outlook, id_)
        try:
            new = await found.change(each.recommendation)
        except ValueError as error:
            click.echo(f"It cannot be done for you: {error}.", err=True)
            new = None
        if new is not None:
            echo_diff([new.change])
            if not (yes or agreed(f"Write this into {printable(new.path)}?")):
                click.echo("Nothing was written.", err=True)
                return False
        await found.accept(id_, new)
        if new is not None:
            click.echo(f"Written: {printable(new.path)}. `understudy undo` takes it back.")
        else:
            click.echo(f"Accepted. How: {printable(each.recommendation.how)}")
        return True

    if not _looked(folder, work):
        ctx.exit(Exit.FAILED)


@recommendations.command
@_ID
@FOLDER
def dismiss(id_: str, folder: Path) -> None:
    """Do not show it any more, for as long as the matter stays as it is."""

    async def work(found: Recommending, outlook: Outlook) -> None:
        _find(outlook, id_)
        await found.answer(id_, State.DISMISSED)
        click.echo("Dismissed.")

    _looked(folder, work)


@recommendations.command
@_ID
@FOLDER
@click.pass_context
def done(ctx: click.Context, id_: str, folder: Path) -> None:
    """Tell that you have done it; what comes of it is measured from now on. What goes from a file
    is seen without that."""

    async def work(found: Recommending, outlook: Outlook) -> bool:
        own = _find(outlook, id_).recommendation
        if own.is_in_file:
            click.echo(printable(listing.still_there(own)), err=True)
            return False
        await found.answer(id_, State.DONE)
        click.echo(f"Done. {listing.expected(own.measure)}")
        return True

    if not _looked(folder, work):
        ctx.exit(Exit.FAILED)


def _find(outlook: Outlook, id_: str) -> Standing:
    try:
        return outlook.find(id_)
    except ValueError as error:
        raise click.UsageError(f"{error}; `understudy recommendations list` has all.") from None
