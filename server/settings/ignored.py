"""What an entry of ``rules.ignore`` says: ``B101 in tests/ until 2026-03-01 -- why``.

Comments that let findings be use the same words for how long, and why (findings/suppressions.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

RULE = r"[A-Za-z0-9_@][\w@/.:+-]*"
TERMS = r"(?:\s+until\s+(?P<until>\S+))?(?:\s+--\s*(?P<reason>.*?))?\s*"
_ENTRY = re.compile(
    rf"\s*(?P<rule>{RULE})(?:\s+in\s+(?P<paths>\S+(?:\s*,\s*\S+)*?))?{TERMS}", re.ASCII | re.DOTALL
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Ignored(NamedTuple):
    """``paths`` are .gitignore patterns, none: everywhere. ``until``: the last day on which it
    holds, as an ISO date; empty: it always does."""

    rule: str
    paths: tuple[str, ...] = ()
    until: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """The entry without the reason."""
        where = f" in {', '.join(self.paths)}" if self.paths else ""
        return f"{self.rule}{where}{f' until {self.until}' if self.until else ''}"


@lru_cache(maxsize=1_000)
def read_ignored(text: str) -> Ignored:
    """Raises ValueError, with a message for people."""
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no rule's code, with `in PATHS`, `until DATE`, `-- why`")
    until = found["until"] or ""
    if until and not is_day(until):
        raise ValueError(f"{until} is no date, such as 2026-03-01")
    paths = tuple(part.strip() for part in (found["paths"] or "").split(",") if part.strip())
    return Ignored(found["rule"], paths, until, found["reason"] or "")


def in_force(entries: Iterable[str], path: str, today: date) -> list[Ignored]:
    """The entries that hold for a file, by its path below the root, with slashes."""
    return [each for each in _about(entries, path) if not is_over(each.until, today)]


def no_longer_in_force(entries: Iterable[str], path: str, today: date) -> list[Ignored]:
    """Those that held for a file, until their last day had passed."""
    return [each for each in _about(entries, path) if is_over(each.until, today)]


def _about(entries: Iterable[str], path: str) -> Iterator[Ignored]:
    return (each for each in map(read_ignored, entries) if is_about(each, path))


def is_about(entry: Ignored, path: str) -> bool:
    """Whether it is for a file, by its path below the root, on whatever day."""
    from ..discover import matches

    return not entry.paths or matches(path, entry.paths)


def is_ignored(text: str) -> bool:
    """Whether it is such an entry."""
    try:
        read_ignored(text)
    except ValueError:
        return False
    return True


def is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def is_over(until: str, today: date) -> bool:
    """Whether the last day on which something holds has passed."""
    return bool(until) and date.fromisoformat(until) < today
