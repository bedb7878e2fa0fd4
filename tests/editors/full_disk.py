"""A Python whose state folder is on a small disk of its own that is nearly full."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

_MOUNTED = (
    'mkdir -p "$UNDERSTUDY_STATE_DIR"; mount -t tmpfs -o size=60m none "$UNDERSTUDY_STATE_DIR";'
    ' head -c 57M /dev/zero > "$UNDERSTUDY_STATE_DIR/full"; exec "$@"'
)


def on_full_disk(folder: Path) -> Path:
    """The program to be called as a Python; ``UNDERSTUDY_STATE_DIR`` has to be set for it."""
    program = folder / "python-on-full-disk"
    own = "unshare --user --map-root-user --mount sh -ec"
    argv = f"{shlex.quote(_MOUNTED)} sh {shlex.quote(sys.executable)}"
    program.write_text(f'#!/bin/sh\nexec {own} {argv} "$@"\n')
    program.chmod(0o755)
    return program
