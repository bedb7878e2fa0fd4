"""``understudy sandbox run|probe``: try a command, and see what it would change."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path

import click

from ..app import undoing
from ..app.sandboxing import (
    Hosts,
    Level,
    Limits,
    Machine,
    Policy,
    Sandbox,
    Status,
    Trial,
    diff,
    printable,
)
from .diff import echo_diff
from .exits import Exit
from .roots import root_of

_KNOWN = Level.ISOLATED, Level.PARTIAL, Level.NONE


@click.group
def sandbox() -> None:
    """Run a command on a view of the workspace: what it writes is shown, and nothing is changed."""


@sandbox.command(context_settings={"ignore_unknown_options": True})
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
    "--time", "seconds", type=click.FloatRange(0.1), metavar="SECONDS", help="Then it ends."
)
@click.option(
    "--level",
    type=click.Choice([*_KNOWN]),
    default=Level.ISOLATED,
    help="The least that has to keep it in; default: A. With C, you are asked.",
)
@click.option("--apply", "applies", is_flag=True, help="When it is clean, ask, and make it so.")
@click.pass_context
def run(
    ctx: click.Context,
    command: tuple[str, ...],
    network: tuple[str, ...],
    write: tuple[str, ...],
    read: tuple[str, ...],
    seconds: float | None,
    level: str,
    *,
    applies: bool,
) -> None:
    """Run COMMAND, and print what it would change as a diff.

    It sees the workspace around the current folder without what holds secrets, the system, and
    nothing else; of the network, the hosts that are named. Ends with the command's exit code; with
    3 when it was not run, was ended, or changed what it may not.
    """
    try:
        Hosts(network)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--network") from error
    defaults = Policy()
    policy = Policy(
        read=tuple(str(Path(each).resolve()) for each in read),
        write=write or defaults.write,
        hosts=network,
        limits=Limits(seconds=seconds) if seconds else defaults.limits,
    )
    trial = asyncio.run(_run(command, policy, Level(level)))
    if applies and trial.is_clean and trial.changes and not _apply(trial, command):
        ctx.exit(Exit.FINDINGS)
    if trial.status in (Status.CLEAN, Status.FAILED):
        ctx.exit(trial.exit_code or Exit.CLEAN)
    ctx.exit(Exit.FAILED)


async def _run(command: tuple[str, ...], policy: Policy, least: Level) -> Trial:
    here = Path.cwd()
    async with Sandbox.open(root_of([here])) as opened:
        machine = opened.machine
        click.echo(f"Level {machine.level}. {machine.said(policy.hosts)}", err=True)
        if machine.level is not Level.ISOLATED and not machine.why_not(least):
            click.confirm("Run it all the same?", abort=True, err=True)
        trial = await opened.run(command, policy, least=least, cwd=here, listen=_print)
    for note in trial.notes:
        click.echo(f"Note: {note}.", err=True)
    echo_diff(diff(trial.changes))
    click.echo(trial.said, err=True)
    return trial


def _apply(trial: Trial, command: tuple[str, ...]) -> bool:
    """Whether the user wanted it."""
    consents = undoing.needed(trial)
    for name in sorted(consents):
        asked = f"It changes files that programs run by themselves ({name}). Let it?"
        if not click.confirm(asked, err=True):
            return False
    if not click.confirm("Apply it?", err=True):
        return False
    what = f"sandbox run {shlex.join(command)}"
    record = undoing.apply(trial, root_of([Path.cwd()]), what, consents)
    if record is None:
        click.echo("All of it is so already.", err=True)
        return True
    for path in record.merged:
        click.echo(f"{printable(path)}: what was edited meanwhile stays.", err=True)
    click.echo(f"Applied; `understudy undo {record.id}` takes it back.", err=True)
    return True


def _print(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


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
