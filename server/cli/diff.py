"""A diff in a terminal, or where a program reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ..app.sandboxing import Change, diff, patch
from .excerpt import shown

_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "blue"}


def echo_diff(changes: Sequence[Change]) -> None:
    """In a terminal coloured, unless ``NO_COLOR`` is set, and nothing that would control it is sent
    there; elsewhere every byte as it is, and what is no text, too, so that ``git apply`` takes
    it."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.writelines(part.encode() for part in patch(changes))
        sys.stdout.buffer.flush()
        return
    styles = {} if os.environ.get("NO_COLOR") else _STYLES
    for line in diff(changes).split("\n")[:-1]:
        style = styles.get(line[:1])
        click.echo(click.style(shown(line), fg=style) if style else shown(line))
