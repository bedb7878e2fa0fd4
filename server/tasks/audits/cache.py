"""What advisory services have said, with when they said it: a file in the state folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ...disk import read_regular
from ...state import replace_file

_LARGEST = 64 << 20
_KEPT_SECONDS = 90 * 86_400.0


class Answer(NamedTuple):
    """``at``: seconds since the epoch; ``value``: JSON."""

    at: float
    value: Any


class Cache:
    """By keys that name all that an answer depends on. One that cannot be read is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: dict[str, Answer] = {}

    def load(self) -> None:
        """For a thread."""
        try:
            stored = json.loads(read_regular(self._path, _LARGEST))
            self._answers = {key: Answer(float(at), value) for key, (at, value) in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            self._answers = {}

    def save(self, now: float) -> None:
        """But for what is too old to tell anything. For a thread. Raises OSError."""
        kept = {key: each for key, each in self._answers.items() if now - each.at < _KEPT_SECONDS}
        replace_file(self._path, json.dumps(kept).encode())

    def put(self, key: str, now: float, value: Any) -> None:
        self._answers[key] = Answer(now, value)

    def get(self, key: str, since: float = 0.0) -> Answer | None:
        """The answer, if it is not older than ``since``."""
        found = self._answers.get(key)
        return found if found is not None and found.at >= since else None


def age(seconds: float) -> str:
    """``3 hours``, for people."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(seconds // length)) > 0:
            return f"{count} {unit}{'s' * (count != 1)}"
    return "less than a minute"
