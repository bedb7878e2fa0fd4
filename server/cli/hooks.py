"""``understudy hooks``: what git tells Understudy, and what may hold git back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from ..app.changes import printable
from ..app.hooks.handover import HOOKS
from ..app.hooks.hook_script import BLOCKING, Hook
from ..app.hooks.install import Hooks, Seen, Standing
from ..model import Severity
from .exits import Exit
from .group import Group
from .roots import told_of

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]
_names = click.argument("names", nargs=-1, type=click.Choice(HOOKS), metavar="[NAME]...")


@click.group(cls=Group)
def hooks() -> None:
    """Let git tell Understudy of commits, pushes and merges; NAME is pre-commit, post-commit,
    pre-push or post-merge, by default all of them."""


@hooks.command
@_names
@click.option(
    "--gate",
    type=click.Choice(_SEVERITIES),
    help="Check what is staged or pushed, and hold it back for this severity or a worse one.",
)
@click.option("--strict", is_flag=True, help="With --gate: a tool that failed holds it back too.")
@click.option("--force", is_flag=True, help="Also into a folder that other repositories may use.")
def install(names: tuple[str, ...], gate: str | None, strict: bool, force: bool) -> None:
    """Install hooks that hand over and return at once. A hook that exists is kept and runs first.

    Again with other options, it changes the hooks that are there.
    """
    if strict and not gate:
        raise click.UsageError("--strict needs --gate.")
    if gate and names and not set(names) & set(BLOCKING):
        raise click.UsageError(f"Only {' and '.join(BLOCKING)} can have a gate.")
    wanted = [
        Hook(name, sys.executable, gate, strict)
        if gate and name in BLOCKING
        else Hook(name, sys.executable)
        for name in names or HOOKS
    ]
    _print(Hooks.around(Path.cwd()).install(wanted, shared=force))


@hooks.command
@_names
@click.pass_context
def status(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Tell how each hook stands. Ends with 3 when one is installed that does not work."""
    found = Hooks.around(Path.cwd())
    seen = found.status(names or HOOKS)
    click.echo(f"Hooks are in {told_of(found.folder)}")
    _print(seen)
    broken = any(each.standing in (Standing.BROKEN, Standing.UNUSED) for each in seen)
    ctx.exit(Exit.FAILED if broken else Exit.CLEAN)


@hooks.command
@_names
def uninstall(names: tuple[str, ...]) -> None:
    """Take the hooks out; what was there before stands there again, as it was."""
    removed = Hooks.around(Path.cwd()).uninstall(names or HOOKS)
    for each in removed:
        back = f"; {each.before.name} is {each.path.name} again" if each.before else ""
        click.echo(f"{each.name:<12} removed{back}")
    if not removed:
        click.echo("No hook of Understudy's is installed here.")


@hooks.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """What git calls: [--gate SEVERITY [--strict]] NAME [ARGUMENTS]."""
    from .hook import run_hook

    ctx.exit(run_hook(arguments))


def _print(seen: Iterable[Seen]) -> None:
    for each in seen:
        ours = each.ours
        gate = f" (gate: {ours.gate}{', strict' * ours.strict})" if ours and ours.gate else ""
        click.echo(f"{each.name:<12} {each.standing}{gate}")
        if each.note:
            click.echo(f"{'':<12} {printable(each.note)}")
