"""The scripts of automations that were accepted, as files of the workspace. For threads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...journal.beneath import Beneath
from ...journal.change import Change, State
from ..undoing import write

_FOLDER = ".understudy/automations"
_MODE = 0o755
_CONSENTS = frozenset({"understudy"})
_MOST = 10_000


def path_of(root: Path, name: str) -> Path:
    return root / _FOLDER / f"{name}.py"


def digest(source: str) -> str:
    """By which a script is known."""
    return hashlib.sha256(source.encode()).hexdigest()


def listed(root: Path) -> list[str]:
    """The names of those that are there."""
    try:
        found = sorted(each.stem for each in (root / _FOLDER).iterdir() if each.suffix == ".py")
    except OSError:
        return []
    return found[:_MOST]


def write_script(root: Path, name: str, source: str) -> None:
    """In place of the one that is there. Raises OSError; then nothing was changed."""
    _change(root, name, State.of(source.encode(), _MODE), f"create automation {name}")


def remove_script(root: Path, name: str) -> None:
    """Raises OSError."""
    _change(root, name, None, f"remove automation {name}")


def _change(root: Path, name: str, after: State | None, what: str) -> None:
    path = f"{_FOLDER}/{name}.py"
    with Beneath(root) as place:
        before = place.look(path)
    if before or after:
        write([Change.between(path, before, after)], root, what, _CONSENTS)
