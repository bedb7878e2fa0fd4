"""``understudy trust|untrust|status``: what may run in a workspace is the user's decision."""

from __future__ import annotations

from pathlib import Path

import click

from ..settings import project_file
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


@click.command
@_folder
def status(folder: Path) -> None:
    """Tell whether FOLDER is trusted, and which settings hold there."""
    decisions = Trust(state_dir())
    decided = decisions.decision(folder)
    words = {True: "trusted", False: "not trusted", None: "not trusted (nobody has decided)"}
    click.echo(f"{folder}: {words[decided]}")
    if decided is None:
        click.echo(
            "It is checked, but no program that it brings along is run: see `understudy trust`."
        )
    config = project_file(folder)
    click.echo(f"Settings of the project: {config if config.exists() else 'none'}")
    if decisions.problem:
        click.echo(decisions.problem, err=True)


def _decide(folder: Path, *, trusted: bool) -> None:
    decisions = Trust(state_dir())
    decisions.decide(folder, trusted=trusted)
    if decisions.problem:
        click.echo(decisions.problem, err=True)
    click.echo(f"{folder} is now {'trusted' if trusted else 'not trusted'}.")
