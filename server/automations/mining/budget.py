"""How often something may be offered. Pure."""

from __future__ import annotations

BURST = 3.0
BEGINNING = 300
"""In so many first tasks half is offered: what is seen there is a weak sign."""


class Budget:
    """Offers that are left: about ``per_hundred`` in a hundred tasks, no more than a burst at
    once; the first may be made at once. The last one left is for what is sure, all of a burst for
    what scores ``least``: what is scarce is not spent on the first that comes."""

    def __init__(self, per_hundred: float = 1.0, least: float = 0.7) -> None:
        self._each = per_hundred / 100
        self._least = least
        self._tasks = 0
        self._left = min(1.0, per_hundred)

    def task(self) -> None:
        """A task was done."""
        self._tasks += 1
        share = 0.5 if self._tasks <= BEGINNING else 1.0
        self._left = min(BURST, self._left + share * self._each)

    def take(self, score: float, sure: float = 0.9) -> bool:
        """Whether what has this score may be offered; then it counts as offered. ``sure``: from
        which score on one of its kind is."""
        # Sums of hundredths miss a whole by some 1e-15.
        if self._left < 1 - _NEAR or score < self._needed(max(self._least, sure)) - _NEAR:
            return False
        self._left -= 1
        return True

    def _needed(self, sure: float) -> float:
        spare = (self._left - 1) / (BURST - 1)
        return sure - spare * (sure - self._least)


_NEAR = 1e-9
