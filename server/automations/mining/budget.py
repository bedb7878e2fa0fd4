"""How often something may be offered. Pure."""

from __future__ import annotations

BURST = 3.0
BEGINNING = 300
"""In so many first tasks half is offered: what is seen there is a weak sign."""


class Budget:
    """Offers that are left: about ``per_hundred`` in a hundred tasks, no more than a burst at
    once. The first may be made at once."""

    def __init__(self, per_hundred: float = 1.0) -> None:
        self._each = per_hundred / 100
        self._tasks = 0
        self._left = min(1.0, per_hundred)

    def task(self) -> None:
        """A task was done."""
        self._tasks += 1
        share = 0.5 if self._tasks <= BEGINNING else 1.0
        self._left = min(BURST, self._left + share * self._each)

    def take(self) -> bool:
        """Whether an offer may be made; then it counts as made."""
        # Sums of hundredths miss a whole by some 1e-15.
        if self._left < 1 - 1e-9:
            return False
        self._left -= 1
        return True
