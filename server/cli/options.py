"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.option(
    "--in",
    "folder",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    metavar="FOLDER",
    help="The workspace; default: the one around the current folder.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
