"""Entries of the journal, and what becomes of files, as data and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from ...journal.change import Change, Kind, gains_folder, loses_folder, printable
from ...journal.record import Maker, Record
from ...tasks.audits.cache import age

_DOES = {
    Kind.DELETED: "deletes",
    Kind.CREATED: "creates",
    Kind.MODIFIED: "changes",
    Kind.RENAMED: "renames",
    Kind.MODE: "changes the permissions of",
}
_DID = {
    Kind.DELETED: "deleted",
    Kind.CREATED: "created",
    Kind.MODIFIED: "changed",
    Kind.RENAMED: "renamed",
    Kind.MODE: "changed the permissions of",
}
_MAKERS = {
    Maker.JOURNAL: (),
    Maker.ASKED: ("handed to an editor, which did not say that it made it",),
    Maker.EDITOR: ("by the editor",),
}
_NAMED = 5
"""So many files of a kind are named."""
_LONGEST = 60
"""Characters of a command in a question."""


def line(record: Record) -> str:
    """An entry in a line, without its files."""
    at = datetime.fromtimestamp(record.at, UTC).astimezone()
    notes = [
        *(["undone"] if record.undone else []),
        *(["interrupted, edited since"] if record.left else []),
        *([f"{len(record.merged)} merged"] if record.merged else []),
        *_MAKERS[record.maker],
    ]
    told = f"  ({', '.join(notes)})" if notes else ""
    what = printable(f"{record.by}: {_about(record)}{record.what}")
    return f"{record.id:>5}  {at:%Y-%m-%d %H:%M %z}  {what}{told}"


def _about(record: Record) -> str:
    if record.origin == record.id:
        return ""
    part = ", in part" if record.partly else ""
    return f"{'undo' if record.undoes else 'redo'} of {record.origin}{part}: "


def payload(record: Record) -> Mapping[str, Any]:
    """An entry as JSON. ``at`` is ISO 8601, in UTC."""
    return {
        "id": record.id,
        "at": datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds"),
        "by": record.by,
        "what": record.what,
        "root": str(record.root),
        "files": [
            {"path": each.path, "kind": each.kind, "old": each.old} for each in record.changes
        ],
        "undoes": record.undoes or None,
        "redoes": record.redoes or None,
        "partly": record.partly,
        "undone": record.undone,
        "merged": list(record.merged),
        "interrupted": record.left,
        "maker": record.maker,
    }


def did(changes: Sequence[Change]) -> str:
    """``deleted a.py; created docs/ (3 files)``."""
    return _told(changes, _DID)


def does(changes: Sequence[Change]) -> str:
    """``deletes a.py; creates docs/ (3 files)``."""
    return _told(changes, _DOES)


def question(record: Record, changes: Sequence[Change], now: float) -> str:
    """Whether an entry is to be taken back, by ``changes``. ``now``: seconds since the epoch."""
    what = printable(record.what)
    short = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}…"
    when = f"entry {record.id}, {age(now - record.at)} ago"
    return f"Undo “{short}” ({when})? It {does(changes)}."


def _told(changes: Sequence[Change], verbs: Mapping[Kind, str]) -> str:
    parts = []
    for kind, verb in verbs.items():
        names = list(_names([each for each in changes if each.kind is kind]))
        if len(names) > _NAMED:
            names[_NAMED:] = [f"{len(names) - _NAMED} more"]
        if names:
            parts.append(f"{verb} {', '.join(names)}")
    return "; ".join(parts)


def _names(changes: Iterable[Change]) -> Iterator[str]:
    """A folder that comes or goes stands for what is in it."""
    above = {each.path for each in changes if gains_folder(each) or loses_folder(each)}
    inside: Counter[str] = Counter()
    told: dict[str, Change] = {}
    for each in changes:
        tops = [str(top) for top in PurePosixPath(each.path).parents if str(top) in above]
        if not tops:
            told[each.path] = each
        elif each.path not in above:
            inside[tops[-1]] += 1
    for path, each in told.items():
        name = printable(f"{each.old} to {path}" if each.old else path)
        count = inside[path]
        files = f" ({count} file{'s' * (count != 1)})" if count else ""
        yield f"{name}{'/' * (path in above)}{files}"
