"""Lines on a terminal, coloured by level."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from .base import Level, Notice, Undelivered
from .templates import printable

_STYLES = {
    Level.INFO: "cyan",
    Level.WARNING: "yellow",
    Level.ERROR: "red",
    Level.CRITICAL: "bold white on red",
}


class Console:
    """Writes to ``stream``: in colour on a terminal, unless ``environ`` has NO_COLOR."""

    name = "console"

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self._plain = bool(environ.get("NO_COLOR"))

    async def deliver(self, notice: Notice) -> None:
        try:
            await asyncio.to_thread(self._write, notice)
        except (OSError, ValueError) as error:
            raise Undelivered(f"The terminal does not take it: {error}", False) from error

    def _write(self, notice: Notice) -> None:
        from rich import console, text

        coloured = self._stream.isatty() and not self._plain
        out = console.Console(
            file=self._stream,
            color_system="standard" if coloured else None,
            highlight=False,
            soft_wrap=True,
        )
        line = text.Text.assemble(
            (f"{datetime.fromtimestamp(notice.at, UTC).astimezone():%H:%M:%S}", "dim"),
            " ",
            (notice.level.label, _STYLES[notice.level]),
            " ",
            (printable(notice.title), "bold"),
        )
        for each in printable(notice.message).splitlines():
            line.append(f"\n  {each}")
        out.print(line)
        self._stream.flush()
