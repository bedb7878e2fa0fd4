"""Where a command writes what it tells, instead of standard output."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from ..disk import mask
from ..state import replace_file


def write(path: Path, tell: Callable[[TextIO], object]) -> None:
    """Whole or not at all; a device or a pipe is written to, not replaced."""
    text = io.StringIO()
    tell(text)
    content = text.getvalue().encode("utf-8", "replace")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            real = path.resolve()
            mode = real.stat().st_mode & 0o777 if real.exists() else 0o666 & ~mask()
            replace_file(real, content, mode)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error
