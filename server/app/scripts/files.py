"""The scripts of automations that were accepted, as files of the workspace. For threads."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from ...journal.beneath import Beneath
from ...journal.change import Change, Entry, State
from ..undoing import write

_FOLDER = ".understudy/automations"
_MODE = 0o755
_NEW_FOLDER = State(Entry.FOLDER, 0o755)
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
    path = PurePosixPath(_FOLDER, f"{name}.py")
    with Beneath(root) as place:
        before = place.look(str(path))
        above = [each for each in path.parents[:-1] if after and not place.look(str(each))]
    folders = [Change.between(str(each), None, _NEW_FOLDER) for each in reversed(above)]
    if before or after:
        changes = [*folders, Change.between(str(path), before, after)]
        write(changes, root, what, _CONSENTS)
