"""``understudy baseline``: what is there is known, what is new is shown, and counts only fall."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import NoReturn

import click

from ..app.batch import Batch
from ..app.results.baseline import Baseline, Risen, baseline_file, name_below, read, risen, taken
from ..app.results.scan import Scan
from .excerpt import shown
from .exits import Exit
from .group import Group
from .options import AS_JSON, FOLDER
from .roots import root_of, told_of
from .scan import check, progress_bar
from .text import number, silences


@click.group(cls=Group)
def baseline() -> None:
    """Keep the findings of a project in .understudy/baseline.json, a file to commit: they are known
    from then on, `scan` and the gates of git hooks are about new ones, and editors show the known
    ones as `baseline.show` says."""


@baseline.command
@click.option("--force", is_flag=True, help="Also in place of the one that is there.")
@FOLDER
def create(folder: Path, *, force: bool) -> None:
    """Take all that is found now."""
    root = root_of((folder,))
    if baseline_file(root).exists() and not force:
        raise click.UsageError(
            f"{told_of(baseline_file(root))} is there: `understudy baseline update` lowers it,"
            " --force makes it anew."
        )
    asyncio.run(_take(root, anew=True, force=True))


@baseline.command
@click.option("--force", is_flag=True, help="Take what is new, too.")
@FOLDER
def update(folder: Path, *, force: bool) -> None:
    """Take out what was fixed, and follow files that were renamed. Nothing new is taken."""
    asyncio.run(_take(root_of((folder,)), anew=False, force=force))


async def _take(root: Path, *, anew: bool, force: bool) -> None:
    async with Batch.open(root) as batch:
        wrong = batch.config_problems
        if anew:
            batch.forget_baseline()
            wrong = tuple(each for each in wrong if each.path != baseline_file(root))
        check(wrong)
        if not anew:
            _needed(batch.baseline, root)
        found = await _scanned(batch, root)
        kept = taken(found) if force else found.kept
        assert kept is not None
        await batch.keep(kept)
    total = number(sum(kept.counts.values()), "finding")
    click.echo(f"{told_of(baseline_file(root))} has {total} in {number(len(kept.files), 'file')}.")
    if not anew and found.fixed is not None:
        click.echo(f"{sum(found.fixed.counts.values())} were fixed.")
        if new := sum(map(len, found.only(None, new=True).values())):
            told = "were taken" if force else "were not taken; --force takes them"
            click.echo(f"{new} new ones {told}.")


async def _scanned(batch: Batch, root: Path) -> Scan:
    """Raises ClickException when not everything could be looked at."""
    with progress_bar() as progress:
        found = await batch.scan([root], progress)
    if batch.trouble:
        click.echo(batch.trouble, err=True)
    for line in silences(found.silences, lambda path: name_below(root, path)):
        click.echo(line.plain, err=True)
    if not found.complete:
        click.echo("Not everything could be looked at, which a baseline needs.", err=True)
        click.get_current_context().exit(Exit.FAILED)
    return found


@baseline.command
@AS_JSON
@FOLDER
def show(folder: Path, *, as_json: bool) -> None:
    """Tell how much there is, by folder and rule."""
    root = root_of((folder,))
    try:
        known = _needed(read(root), root)
    except ValueError as error:
        _unreadable(root, error)
    counts = known.counts
    if as_json:
        by_folder: dict[str, dict[str, int]] = {}
        for (place, rule), count in sorted(counts.items()):
            by_folder.setdefault(place, {})[rule] = count
        click.echo(json.dumps(by_folder, indent=2))
        return
    for (place, rule), count in sorted(counts.items()):
        click.echo(f"{count:>6}  {shown(rule):<24} {shown(place)}")
    total = number(sum(counts.values()), "finding")
    click.echo(f"{total} in {number(len(known.files), 'file')}")


@baseline.command("check")
@click.pass_context
@FOLDER
def check_counts(ctx: click.Context, folder: Path) -> None:
    """The ratchet: end with 1 when there is more of a rule in a folder than the baseline has."""
    root = root_of((folder,))

    async def look() -> list[Risen]:
        async with Batch.open(root) as batch:
            check(batch.config_problems)
            known = _needed(batch.baseline, root)
            return risen(known.counts, taken(await _scanned(batch, root)).counts)

    more = asyncio.run(look())
    for each in more:
        rose = f"{each.rule} rose from {each.allowed} to {each.found}"
        click.echo(shown(f"{each.folder}: {rose}"))
    if not more:
        click.echo("No count rose.")
    ctx.exit(Exit.FINDINGS if more else Exit.CLEAN)


def _needed(known: Baseline | None, root: Path) -> Baseline:
    if known is None:
        told = f"There is no {told_of(baseline_file(root))}: `understudy baseline create` makes it."
        raise click.UsageError(told)
    return known


def _unreadable(root: Path, error: ValueError) -> NoReturn:
    raise click.UsageError(f"{told_of(baseline_file(root))} cannot be read: {error}")
