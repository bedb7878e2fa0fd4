"""What commands are given by editors, and what they answer when it cannot be had."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import why

if TYPE_CHECKING:
    from .server import Server


_LONGEST = 1_000
"""Characters of a reason: it may repeat what was given, however long that is."""


async def asked(ls: Server, answer: Callable[[], Awaitable[Any]]) -> Any:
    """What a person asked for; when it cannot be had, they are told why."""
    await ready(ls)
    try:
        return await answer()
    except (ValueError, OSError, sqlite3.Error) as error:
        said = why(error)
        said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]} …"
        ls.publisher.message(f"That could not be done: {said}.", error=True)
        return None


async def ready(ls: Server) -> None:
    await ls.settle()
    await ls.core.background.settled()


def padded(given: Sequence[Any], count: int) -> list[Any]:
    return [*given, *[None] * count][:count]


def mapping(value: Any) -> Mapping[str, Any]:
    """Parameters. Raises ValueError, for people, for what is no object."""
    if not isinstance(value, Mapping | None):
        raise ValueError(f'parameters are an object, such as {{"file": "a.py"}}, not {value!r}')  # noqa: TRY004 - who asked is told
    return value or {}


def root_of(root: Any) -> Path | None:
    """Raises ValueError, for people, for what is no path."""
    if not isinstance(root, str | None):
        raise ValueError(f"a folder is named by its path, not by {root!r}")  # noqa: TRY004 - who asked is told
    return Path(root) if root else None
