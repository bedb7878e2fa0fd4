"""Running a tool to its end, within bounds: what it prints cannot fill the memory."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_MOST_BYTES = 64 << 20
MOST_MEMORY = 2 << 30
"""Of data, in bytes: a file without end that it reads ends the tool, not the machine."""


class Done(NamedTuple):
    """``status`` as in ``subprocess``: negative when a signal ended it."""

    status: int
    output: bytes
    errors: bytes

    @property
    def complaint(self) -> str:
        """The end of what it had to say for itself."""
        said = self.errors[-300:].decode("utf-8", "replace").strip()
        return said or end_of(self.status)


def end_of(status: int) -> str:
    """How a process ended, for people; ``status`` as in ``Done``."""
    if status < 0:
        return f"a signal ended it ({signal.strsignal(-status) or -status})"
    return f"it ended with status {status}"


def run(
    argv: Sequence[str],
    cwd: Path,
    content: bytes = b"",
    inherited: Sequence[int] = (),
    memory: int = MOST_MEMORY,
) -> Done:
    """Run ``argv`` with ``content`` on its standard input, and the descriptors ``inherited``, in
    ``memory`` bytes of data.

    Raises OSError when it cannot be started, ValueError when it prints without end.
    """
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
        )
    with process:
        with contextlib.suppress(OSError):  # it has ended
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory, memory))
        try:
            output, errors = _read(process)
        except BaseException:
            process.kill()
            raise
    return Done(process.returncode, output, errors)


def _read(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            for key, _ in selector.select():
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    selector.unregister(key.fileobj)
                key.data.extend(piece)
            if len(output) + len(errors) > _MOST_BYTES:
                raise ValueError(f"it printed more than {_MOST_BYTES:,} bytes")
    return bytes(output), bytes(errors)
