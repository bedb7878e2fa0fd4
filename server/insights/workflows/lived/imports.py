"""Imports that take most of a start, as the task that looks at them has left it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ....tasks.import_times import MODULE, PACKAGES, SECONDS

_LONG_SECONDS = 0.3
_MOST_OF_IT = 0.3
"""The share of one package from which on it is worth a sentence."""


class SlowImport(NamedTuple):
    """``shares``: of the packages that are not the module's own, the most first."""

    job: int
    module: str
    seconds: float
    shares: tuple[tuple[str, float], ...]


def slow(values: Iterable[tuple[int, Any]]) -> list[SlowImport]:
    """``values``: jobs and what they left, the newest first; of each module the newest counts."""
    found: dict[str, SlowImport | None] = {}
    for job, value in values:
        try:
            module, seconds = str(value[MODULE]), float(value[SECONDS])
            own = module.partition(".")[0]
            shares = [(str(n), float(took) / seconds) for n, took in value[PACKAGES] if n != own]
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
        large = seconds >= _LONG_SECONDS and shares and shares[0][1] >= _MOST_OF_IT
        one = SlowImport(job, module, seconds, tuple(shares[:5])) if large else None
        found.setdefault(module, one)
    return [each for each in found.values() if each is not None]
