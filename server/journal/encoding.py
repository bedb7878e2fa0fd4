"""Changes as JSON has them, without contents; undecodable bytes of names are lone surrogates."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from .change import Change, Entry, State
from .guard import is_path

_PLACED = {"path": str, "old": str}
_STATE = {
    "entry": str,
    "mode": int,
    "digest": str,
    "size": int,
    "target": str,
    "modified": int,
    "start": int,
}
_MODES = 0o7777
_YEAR_10000 = 253_402_300_800


def plain_of(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "old": change.old,
        "before": _plain_state(change.before),
        "after": _plain_state(change.after),
    }


def change_of(plain: Any, place: Callable[[Mapping[str, Any]], str]) -> Change:
    """The inverse. ``place`` is given the state of a file, as JSON has it, and answers where its
    content is. Raises ValueError, LookupError, TypeError, also for what nobody here has written."""
    want(plain, _PLACED)
    for path in (plain["path"], *filter(None, [plain["old"]])):
        if not is_path(path):
            raise ValueError(f"{path!r:.80} is no path below the workspace")
    before, after = (_state(plain[each], place) for each in ("before", "after"))
    if before is None and after is None:
        raise ValueError("a change leads from nothing to nothing")
    return Change.between(plain["path"], before, after, plain["old"])


def want(plain: Any, types: Mapping[str, type]) -> None:
    """Raises ValueError, LookupError, TypeError when these fields are not of these types."""
    if not isinstance(plain, dict):
        raise TypeError(f"{plain!r:.40} is no object")
    for name, kind in types.items():
        value = plain[name]
        if type(value) is not kind or "\0" in str(value):
            raise ValueError(f"{name} cannot be {value!r:.40}")


def texts(plain: Any) -> tuple[str, ...]:
    """A list of them. Raises TypeError when it is none."""
    if not isinstance(plain, list) or not all(type(each) is str for each in plain):
        raise TypeError(f"{plain!r:.40} is no list of texts")
    return tuple(plain)


def amount(plain: Any, most: float = sys.maxsize) -> float:
    """One from 0 on, below ``most``. Raises ValueError when it is none."""
    if type(plain) not in (int, float) or not 0 <= plain < most:
        raise ValueError(f"{plain!r:.40} is no number that can be")
    return float(plain)


def moment(plain: Any) -> float:
    """Seconds since the epoch. Raises ValueError when nobody has a calendar for it."""
    return amount(plain, _YEAR_10000)


def _plain_state(state: State | None) -> dict[str, Any] | None:
    return None if state is None else {name: getattr(state, name) for name in _STATE}


def _state(plain: Any, place: Callable[[Mapping[str, Any]], str]) -> State | None:
    if plain is None:
        return None
    want(plain, _STATE)
    if plain["mode"] & ~_MODES or min(plain["size"], plain["start"]) < 0:
        raise ValueError("a state has numbers that no file has")
    entry = Entry(plain["entry"])
    known = {name: plain[name] for name in _STATE}
    return State(**{**known, "entry": entry, "place": place(plain) if entry is Entry.FILE else ""})
