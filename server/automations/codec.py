"""Texts with places, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .pattern import Part, Place, Text


def dumps(texts: Iterable[Text]) -> str:
    return json.dumps([[e if isinstance(e, str) else [*e] for e in text] for text in texts])


def loads(text: str) -> tuple[Text, ...]:
    """Raises ValueError for what ``dumps`` has not made."""
    try:
        plain = json.loads(text)
        return tuple(tuple(map(_piece, plain[at])) for at in range(len(plain)))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (TypeError, LookupError) as error:
        raise ValueError(str(error)) from error


def _piece(plain: Any) -> str | Place:
    if isinstance(plain, str):
        return plain
    parameter, part = plain
    return Place(str(parameter), Part(part))
