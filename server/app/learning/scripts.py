"""The scripts of automations that were accepted, as files of the workspace. For threads."""

from __future__ import annotations

from pathlib import Path

from ...journal.beneath import Beneath
from ...journal.change import Change, State
from ..undoing import write

FOLDER = Path(".understudy", "automations")
_MODE = 0o755
_CONSENTS = frozenset({"understudy"})


def write_script(root: Path, name: str, source: str) -> None:
    """In place of the one that is there. Raises OSError; then nothing was changed."""
    path = (FOLDER / f"{name}.py").as_posix()
    with Beneath(root) as place:
        before = place.look(path)
    after = State.of(source.encode(), _MODE)
    write([Change.between(path, before, after)], root, f"create automation {name}", _CONSENTS)
