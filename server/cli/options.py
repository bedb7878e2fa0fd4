"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., object])

FOLDER = click.option(
    "--in",
    "folder",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    metavar="FOLDER",
    help="The workspace; default: the one around the current folder.",
)
MOST_DAYS = 36_500
"""To look back: what calendars can tell."""
AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def formats(names: Iterable[str]) -> Callable[[_Function], _Function]:
    """``--format``, as ``format_``; the first name is the default."""
    known = list(names)
    choice = click.Choice(known)
    return click.option("--format", "format_", type=choice, default=known[0], show_default=True)


def output(
    text: str = "Write to FILE instead of standard output.",
) -> Callable[[_Function], _Function]:
    """``--output``: a path, or None."""
    file = click.Path(dir_okay=False, writable=True, path_type=Path)
    return click.option("--output", type=file, metavar="FILE", help=text)
