"""One entry of a journal, and as JSON has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from .change import Change
from .encoding import change_of, moment, plain_of, texts, want

MARK_BYTES = 16
_VERSION = 3
_MARK = re.compile(rf"[0-9a-f]{{{2 * MARK_BYTES}}}")


class Maker(StrEnum):
    """Who makes the changes of an entry. ``ASKED``: an editor, of which it is not known whether it
    did; ``EDITOR``: one that said so. What it has not saved is not on disk."""

    JOURNAL = "journal"
    ASKED = "asked"
    EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry. ``at``: seconds since the epoch. ``by``: who did it; ``what``: what it was, in a
    line. ``undoes`` or ``redoes``: the entry that it took back or made again, 0 for none; perhaps
    only ``partly``. ``undone``: another did so with all of it, or nothing of it stood any more when
    the entry ``lapsed`` was the newest. ``merged``: paths in which somebody's edits stayed.
    ``left``: it was interrupted, and its changes are those that could not be taken back, since
    somebody had edited the files. ``size``: bytes that it holds. ``inode``: the root's, which
    another folder of that name has not. ``mark``: a part of the names of its temporary files that
    nobody can guess."""

    id: int
    at: float
    by: str
    what: str
    root: Path
    changes: tuple[Change, ...]
    undoes: int = 0
    merged: tuple[str, ...] = ()
    left: bool = False
    undone: bool = False
    size: int = 0
    inode: int = 0
    maker: Maker = Maker.JOURNAL
    mark: str = ""
    redoes: int = 0
    partly: bool = False
    lapsed: int = 0

    @property
    def origin(self) -> int:
        """The entry that it is about."""
        return self.undoes or self.redoes or self.id

    @property
    def decides(self) -> bool:
        """Whether it says of its origin if that stands."""
        made = self.maker is not Maker.ASKED and not self.left
        return made and not (self.undoes and self.partly)


def encoded(record: Record) -> bytes:
    """Undecodable bytes of names are escaped, as lone surrogates."""
    plain = {
        "version": _VERSION,
        "id": record.id,
        "at": record.at,
        "by": record.by,
        "what": record.what,
        "root": str(record.root),
        "changes": [plain_of(change) for change in record.changes],
        "undoes": record.undoes,
        "redoes": record.redoes,
        "partly": record.partly,
        "lapsed": record.lapsed,
        "merged": record.merged,
        "left": record.left,
        "size": record.size,
        "inode": record.inode,
        "maker": record.maker,
        "mark": record.mark,
    }
    return json.dumps(plain).encode()


_RECORDED: dict[str, type] = {
    **dict.fromkeys(("id", "undoes", "redoes", "lapsed", "inode", "size"), int),
    **dict.fromkeys(("partly", "left"), bool),
    **dict.fromkeys(("by", "what", "root", "mark"), str),
}


def decoded(plain: Any, contents: Path) -> Record:
    """The inverse. Raises ValueError, LookupError, TypeError, also for what nobody here has
    written."""
    want(plain, {"version": int})
    if plain.pop("version") != _VERSION:
        raise ValueError("another version of Understudy wrote it")
    want(plain, _RECORDED)
    if not _MARK.fullmatch(plain["mark"]):
        raise ValueError("its mark is none")

    def place(_: Mapping[str, Any]) -> str:
        return str(contents)

    changes = tuple(change_of(each, place) for each in plain["changes"])
    own = {
        "at": moment(plain["at"]),
        "root": Path(plain["root"]),
        "changes": changes,
        "merged": texts(plain["merged"]),
        "maker": Maker(plain["maker"]),
    }
    return Record(**{**plain, **own})
