"""The command line. ``understudy lsp`` starts without importing what only the others need."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: see ``exits``."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["lsp"]:
        from ..lsp.server import serve

        return serve()
    from .commands import run

    return run(given)
