"""What became, or is to become, of files: plain values."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ..disk import open_regular

_CHUNK = 1 << 20


class Kind(StrEnum):
    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    MODE = "mode"


class Entry(StrEnum):
    """What stands under a name. ``SPECIAL``: a pipe, a socket, a device; never applied."""

    FILE = "file"
    LINK = "link"
    FOLDER = "folder"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class State:
    """What stands under a name. ``mode``: the permission bits, set-id ones included. ``digest``:
    SHA-256 of a file's content, of a link's ``target``. ``place``: the file in which the bytes are,
    from ``start`` on, or they are the ``content`` itself. ``modified``: nanoseconds since the
    epoch, 0 when that does not matter; two states are equal all the same."""

    entry: Entry
    mode: int = 0
    digest: str = ""
    size: int = 0
    target: str = ""
    place: str = ""
    modified: int = field(default=0, compare=False)
    content: bytes | None = field(default=None, repr=False, compare=False)
    start: int = field(default=0, compare=False)

    @staticmethod
    def of(content: bytes, mode: int) -> State:
        """A file of which the content is at hand."""
        digest = hashlib.sha256(content).hexdigest()
        return State(Entry.FILE, mode, digest, len(content), content=content)

    @property
    def is_folder(self) -> bool:
        return self.entry is Entry.FOLDER

    def holds(self, other: State | None) -> bool:
        """Whether both have the same content, whatever their modes."""
        return other is not None and (self.entry, self.digest) == (other.entry, other.digest)

    def equals(self, other: State | None) -> bool:
        """Whether both are the same, wherever their bytes are. The mode of a link means nothing."""
        same_mode = other is not None and (self.entry is Entry.LINK or self.mode == other.mode)
        return same_mode and self.holds(other)

    def read(self) -> bytes:
        """The content. Raises OSError, also when it is not what it was."""
        if self.entry is not Entry.FILE:
            return os.fsencode(self.target)
        content = b"".join(self.chunks())
        if hashlib.sha256(content).hexdigest() != self.digest:
            raise OSError(errno.ESTALE, "It has changed since", self.place)
        return content

    def chunks(self) -> Iterator[bytes]:
        """A file's content, unchecked. Raises OSError."""
        if self.content is not None:
            yield self.content
            return
        with open_regular(self.place) as file:
            file.seek(self.start)
            left = self.size
            while chunk := file.read(min(left, _CHUNK)):
                left -= len(chunk)
                yield chunk


@dataclass(frozen=True, slots=True)
class Change:
    """``path`` is relative to the workspace, with slashes; undecodable bytes are surrogates.

    ``old``: where it was before, of a renamed one. ``before``: None when nothing stood there.
    """

    kind: Kind
    path: str
    before: State | None = None
    after: State | None = None
    old: str = ""

    @staticmethod
    def between(path: str, before: State | None, after: State | None, old: str = "") -> Change:
        """The change that leads from one state to another; with ``old``, a renaming."""
        if old:
            kind = Kind.RENAMED
        elif before is None:
            kind = Kind.CREATED
        elif after is None:
            kind = Kind.DELETED
        else:
            kind = Kind.MODE if before.holds(after) else Kind.MODIFIED
        return Change(kind, path, before, after, old)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every name that is concerned."""
        return (self.old, self.path) if self.old else (self.path,)

    @property
    def inverse(self) -> Change:
        path, old = (self.old, self.path) if self.old else (self.path, "")
        return Change.between(path, self.after, self.before, old)


def inverse(changes: Iterable[Change]) -> tuple[Change, ...]:
    """What takes the changes back."""
    return tuple(change.inverse for change in changes)


def same(one: State | None, other: State | None) -> bool:
    return one is other if one is None else one.equals(other)


def gains_folder(change: Change) -> bool:
    """Whether a folder comes to stand where none was."""
    return _is_folder(change.after) and not _is_folder(change.before)


def loses_folder(change: Change) -> bool:
    """Whether a folder goes."""
    return _is_folder(change.before) and not _is_folder(change.after)


def _is_folder(state: State | None) -> bool:
    return state is not None and state.is_folder


def printable(name: str) -> str:
    """The name, what would steer a terminal or is no text as ``\\xNN`` and the like."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in name
    )
