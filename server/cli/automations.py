"""``understudy patterns`` and ``understudy automations``: what repeats, and what is made of it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ..app.changes import printable
from ..app.learning import listing, sharing
from ..app.learning.cycle import cycle
from ..app.learning.offers import nothing_new, waits
from ..app.learning.opening import Automation, Opened
from ..disk import why
from .answering import agreed
from .automating import (
    NAME,
    PARAMETERS,
    apply,
    example_of,
    opened,
    preview,
    run,
    tell_test,
    test,
)
from .automating import values as parameters_of
from .exits import Exit
from .group import Group
from .options import AS_JSON, FOLDER
from .roots import root_of

_SHOWN = 10


@click.command
@FOLDER
@AS_JSON
def patterns(folder: Path, *, as_json: bool) -> None:
    """List what repeats in the workspace, the most useful first: how often and when it was done,
    with what, which parts vary, and why something is only listed."""

    async def look(found: Opened) -> None:
        await found.look()
        own = found.learned.workspace.settings.automations
        repeats = found.learned.patterns
        if as_json:
            told = [listing.pattern_payload(each, own) for each in repeats]
            click.echo(json.dumps(told, indent=2))
            return
        for each in repeats:
            _echo([*listing.pattern_lines(each, own), ""])
        if not repeats:
            click.echo("Nothing was done often enough so far.", err=True)

    opened(root_of((folder,)), look)


@click.group(cls=Group)
def automations() -> None:
    """What Understudy made of what you repeat: scripts that are tried in the sandbox, shown as a
    diff before they change anything, and taken back with `understudy undo`."""


for _command in (run, preview, apply, test):
    automations.add_command(_command)


@automations.command("list")
@FOLDER
@AS_JSON
def list_(folder: Path, *, as_json: bool) -> None:
    """List them, the most useful first: state, name, how often it was done, what it saves, its
    record."""

    async def look(found: Opened) -> None:
        learned = found.learned
        every = learned.automations
        if as_json:
            told = [listing.automation_payload(each, learned.record(each)) for each in every]
            click.echo(json.dumps(told, indent=2))
            return
        _echo(listing.automation_line(each, learned.record(each)) for each in every)
        if not every:
            click.echo(
                "There is none so far; `understudy automations learn` looks for what repeats.",
                err=True,
            )
        elif any(waits(each) for each in every):
            click.echo(
                "`understudy automations enable NAME` accepts one that is tried, at once.", err=True
            )

    opened(root_of((folder,)), look)


@automations.command
@NAME
@click.option("--script", "whole", is_flag=True, help="Print its whole script, too.")
@FOLDER
@AS_JSON
def show(name: str, folder: Path, *, whole: bool, as_json: bool) -> None:
    """Print what one does and asks for, what it may touch, what came of its trial, and its last
    runs."""

    async def look(found: Opened) -> None:
        learned, automation = found.learned, found.learned.find(name)
        runs = await learned.store.executions(automation.id, _SHOWN)
        script, unread = "", ""
        try:
            script = learned.runs.source_of(automation)
        except (OSError, ValueError) as error:
            unread = f" ({why(error)})"
        told = listing.automation_payload(automation, learned.record(automation))
        path = str(learned.runs.script_of(automation))
        if as_json:
            last = [listing.execution_payload(each) for each in runs]
            told |= {"path": path, "script": script, "executions": last}
            click.echo(json.dumps(told, indent=2))
            return
        metadata = listing.metadata_of(script)
        _echo(listing.automation_lines(automation, learned.record(automation), metadata))
        _echo([f"  script: {path}{unread}", *map(listing.execution_line, runs)])
        if whole:
            _echo(["", *script.splitlines()])

    opened(root_of((folder,)), look)


@automations.command
@NAME
@PARAMETERS
@FOLDER
@click.pass_context
def edit(ctx: click.Context, name: str, parameters: tuple[str, ...], folder: Path) -> None:
    """Open the script of one in your editor ($VISUAL, else $EDITOR). Once it is otherwise, it is
    tried again; one that is active stays so where nothing is against it."""
    root, given = root_of((folder,)), parameters_of(parameters)

    async def place(found: Opened) -> tuple[Path, str]:
        automation = found.learned.find(name)
        return found.learned.runs.script_of(automation), found.learned.runs.source_of(automation)

    async def tried(found: Opened) -> tuple[Automation, Automation, str, str, bool] | None:
        automation = found.learned.find(name)
        source = found.learned.runs.source_of(automation)
        if source == before and not await found.learned.runs.is_edited(automation):
            return None
        click.echo("It is tried again.", err=True)
        tested, untried = await found.test(automation, given)
        words = example_of(found, tested)
        return automation, tested, untried, words, found.learned.workspace.trusted

    path, before = opened(root, place)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    if (code := subprocess.run([*shlex.split(editor), str(path)], check=False).returncode) != 0:
        click.echo(f"{editor} ended with {code}.", err=True)
        ctx.exit(Exit.FAILED)
    if (edited := opened(root, tried)) is None:
        click.echo("It is as it was.", err=True)
        return
    former, tested, untried, words, trusted = edited
    still = "still " if former.state is tested.state else ""
    tell_test(tested, words, trusted=trusted, still=still)
    ctx.exit(Exit.FAILED if tested.is_disabled or untried else Exit.CLEAN)


@automations.command
@NAME
@PARAMETERS
@click.option(
    "--on-save/--no-on-save",
    default=None,
    help="Run it by itself when a file that it fits is saved in an editor, and make its changes.",
)
@FOLDER
def enable(name: str, parameters: tuple[str, ...], folder: Path, *, on_save: bool | None) -> None:
    """Accept one: its script comes into .understudy/automations, and it can be run. One that is
    disabled is tried again before. Parameters are for the trial."""
    given = parameters_of(parameters)

    async def work(found: Opened) -> None:
        automation = await found.accept(found.learned.find(name), given)
        if on_save is not None:
            if on_save and not automation.when:
                raise ValueError(f"{name} fits no files, so no save can start it")
            await found.learned.run_on_save(automation, on=on_save)
        where = found.learned.runs.script_of(automation)
        alone = f" It runs by itself when {automation.when} is saved in an editor."
        words = example_of(found, automation)
        _echo([f"{name} is active: {where}.{alone if on_save else ''}"])
        _echo([f"`understudy run {words}` runs it."])

    opened(root_of((folder,)), work)


@automations.command
@NAME
@FOLDER
def disable(name: str, folder: Path) -> None:
    """Let nothing run one, until it is enabled again."""

    async def work(found: Opened) -> None:
        await found.learned.disable(found.learned.find(name))
        click.echo(f"{name} is disabled; `understudy automations enable {name}` takes it back.")

    opened(root_of((folder,)), work)


@automations.command
@NAME
@click.option("--yes", is_flag=True, help="Without a question.")
@FOLDER
@click.pass_context
def remove(ctx: click.Context, name: str, folder: Path, *, yes: bool) -> None:
    """Take one out: its script goes, with what is kept of its runs, and it is not offered again.
    Where you had accepted it, `understudy undo` brings the script back, and `enable` the
    automation."""

    async def work(found: Opened) -> bool | None:
        automation = found.learned.find(name)
        if wanted := yes or agreed(f"Remove {name}?"):
            enable = f"`understudy automations enable {example_of(found, automation)}`"
            back = f"`understudy undo` brings its script back, and {enable} takes it in again."
            was_there = await found.learned.remove(automation)
            click.echo(f"{name} is removed; {back if was_there else 'it is not made again.'}")
        return wanted

    if not (done := opened(root_of((folder,)), work)):
        nobody = "There is no terminal to ask on; --yes removes it. " if done is None else ""
        click.echo(f"{nobody}Nothing was removed.", err=True)
        ctx.exit(Exit.FAILED)


@automations.command
@FOLDER
@click.pass_context
def learn(ctx: click.Context, folder: Path) -> None:
    """Look through what was done now: find what repeats, make and try automations of it, review
    those that run. Tells what it did."""

    async def work(found: Opened) -> bool:
        if not found.learned.workspace.settings.automations.enabled:
            raise ValueError("nothing is looked for: automations.enabled is off in the settings")
        told = await cycle(found.learned, wait=True)
        if not told:
            found.learned.runs.admit()
        _echo(told or [nothing_new(found.learned.automations)])
        return found.learned.workspace.trusted

    if not opened(root_of((folder,)), work):
        ctx.exit(Exit.USAGE)


@automations.command
@FOLDER
@AS_JSON
def stats(folder: Path, *, as_json: bool) -> None:
    """Tell by template and by state how many there are, how often their runs succeed (with the
    interval in which the rate lies with 95 %), and what they saved."""

    async def look(found: Opened) -> None:
        learned = found.learned
        known = learned.automations, learned.tally
        by = {
            "template": listing.rows(*known, lambda each: each.template),
            "state": listing.rows(*known, lambda each: each.state),
        }
        if as_json:
            told: dict[str, Any] = {
                key: {row.name: row.payload for row in rows} for key, rows in by.items()
            }
            click.echo(json.dumps(told, indent=2))
            return
        for key, rows in by.items():
            _echo([f"By {key}:", *(row.line for row in rows)])

    opened(root_of((folder,)), look)


@automations.command
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--script", is_flag=True, help="The plain script of one, instead of JSON.")
@FOLDER
def export(names: tuple[str, ...], folder: Path, *, script: bool) -> None:
    """Print automations as JSON, by default all: their scripts with their records."""
    if script and len(names) != 1:
        raise click.UsageError("--script takes one NAME.")

    async def look(found: Opened) -> None:
        if script:
            automation = found.learned.find(names[0])
            click.echo(found.learned.runs.source_of(automation), nl=False)
        else:
            told, left = await sharing.exported(found, names)
            click.echo(told)
            for each in left:
                click.echo(printable(each), err=True)

    opened(root_of((folder,)), look)


@automations.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@PARAMETERS
@FOLDER
@click.pass_context
def import_(ctx: click.Context, file: Path, parameters: tuple[str, ...], folder: Path) -> None:
    """Take in a script, or what `export` printed. Each is validated, tried and listed, and runs
    only once it is enabled. Parameters are for the trial."""
    given = parameters_of(parameters)

    async def work(found: Opened) -> bool:
        tested = [await sharing.taken_in(found, each, given) for each in sharing.read_file(file)]
        for each in tested:
            tell_test(each, example_of(found, each), trusted=found.learned.workspace.trusted)
        return all(not each.is_disabled for each in tested)

    if not opened(root_of((folder,)), work):
        ctx.exit(Exit.FAILED)


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(printable(line))
