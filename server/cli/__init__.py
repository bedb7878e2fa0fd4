"""The command line. What an editor or git waits for starts without what only the others need."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: see ``exits``."""
    # All that is there lives until the end: looked through for garbage once more, it would take
    # a process a fifth of its time.
    atexit.register(gc.freeze)
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["lsp"]:
        from ..lsp.serving import serve

        return serve()
    if given[:2] == ["hooks", "run"] and not {"-h", "--help"} & set(given[2:]):
        from .hook import run_hook

        return run_hook(given[2:])
    if given[:2] == ["activity", "record"]:
        from .record import run_record

        return run_record(given[2:])
    from .commands import run

    _open_streams()
    return run(given)


def _open_streams() -> None:
    """Those that whoever started this has closed: the next file would get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8", errors="replace")  # noqa: SIM115
            setattr(sys, name, nowhere)
