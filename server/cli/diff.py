"""A diff in a terminal."""

from __future__ import annotations

import click

from .excerpt import shown

_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "blue"}


def echo_diff(diff: str) -> None:
    """Coloured where it is a terminal; what would control one is not sent to it."""
    for line in diff.split("\n")[:-1]:
        click.secho(shown(line), fg=_STYLES.get(line[:1]))
