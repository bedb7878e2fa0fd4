"""Bytes for people, the same wherever they are told."""

from __future__ import annotations

_STEP = 1_024
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(count: float) -> str:
    """In powers of 1,024, with two or three figures that count: ``512 B``, ``1.5 MiB``,
    ``150 MiB``, ``16 GiB``."""
    unit = 0
    while round(count) >= _STEP and unit < len(_UNITS) - 1:
        count /= _STEP
        unit += 1
    exact = unit and round(count, 1) < 100
    told = f"{count:.1f}".removesuffix(".0") if exact else f"{count:,.0f}"
    return f"{told} {_UNITS[unit]}"
