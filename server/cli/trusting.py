"""``understudy trust|untrust``: what may run in a workspace is the user's decision."""

from __future__ import annotations

from pathlib import Path

import click

from ..state import state_dir
from ..trust import Trust

_FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
_folder = click.argument("folder", default=".", type=_FOLDER)


@click.command
@_folder
def trust(folder: Path) -> None:
    """Let the programs run that FOLDER brings along: interpreters and tools that it configures."""
    _decide(folder, trusted=True)


@click.command
@_folder
def untrust(folder: Path) -> None:
    """Run nothing that FOLDER brings along. It is still checked."""
    _decide(folder, trusted=False)


def _decide(folder: Path, *, trusted: bool) -> None:
    decisions = Trust(state_dir())
    decisions.decide(folder, trusted=trusted)
    if decisions.problem:
        click.echo(decisions.problem, err=True)
    click.echo(f"{folder} is now {'trusted' if trusted else 'not trusted'}.")
