"""Everything that can happen, as one closed union. ``core.Core.handle`` has an arm for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model import Edit

if TYPE_CHECKING:  # fixes are imported when there are some
    from .sinks import FileFix


@dataclass(frozen=True, slots=True)
class Opened:
    """``path`` is absolute, or a bare name for a buffer that was never saved."""

    uri: str
    path: str
    text: str
    version: int
    language: str


@dataclass(frozen=True, slots=True)
class Edited:
    """``edits`` turn the text before into ``text``, each made on what the one before it left."""

    uri: str
    text: str
    version: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What was told of a document was of a text before the one of this version."""

    uri: str
    version: int


@dataclass(frozen=True, slots=True)
class Saved:
    uri: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """The editor has made a fix that it was asked to make; the document was not saved since."""

    uri: str
    fix: FileFix


@dataclass(frozen=True, slots=True)
class Closed:
    uri: str


@dataclass(frozen=True, slots=True)
class FilesTouched:
    """Something outside the editor's buffers wrote or removed these files or folders. ``created``:
    of those that were written, the ones that were not there before."""

    written: tuple[Path, ...] = ()
    deleted: tuple[Path, ...] = ()
    created: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class FilesRenamed:
    """Old and new paths, of files or folders."""

    renames: tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class RootsChanged:
    added: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """What the editor says of the settings; None: it does not know them."""

    values: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TrustDecided:
    """``root`` None: all roots. ``lasting``: to be remembered after this session."""

    trusted: bool
    root: Path | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class JobAnswered:
    """The user's word on a job that was interrupted."""

    root: Path
    job: int
    again: bool


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """A command that was typed into a terminal of the editor. ``exit_code`` and ``seconds`` are
    None where they are not known; ``terminal``: which one."""

    line: str
    cwd: Path
    exit_code: int | None
    seconds: float | None
    terminal: str


Event = (
    Opened
    | Edited
    | Overtaken
    | Saved
    | Fixed
    | Closed
    | FilesTouched
    | FilesRenamed
    | RootsChanged
    | EditorSettings
    | TrustDecided
    | JobAnswered
    | CommandEnded
)
