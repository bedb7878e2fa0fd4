"""Serving one client over stdio."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
from typing import TYPE_CHECKING

from .server import Server

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _ToClient(io.BufferedWriter):
    """What is told to a client that has gone is told to nobody. That it has gone is seen where it
    is listened to, a moment later."""

    def write(self, buffer: ReadableBuffer, /) -> int:
        with contextlib.suppress(BrokenPipeError):
            return super().write(buffer)
        return len(memoryview(buffer))

    def flush(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            super().flush()


def serve() -> int:
    """Speak LSP over stdio until the client is gone. Standard output belongs to it alone.

    Returns the exit code that LSP wants: 1 when the client left without ``shutdown``.
    """
    real = os.dup(1)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.WARNING)
    from .handlers import register  # whatever is printed meanwhile goes to the log

    server = Server()
    register(server)
    # What was imported lives until the end: no collection holds the client up to look through it.
    gc.freeze()
    with open(0, "rb", closefd=False) as stdin, _ToClient(io.FileIO(real, "wb")) as stdout:
        server.speak(stdin, stdout)
    return 0 if server.was_shut_down else 1
