"""``understudy sandbox run|list|show|apply|probe``: try a command, and see what it would change."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..app import undoing
from ..app.sandboxing import (
    Hosts,
    Level,
    Limits,
    Machine,
    Past,
    Policy,
    Sandbox,
    Status,
    Trial,
    history,
    line,
    payload,
)
from .answering import agreed
from .exits import Exit
from .group import Group
from .options import FOLDER
from .roots import root_of, told_of
from .trial import NOT_CLEAN, offer, show_trial, watched

_YEAR = 31_536_000.0
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _is_number(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("that is no number")
    return value


class _Size(click.ParamType[int]):
    """Bytes, from a number with a unit or without one."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        matched = re.fullmatch(r"([1-9][0-9]{0,9})([KMG]?)", str(value), re.IGNORECASE)
        if not matched:
            self.fail(f"{value!r} is no size, such as 512M", param, ctx)
        return int(matched[1]) * _UNITS[matched[2].upper()]


_SIZE = _Size()

_ALL = click.option("--all", "everything", is_flag=True, help="Show what git ignores, too.")
_YES = click.option("--yes", is_flag=True, help="Apply it without a question.")
_CONSENT = click.option(
    "--consent",
    multiple=True,
    type=click.Choice(undoing.CONSENTS),
    help="With --yes: also files that these run by themselves.",
)


@click.group(cls=Group)
def sandbox() -> None:
    """Run a command on a view of the workspace: what it writes is shown, and nothing is changed."""


# What comes behind the command's name is the command's own.
@sandbox.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--network",
    multiple=True,
    metavar="HOST[:PORT]",
    help="May be reached, through a proxy; *.HOST: what is below it. Default: none.",
)
@click.option("--write", multiple=True, metavar="GLOB", help="Only this may change; default: all.")
@click.option(
    "--read", multiple=True, metavar="PATH", help="Is seen outside of the workspace, too."
)
@click.option(
    "--hide", multiple=True, metavar="GLOB", help="Is not seen, either; !GLOB: is seen after all."
)
@click.option(
    "--env", multiple=True, metavar="NAME[=VALUE]", help="Reaches it, as it is here or as named."
)
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0.1, _YEAR),
    callback=_is_number,
    metavar="SECONDS",
    help="Then it ends.",
)
@click.option("--memory", type=_SIZE, metavar="SIZE", help="It may hold, as 512M; default: 4G.")
@click.option("--disk", type=_SIZE, metavar="SIZE", help="It may write; default: 1G.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    metavar="COUNT",
    help="It may have at once, threads included; default: 512.",
)
@click.option(
    "--level",
    type=click.Choice([each.value for each in Level]),
    default=Level.ISOLATED.value,
    help="The least that has to keep it in; default: A. With less you are asked.",
)
@click.option("--apply", "applies", is_flag=True, help="When it is clean, ask, and make it so.")
@click.option("--copy", is_flag=True, help="On a copy: what renames folders needs one.")
@_YES
@_CONSENT
@_ALL
@click.option("--json", "as_json", is_flag=True, help="As JSON, and nothing else.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    command: tuple[str, ...],
    network: tuple[str, ...],
    write: tuple[str, ...],
    read: tuple[str, ...],
    hide: tuple[str, ...],
    env: tuple[str, ...],
    level: str,
    *,
    applies: bool,
    copy: bool,
    yes: bool,
    consent: tuple[str, ...],
    everything: bool,
    as_json: bool,
    **limits: float | None,
) -> None:
    """Run COMMAND, and print what it would change as a diff.

    Options come before it. No shell reads it: pipes, && and * need one, as in sh -c 'a && b'.

    It sees the workspace around the current folder without what holds secrets, the system, and
    nothing else; of the network, the hosts that are named. Ends with the command's exit code; with
    3 when it was not run, was ended, or changed what it may not. The diff comes behind what the
    command prints; understudy sandbox show prints it alone. The command's own input is empty,
    whatever comes through a pipe: what it is to read stands in a file, as in sh -c 'sort < names'.
    """
    try:
        Hosts(network)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--network") from error
    defaults = Policy()
    named = [each.partition("=") for each in env]
    policy = replace(
        defaults,
        read=tuple(str(Path(each).resolve()) for each in read),
        hide=(*defaults.hide, *hide),
        write=write or defaults.write,
        hosts=network,
        copy=copy,
        environment=(*defaults.environment, *(name for name, equals, _ in named if not equals)),
        variables={name: value for name, equals, value in named if equals},
        limits=_limits(limits),
    )
    root = root_of([Path.cwd()])  # once: what marks a workspace may come meanwhile
    undoing.recover(root)
    trial = asyncio.run(_run(command, root, policy, Level(level), quiet=as_json))
    if trial is None:
        click.echo("It was not run.", err=True)
        if as_json:
            click.echo(json.dumps(None))
        ctx.exit(Exit.FAILED)
    if as_json:
        click.echo(json.dumps(payload(trial), indent=2))
        fits = bool(trial.is_clean and trial.changes)
    else:
        fits = show_trial(trial, root, everything=everything)
    if applies and trial.is_clean and trial.changes:
        what = undoing.title(command)
        ctx.exit(offer(trial, root, what, yes=yes, consents=consent).exit if fits else Exit.FAILED)
    if fits and not as_json:
        click.echo(f"`understudy sandbox apply {trial.id}` makes it so.", err=True)
    if applies and not trial.is_clean and trial.changes:
        click.echo(NOT_CLEAN, err=True)
    if trial.status in (Status.CLEAN, Status.FAILED):
        ctx.exit(trial.exit_code or Exit.CLEAN)
    ctx.exit(Exit.FAILED)


def _limits(given: Mapping[str, Any]) -> Limits:
    limits = Limits()._replace(**{name: value for name, value in given.items() if value})
    return limits._replace(file=min(limits.file, limits.disk))


async def _run(
    command: Sequence[str], root: Path, policy: Policy, least: Level, *, quiet: bool
) -> Trial | None:
    """None when the user does not want it. Raises BrokenPipeError when nobody reads any more."""
    here = Path.cwd()
    async with Sandbox.open(root) as opened:
        machine = opened.machine
        if not quiet:
            said = machine.said(policy.hosts)
            click.echo(f"Level {machine.level}. {said} Workspace: {_named(root)}.", err=True)
        if not _is_wanted(machine, least):
            return None

        def running(listen: Callable[[bytes], object] | None) -> Coroutine[Any, Any, Trial]:
            return opened.run(command, policy, least=least, cwd=here, listen=listen)

        return await watched(running, quiet=quiet)


def _is_wanted(machine: Machine, least: Level) -> bool:
    """Whether the user agrees to the level. What is below ``least`` is refused by who runs it."""
    if machine.why_not(least):
        click.echo(f"With --level {machine.level} it is run, after a question.", err=True)
        return True
    return machine.level is Level.ISOLATED or bool(agreed("Run it all the same?"))


def _named(root: Path) -> str:
    """Who stands in a folder that is no project's is told so: all of it is seen, and can change."""
    what = {Path.home(): " (your home folder)", Path("/"): " (the whole machine)"}
    return f"{told_of(root)}{what.get(root, '')}"


@sandbox.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@FOLDER
def list_(folder: Path, *, as_json: bool) -> None:
    """List the commands that were tried in the workspace, the newest first: number, time, level,
    how it ended, what it would change. The last twenty are kept."""
    found = history(root_of((folder,))).all()
    if as_json:
        told = [{**payload(each.trial), "at": each.at, "argv": each.argv} for each in found]
        click.echo(json.dumps(told, indent=2))
        return
    for each in found:
        click.echo(line(each))
    if not found:
        click.echo("Nothing was tried.")


_NUMBER = click.argument("number", type=int, required=False, metavar="[ID]")


@sandbox.command
@_NUMBER
@_ALL
@FOLDER
def show(number: int | None, folder: Path, *, everything: bool) -> None:
    """Print what ID, by default the last one, would change."""
    root = root_of((folder,))
    past = _past(root, number)
    click.echo(line(past), err=True)
    show_trial(past.trial, root, everything=everything)


@sandbox.command
@_NUMBER
@_ALL
@_YES
@_CONSENT
@FOLDER
@click.pass_context
def apply(
    ctx: click.Context,
    number: int | None,
    folder: Path,
    *,
    everything: bool,
    yes: bool,
    consent: tuple[str, ...],
) -> None:
    """Make what ID, by default the last one, would change so, after a question. What was edited
    since stays where both go together; else nothing is written, and the files are named."""
    root = root_of((folder,))
    past = _past(root, number)
    click.echo(line(past), err=True)
    fits = show_trial(past.trial, root, everything=everything)
    if past.trial.is_clean and not past.trial.changes:
        return
    if not past.trial.is_clean:
        click.echo(NOT_CLEAN, err=True)
        ctx.exit(Exit.FAILED)
    what = undoing.title(past.argv)
    done = offer(past.trial, root, what, yes=yes, consents=consent).exit if fits else Exit.FAILED
    ctx.exit(done)


def _past(root: Path, number: int | None) -> Past:
    trials = history(root)
    try:
        past = trials.newest() if number is None else trials.load(number)
    except LookupError as error:
        complaint = f"There is no trial {number}; see `understudy sandbox list`."
        raise click.UsageError(complaint) from error
    if past is None:
        raise click.UsageError("Nothing was tried here; see `understudy sandbox run`.")
    return past


@sandbox.command
@click.option("--fresh", is_flag=True, help="Find out anew.")
@click.pass_context
def probe(ctx: click.Context, *, fresh: bool) -> None:
    """Tell at which level commands are kept in here, and what would raise it.

    The answer is found by a program that tries what is forbidden. Ends with 3 below level A.
    """
    machine = asyncio.run(_probe(fresh))
    click.echo(f"Level {machine.level}. {machine.said()}")
    made = " with ".join(filter(None, (machine.launcher, machine.backend)))
    if made:
        click.echo(f"Made of: {made}.")
    for reason in machine.failed:
        click.echo(f"Not formed: {reason}.")
    for advice in machine.raised_by:
        click.echo(f"What would raise it: {advice}.")
    ctx.exit(Exit.CLEAN if machine.level is Level.ISOLATED else Exit.FAILED)


async def _probe(fresh: bool) -> Machine:
    async with Sandbox.open(root_of([Path.cwd()]), fresh=fresh) as opened:
        return opened.machine
