"""Replace one file of the user's: record, write beside it, rename over it."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from pathlib import Path

from ..disk import LARGEST_FILE, read_regular
from ..state import private_folder, replace_file, sync_folder


def replace(path: Path, content: str, journal: Path, *, below: Path) -> None:
    """Make ``content`` the file's text, keeping its mode; the old text goes into ``journal`` first.

    Raises OSError, also when the path leads out of ``below`` through a link.
    """
    if path.is_symlink():
        raise OSError(f"{path} is a link; it was not written")
    _enter(path, below)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    _record(path, content.encode(), journal)
    replace_file(path, content.encode(), mode)


def stand_in(
    path: Path, content: bytes, mode: int, aside: Path | None, journal: Path, *, below: Path
) -> None:
    """Put a file where another stands, which is kept as ``aside`` (None: what stands there goes).

    The other is neither copied nor followed when it is a link: it has a second name before the
    first one is taken from it, so that at every moment one of the two stands at ``path``.
    Raises OSError, also when ``aside`` is something else.
    """
    _enter(path, below)
    _record(path, content, journal)
    if aside is not None and not is_same(path, aside):
        os.link(path, aside, follow_symlinks=False)
    replace_file(path, content, mode)


def is_same(path: Path, aside: Path) -> bool:
    """Whether both are names of one file: a ``stand_in`` was interrupted between its two steps."""
    try:
        return os.path.samestat(path.lstat(), aside.lstat())
    except OSError:
        return False


def step_back(path: Path, aside: Path, journal: Path, *, below: Path) -> None:
    """Undo ``stand_in``: what is kept as ``aside`` stands at ``path`` again, or nothing does."""
    _enter(path, below)
    _record(path, None, journal)
    if os.path.lexists(aside):
        os.replace(aside, path)
    else:
        path.unlink()
    sync_folder(path.parent)


def _enter(path: Path, below: Path) -> None:
    """Make the file's folder; it has to be in ``below`` when links are followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    real = path.parent.resolve(strict=True)
    if not real.is_relative_to(below.resolve(strict=True)):
        raise OSError(f"{path} leads out of {below} through a link; it was not written")


def _record(path: Path, after: bytes | None, journal: Path) -> None:
    private_folder(journal)
    entry = {
        "path": str(path),
        "before": _seen(path),
        "after": None if after is None else _readable(after),
        "at": time.time(),
    }
    replace_file(journal / f"{time.time_ns()}.json", json.dumps(entry).encode())


def _seen(path: Path) -> dict[str, str | int] | None:
    """What stands at ``path``: a file, a link, or nothing."""
    if path.is_symlink():
        return {"link": os.readlink(path)}
    if not path.exists():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    return {**_readable(read_regular(path, LARGEST_FILE)), "mode": mode}


def _readable(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
