"""The entries of a journal on disk: a private folder each, with what was done and the contents from
before and after it.

While an entry is carried out its folder is called ``ID.open``; the name is the mark that something
was interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ..disk import read_regular, why
from ..state import private, private_folder, replace_file, sync_folder
from .change import printable
from .contents import Contents
from .record import MARK_BYTES, Maker, Record, decoded, encoded

_RECORD = "record.json"
_CONTENTS = "contents"
_OPEN = ".open"
_DRAFT = ".draft"
_NUMBER = re.compile(r"[0-9]{1,18}")
_DAY = 86_400.0


class Bounds(NamedTuple):
    """What is kept: so many ``entries``, so old, of so many ``bytes`` in all; always the
    newest."""

    days: float = 30.0
    entries: int = 500
    bytes: int = 1 << 30


BOUNDS = Bounds()


class Unread(NamedTuple):
    """An entry that cannot be read: its ``folder``, and ``why``."""

    folder: Path
    why: str
    interrupted: bool

    @property
    def told(self) -> str:
        """For people."""
        half = "what it was writing may be half done" if self.interrupted else "it stays as it is"
        return (
            f"the entry in {printable(str(self.folder))} cannot be read ({printable(self.why)}): "
            f"{half}; once that folder is moved away or deleted, this is not told again"
        )


class Records:
    """Those in one folder, made when missing. Everything raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)

    @property
    def lock(self) -> Path:
        return self._folder / "lock"

    def all(self) -> list[Record]:
        """The finished ones, the newest first. One that cannot be read is left out."""
        found: list[Record] = []
        newest: dict[int, Record] = {}
        for number in sorted(self._numbers(""), reverse=True):
            with contextlib.suppress(OSError):
                record = self._load(str(number))
                after = newest.get(record.origin)
                undone = after is not None and bool(after.undoes) != bool(record.undoes)
                lapsed = record.lapsed >= (after.id if after else number)
                found.append(replace(record, undone=undone or lapsed))
                if record.decides:
                    newest.setdefault(record.origin, record)
        return found

    def interrupted(self) -> list[Record]:
        """Those that were begun and not finished, the newest first. One that cannot be read is left
        out."""
        found: list[Record] = []
        for number in sorted(self._numbers(_OPEN), reverse=True):
            with contextlib.suppress(OSError):
                found.append(self._load(f"{number}{_OPEN}"))
        return found

    def unread(self) -> list[Unread]:
        found: list[Unread] = []
        for ending in (_OPEN, ""):
            for number in sorted(self._numbers(ending), reverse=True):
                try:
                    self._load(f"{number}{ending}")
                except OSError as error:
                    folder = self._folder / f"{number}{ending}"
                    found.append(Unread(folder, why(error), interrupted=ending == _OPEN))
        return found

    def find(self, number: int) -> Record:
        """A finished one. Raises LookupError when there is none, and OSError."""
        try:
            return self._load(str(number))
        except FileNotFoundError:
            raise LookupError(f"the journal has no entry {number}") from None

    def begin(self, record: Record, live: Callable[[str], int]) -> Record:
        """Have all of it on disk, under a number of its own, as begun. ``live`` opens the file at
        a path; a content that is not what its state says raises OSError."""
        return self._add(record, live, _OPEN)

    def add(self, record: Record, live: Callable[[str], int]) -> Record:
        """As ``begin``, of what is not the journal's to finish."""
        return self._add(record, live, "")

    def _add(self, record: Record, live: Callable[[str], int], ending: str) -> Record:
        number = max((*self._numbers(""), *self._numbers(_OPEN)), default=0) + 1
        draft = self._folder / f"{number}{_DRAFT}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(0o700)
        try:
            with open(draft / _CONTENTS, "xb", opener=private) as file:
                contents = Contents(file)
                changes = tuple(contents.keep(change, live) for change in record.changes)
                file.flush()
                os.fsync(file.fileno())
                size, mark = file.tell(), secrets.token_hex(MARK_BYTES)
                record = replace(record, id=number, changes=changes, size=size, mark=mark)
            replace_file(draft / _RECORD, encoded(record))
            os.rename(draft, self._folder / f"{number}{ending}")
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        sync_folder(self._folder)
        return self._load(f"{number}{ending}")

    def finish(self, record: Record) -> Record:
        os.rename(self._folder / f"{record.id}{_OPEN}", self._folder / str(record.id))
        sync_folder(self._folder)
        return self._load(str(record.id))

    def narrow(self, record: Record) -> None:
        """Write down what is left of an entry that was interrupted."""
        replace_file(self._folder / f"{record.id}{_OPEN}" / _RECORD, encoded(record))

    def drop(self, number: int) -> None:
        """Forget an entry that was interrupted. Raises FileNotFoundError when there is none."""
        self._remove(number, _OPEN)

    def confirm(self, record: Record) -> None:
        """The editor has made it."""
        self._rewrite(replace(record, maker=Maker.EDITOR))

    def lapse(self, record: Record) -> None:
        """Nothing of it stands any more."""
        self._rewrite(replace(record, lapsed=max(self._numbers(""))))

    def _rewrite(self, record: Record) -> None:
        replace_file(self._folder / str(record.id) / _RECORD, encoded(record))

    def forget(self, record: Record) -> None:
        """The editor has not made it."""
        self._remove(record.id, "")

    def prune(self, bounds: Bounds, now: float) -> None:
        """``now``: seconds since the epoch."""
        for draft in self._numbers(_DRAFT):
            shutil.rmtree(self._folder / f"{draft}{_DRAFT}", ignore_errors=True)
        size = 0
        for at, record in enumerate(self.all()):
            size += record.size
            old = record.at < now - bounds.days * _DAY
            if at and (old or at >= bounds.entries or size > bounds.bytes):
                self._remove(record.id, "")

    def _remove(self, number: int, ending: str) -> None:
        """Under its name there is a whole entry, or none: what is left of it is a draft."""
        gone = self._folder / f"{number}{_DRAFT}"
        os.rename(self._folder / f"{number}{ending}", gone)
        sync_folder(self._folder)
        shutil.rmtree(gone)

    def _numbers(self, ending: str) -> Iterator[int]:
        for name in os.listdir(self._folder):
            stem, dot, rest = name.partition(".")
            if _NUMBER.fullmatch(stem) and f"{dot}{rest}" == ending:
                yield int(stem)

    def _load(self, name: str) -> Record:
        folder = self._folder / name
        try:
            record = decoded(json.loads(read_regular(folder / _RECORD)), folder / _CONTENTS)
        except RecursionError:
            raise OSError(f"{folder / _RECORD}: it is nested too deeply") from None
        except (ValueError, LookupError, TypeError) as error:
            raise OSError(f"{folder / _RECORD}: {why(error)}") from error
        if name.partition(".")[0] != str(record.id):
            raise OSError(f"{folder / _RECORD}: it is the record of entry {record.id}")
        return record
