"""How busy the processors were between two looks, and what was kept from us."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .groups import throttled

UNREADABLE = (OSError, RuntimeError, ValueError, LookupError, TypeError)
"""What psutil raises where the system does not tell, or tells it otherwise than Linux does."""


class Processors(NamedTuple):
    """Shares of the time since the look before, 0 to 1: ``busy`` of all processors, ``cores`` of
    each; ``waiting`` for disks; ``stolen`` by other guests of the same machine; ``throttled``: kept
    from us by the limit of our control group."""

    busy: float = 0.0
    cores: tuple[float, ...] = ()
    waiting: float = 0.0
    stolen: float = 0.0
    throttled: float = 0.0


class Meter:
    """Shares come of what was counted between two readings; the first one tells nothing."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._at = 0.0
        self._before: list[dict[str, float]] = []
        self._throttled = 0.0

    def read(self, now: float) -> Processors:
        """Nothing where the system does not tell, or processors came or went."""
        import psutil

        try:
            times = [each._asdict() for each in psutil.cpu_times(percpu=True)]
        except UNREADABLE:
            times = []
        kept, seconds = throttled(self._root), now - self._at
        before, self._before = self._before, times
        kept_before, self._throttled, self._at = self._throttled, kept, now
        if not times or len(before) != len(times) or seconds <= 0:
            return Processors()
        cores = [
            {name: max(0.0, core[name] - old[name]) for name in core}
            for core, old in zip(times, before, strict=True)
        ]
        return Processors(
            sum(map(_busy, cores)) / len(cores),
            tuple(map(_busy, cores)),
            _share(cores, "iowait"),
            _share(cores, "steal"),
            min(1.0, max(0.0, kept - kept_before) / seconds),
        )


def _total(spent: dict[str, float]) -> float:
    """Linux counts guests as users already."""
    return sum(value for name, value in spent.items() if not name.startswith("guest"))


def _busy(spent: dict[str, float]) -> float:
    total = _total(spent)
    idle = spent.get("idle", 0.0) + spent.get("iowait", 0.0)
    return 1 - idle / total if total else 0.0


def _share(cores: list[dict[str, float]], name: str) -> float:
    total = sum(map(_total, cores))
    return sum(each.get(name, 0.0) for each in cores) / total if total else 0.0
