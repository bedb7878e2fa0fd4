"""What commands are given by editors, and what they answer when it cannot be had."""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import why

if TYPE_CHECKING:
    from .server import Server


async def asked(ls: Server, answer: Coroutine[Any, Any, Any]) -> Any:
    """What a person asked for; when it cannot be had, they are told why."""
    await ready(ls)
    try:
        return await answer
    except (ValueError, OSError, sqlite3.Error) as error:
        ls.publisher.message(f"That could not be done: {why(error)}.", error=True)
        return None


async def ready(ls: Server) -> None:
    await ls.settle()
    await ls.core.background.settled()


def padded(given: Sequence[Any], count: int) -> list[Any]:
    return [*given, *[None] * count][:count]


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def root_of(root: str | None) -> Path | None:
    return Path(root) if root else None
