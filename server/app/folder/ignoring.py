"""Entries of ``rules.ignore`` that ignore nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...settings import ConfigProblem, Loaded
from ...settings.ignored import is_over, read_ignored

_ENTRIES = ("rules", "ignore")


def ended(loaded: Loaded, today: date) -> Iterator[ConfigProblem]:
    """Those whose last day has passed, where they are written."""
    for index, text in enumerate(loaded.settings.rules.ignore):
        entry = read_ignored(text)
        if is_over(entry.until, today):
            why = f" ({entry.reason})" if entry.reason else ""
            told = (
                f"{entry.rule} was ignored until {entry.until}{why}; what it hid is shown again."
                " Remove the entry, or give it another day."
            )
            if found := loaded.problem(_ENTRIES, index, told):
                yield found
