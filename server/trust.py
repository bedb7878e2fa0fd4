"""Which workspaces the user trusts. Nothing of a workspace runs before it is trusted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .disk import read_regular, why
from .state import LOCK_SECONDS, locked, replace_file

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_VERSION = 1
_LARGEST = 1 << 24


class Trust:
    """The decisions, in ``trust.json`` of the state folder; several processes may share it.

    Every call reads the file, so that what the user decides elsewhere holds at once. A file that
    cannot be read decides nothing; one that is broken is moved aside. ``problem`` tells of it.
    """

    def __init__(self, state: Path) -> None:
        self.file = state / "trust.json"
        self._lock = state / "trust.lock"
        self.problem = ""

    def decision(self, root: Path) -> bool | None:
        """Whether ``root`` is trusted; None when nobody has decided.

        The nearest decided folder holds, ``root`` or one that it lies in: who trusts a checkout
        trusts its parts, and a part can be decided by itself. A decision on the home folder or one
        around it is for that folder alone, or one careless yes would cover every download.
        """
        try:
            decisions = self._read()
        except OSError as error:
            self.problem = f"Who is trusted cannot be read, so nothing is: {why(error)}"
            return None
        real = _real(root)
        for folder in (real, *real.parents):
            decided = decisions.get(str(folder))
            if decided is not None and (folder == real or not _holds_home(folder)):
                return decided
        return None

    def decide(self, root: Path, *, trusted: bool) -> None:
        """Store the decision durably. Raises OSError when it cannot be stored."""
        with locked(self._lock, LOCK_SECONDS):
            self._write(self._read_or_set_aside() | {str(_real(root)): trusted})

    def _read(self) -> dict[str, bool]:
        """Raises OSError when there is a file that cannot be read."""
        try:
            return self._load()
        except ValueError:
            with locked(self._lock, LOCK_SECONDS):
                return self._read_or_set_aside()

    def _read_or_set_aside(self) -> dict[str, bool]:
        """Only under the lock: another process may just have replaced the broken file."""
        try:
            return self._load()
        except ValueError as error:
            aside = self.file.with_name("trust.json.broken")
            os.replace(self.file, aside)
            self.problem = (
                f"{self.file} was broken ({error}), so no workspace counts as trusted. It was "
                f"moved to {aside.name}; decide again with `understudy trust`."
            )
            return {}

    def _load(self) -> dict[str, bool]:
        """Raises OSError, and ValueError when the file is not what ``_write`` writes."""
        try:
            stored = json.loads(read_regular(self.file, _LARGEST))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.file)) from None
        except RecursionError:
            raise ValueError("nested too deeply") from None
        version = stored.get("version") if isinstance(stored, dict) else None
        if isinstance(version, int) and version > _VERSION:
            raise OSError(f"{self.file} is of a newer Understudy: update this one")
        roots = stored.get("roots") if version == _VERSION else None
        if not isinstance(roots, dict) or not all(isinstance(one, bool) for one in roots.values()):
            raise ValueError("it does not hold decisions")
        return roots

    def _write(self, decisions: dict[str, bool]) -> None:
        stored = {"version": _VERSION, "roots": dict(sorted(decisions.items()))}
        replace_file(self.file, json.dumps(stored, indent=2).encode() + b"\n")


def _holds_home(folder: Path) -> bool:
    return _real(Path.home()).is_relative_to(folder)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def lies_in(point: EntryPoint, folder: Path) -> bool:
    """Whether the code that an entry point names lies in a folder, which then has brought it along.
    Looks for it without running any of it."""
    from importlib.util import find_spec  # only where something is plugged in

    spec = find_spec(point.module.partition(".")[0])
    if spec is None:
        return False  # importing it will tell
    places = [spec.origin, *(spec.submodule_search_locations or ())]
    real = folder.resolve()
    return any(Path(place).resolve().is_relative_to(real) for place in places if place)


_MOST_LINKS = 40


def inside(program: str, root: Path) -> bool:
    """Whether the workspace decides what a resolved program is, which then needs its trust: it lies
    there, or a link on the way to it does. The root's own links are followed."""
    if not os.path.isabs(program):
        return False
    workspace = Path(os.path.realpath(root))
    place, links = Path("/"), 0
    ahead = list(reversed(Path(program).parts[1:]))
    while ahead:
        part = ahead.pop()
        place = place.parent if part == ".." else place / part
        if place.is_relative_to(workspace):
            return True
        if place.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                return True
            target = place.readlink()
            ahead += reversed(target.parts[1:] if target.is_absolute() else target.parts)
            place = Path("/") if target.is_absolute() else place.parent
    return False


def search_path(root: Path, environ: Mapping[str, str]) -> str:
    """The PATH without what lies in the workspace, or lies wherever a program is started: from
    there nobody has chosen it."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    kept = [each for each in entries if os.path.isabs(each) and not inside(each, root)]
    return os.pathsep.join(kept)
