"""What there is of a resource, and how much of it is used. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ..sizes import size


class Kind(StrEnum):
    MEMORY = "memory"
    SWAP = "swap"
    DISK = "disk"
    INODES = "inodes"
    FILES = "files"
    WATCHES = "watches"
    BATTERY = "battery"

    @property
    def is_bytes(self) -> bool:
        return self in (Kind.MEMORY, Kind.SWAP, Kind.DISK)


class Use(NamedTuple):
    """``used`` of ``limit``, in bytes or pieces. ``name`` is the same from look to look; ``what``
    is for people, as in "memory will be used up"."""

    kind: Kind
    name: str
    what: str
    used: float
    limit: float

    @property
    def level(self) -> float:
        """The share that is used, 0 to 1."""
        return min(1.0, max(0.0, self.used / self.limit)) if self.limit > 0 else 0.0

    @property
    def free(self) -> float:
        return max(0.0, self.limit - self.used)


def amount(value: float, kind: Kind) -> str:
    """For people: ``1.5 GiB``, ``150 MiB``, ``12,000``."""
    if kind is Kind.BATTERY:
        return f"{value:.0f} %"
    return size(value) if kind.is_bytes else f"{value:,.0f}"
