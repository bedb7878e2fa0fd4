"""``understudy activity record``: what the hooks of shells run after each command, and nobody waits
for."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..app.recorded import record
from .exits import Exit

_LONGEST = 1 << 20
_LATEST = 1e12
"""Seconds; no clock tells of more."""


def run_record(arguments: Sequence[str]) -> int:
    """Remember the command that comes through the standard input: ``--at``, ``--seconds``,
    ``--code``, ``--session``, and ``--in`` the folder. The exit code."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    try:
        at, seconds = _seconds(given["--at"]), _seconds(given.get("--seconds", "0"))
        code, folder = int(given.get("--code", 0)), Path(given["--in"])
    except (KeyError, ValueError):
        told = "--at SECONDS --in FOLDER [--seconds N] [--code N] [--session NAME]"
        print(f"Usage: understudy activity record {told}", file=sys.stderr)
        return Exit.USAGE
    text = sys.stdin.buffer.read(_LONGEST).decode("utf-8", "replace").rstrip("\n")
    with suppress(OSError, sqlite3.Error):  # nobody is there to be told
        record(
            text,
            folder.resolve(),
            at=at,
            session=given.get("--session", ""),
            seconds=seconds,
            ok=code == 0,
        )
    return Exit.CLEAN


def _seconds(text: str) -> float:
    """Of the epoch, or that something took. Raises ValueError for what cannot be either."""
    if not 0 <= (seconds := float(text)) <= _LATEST:
        raise ValueError(text)
    return seconds
