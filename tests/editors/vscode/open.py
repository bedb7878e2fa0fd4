"""Opens the real VS Code with the extension on a copy of the sample, or on a project of yours.

usage: python -m tests.editors.vscode.open [PROJECT]

Prints the address to open in a browser, and runs until Ctrl-C.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .code_server import SAMPLE, CodeServer, missing


def main(project: Path | None) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="us-", ignore_cleanup_errors=True) as home,
        CodeServer.running(Path(home)) as server,
    ):
        folder = project or Path(shutil.copytree(SAMPLE, Path(home) / "shop"))
        # VS Code asks whether to trust a project of the user's.
        server.configure(interpreter=Path(sys.executable), trust=project is None, triggers=True)
        print(f"VS Code: {server.url(folder)}\nCtrl-C ends it.", flush=True)
        signal.pause()


if __name__ == "__main__":
    if reason := missing():
        sys.exit(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        main(Path(sys.argv[1]).resolve() if sys.argv[1:] else None)
