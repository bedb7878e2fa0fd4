"""The scripts of automations that were accepted, as files of the workspace. For threads."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
from collections.abc import Collection
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ...automations.paths import SCRIPTS
from ...journal.beneath import Beneath
from ...journal.change import Change, Entry, State
from ...sandbox.trial import few
from ...sizes import size
from ...state import private_folder, replace_file
from ..undoing import undo, write

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_LARGEST = 1 << 20
_MODE = 0o755
_NEW_FOLDER = State(Entry.FOLDER, 0o755)
_CONSENTS = frozenset({"understudy"})
_MOST = 10_000
COPIES = "automation-copies"
"""In the state folder of a workspace: scripts as they are run."""
_LEFT_SECONDS = 24 * 3_600.0


def path_of(root: Path, name: str) -> Path:
    """Raises ValueError for what is no name of one."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"an automation is called by letters, digits, - and _, not {name!r}")
    return root / SCRIPTS / f"{name}.py"


def is_there(root: Path, name: str) -> bool:
    return os.path.lexists(path_of(root, name))


class Script(NamedTuple):
    """One as it was read."""

    path: Path
    source: str

    @property
    def digest(self) -> str:
        """By which it is known."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def kept(self, folder: Path) -> Path:
        """A copy that stays as it is, whatever becomes of the script: what runs is what was looked
        at. ``folder``: the state folder of the workspace, of which copies that no run needs any
        more are taken away. Raises OSError."""
        place = private_folder(folder / COPIES)
        for each in place.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process does the same
                if each.stat().st_mtime < time.time() - _LEFT_SECONDS:
                    each.unlink()
        copy = place / f"{self.path.stem}-{self.digest}.py"
        replace_file(copy, self.source.encode(), mode=0o600)
        return copy


def copied_from(copy: Path) -> str:
    """The name of the automation whose script it is."""
    return copy.stem.rpartition("-")[0]


def remove_copies(state: Path, names: Collection[str]) -> None:
    """Of scripts of these names all that were run; ``state``: as for ``Script.kept``. Raises
    OSError."""
    for each in (state / COPIES).glob("*.py"):
        if copied_from(each) in names:
            each.unlink(missing_ok=True)


def listed(root: Path) -> list[str]:
    """The names of those that are there."""
    try:
        with os.scandir(root / SCRIPTS) as entries:
            found = [each.name for each in islice(entries, _MOST) if each.name.endswith(".py")]
    except OSError:
        return []
    names = [each.removesuffix(".py") for each in found]
    if strange := [each for each in names if not _NAME.fullmatch(each)]:
        log.info("in %s is passed over what is no name of an automation: %s", root, few(strange))
    return sorted(each for each in names if _NAME.fullmatch(each))


def read_script(path: Path, root: Path) -> Script:
    """No link is followed below ``root``. Raises OSError, also for what is no regular file, and
    ValueError for what is no text."""
    below = path.relative_to(root).as_posix()
    with Beneath(root) as place, os.fdopen(place.open(below), "rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"{path} is larger than {size(_LARGEST)}")
    try:
        return Script(path, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 (byte {error.start + 1})") from error


def write_script(root: Path, name: str, source: str) -> int:
    """In place of the one that is there; the number of the entry in the journal, 0 where nothing
    had to be changed. Raises OSError; then nothing was changed."""
    return _change(root, name, State.of(source.encode(), _MODE), f"create automation {name}")


def take_back(root: Path, entry: int) -> None:
    """What an entry of the journal did. Raises OSError."""
    if entry:
        undo(root, entry)


def remove_script(root: Path, name: str) -> bool:
    """Whether there was one, which the journal brings back. Raises OSError."""
    return bool(_change(root, name, None, f"remove automation {name}"))


def _change(root: Path, name: str, after: State | None, what: str) -> int:
    path = PurePosixPath(path_of(root, name).relative_to(root))
    with Beneath(root) as place:
        before = place.look(str(path))
        above = [each for each in path.parents[:-1] if after and not place.look(str(each))]
    folders = [Change.between(str(each), None, _NEW_FOLDER) for each in reversed(above)]
    if before or after:
        changes = [*folders, Change.between(str(path), before, after)]
        record = write(changes, root, what, _CONSENTS)
        return record.id if record else 0
    return 0
