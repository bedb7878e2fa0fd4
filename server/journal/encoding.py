"""Changes as JSON has them, without contents; undecodable bytes of names are lone surrogates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .change import Change, Entry, State

_STATE = ("entry", "mode", "digest", "size", "target", "modified", "start")


def plain_of(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "old": change.old,
        "before": _plain_state(change.before),
        "after": _plain_state(change.after),
    }


def change_of(plain: Mapping[str, Any], place: Callable[[Mapping[str, Any]], str]) -> Change:
    """The inverse. ``place`` is given the state of a file, as JSON has it, and answers where its
    content is. Raises ValueError, LookupError, TypeError."""
    before, after = (_state(plain[each], place) for each in ("before", "after"))
    return Change.between(plain["path"], before, after, plain["old"])


def _plain_state(state: State | None) -> dict[str, Any] | None:
    return None if state is None else {name: getattr(state, name) for name in _STATE}


def _state(
    plain: Mapping[str, Any] | None, place: Callable[[Mapping[str, Any]], str]
) -> State | None:
    if plain is None:
        return None
    known = {name: plain[name] for name in _STATE}
    entry = Entry(plain["entry"])
    return State(**{**known, "entry": entry, "place": place(plain) if entry is Entry.FILE else ""})
