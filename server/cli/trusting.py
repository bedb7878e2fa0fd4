"""``understudy trust|untrust``: what may run in a workspace is the user's decision."""

from __future__ import annotations

from pathlib import Path

import click

from ..state import state_dir
from ..trust import Trust
from .roots import FOLDER, told_of, workspace


@click.command
@click.option("--yes", is_flag=True, help="Without a question, as always: this command asks none.")
@FOLDER
def trust(folder: Path | None, *, yes: bool) -> None:  # noqa: ARG001 - all commands know it
    """Let the programs run that FOLDER brings along: interpreters and tools that it configures.

    Without FOLDER it is the workspace around the current folder, as for `understudy scan`.
    """
    _decide(folder, trusted=True)


@click.command
@FOLDER
def untrust(folder: Path | None) -> None:
    """Run nothing that FOLDER brings along. It is still checked.

    Without FOLDER it is the workspace around the current folder, as for `understudy scan`.
    """
    _decide(folder, trusted=False)


def _decide(folder: Path | None, *, trusted: bool) -> None:
    decisions = Trust(state_dir())
    root = workspace(folder)
    decisions.decide(root, trusted=trusted)
    if decisions.problem:
        click.echo(decisions.problem, err=True)
    click.echo(f"{told_of(root)} is now {'trusted' if trusted else 'not trusted'}.")
