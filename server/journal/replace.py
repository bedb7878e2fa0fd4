"""Replace one file of the user's: record, write beside it, rename over it."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ..state import private_folder, replace_file


def replace(path: Path, content: str, journal: Path, *, below: Path) -> None:
    """Make ``content`` the file's text, keeping its mode; the old text goes into ``journal`` first.

    Raises OSError, also when the path leads out of ``below`` through a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    real = path.parent.resolve(strict=True)
    if not real.is_relative_to(below.resolve(strict=True)) or path.is_symlink():
        raise OSError(f"{path} leads out of {below} through a link; it was not written")
    before = path.read_text("utf-8") if path.exists() else None
    private_folder(journal)
    entry = {"path": str(path), "before": before, "after": content, "at": time.time()}
    replace_file(journal / f"{time.time_ns()}.json", json.dumps(entry).encode())
    mode = path.stat().st_mode & 0o777 if before is not None else 0o644
    replace_file(path, content.encode(), mode)
