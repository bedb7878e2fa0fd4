"""How many tasks run at once in this process, whatever workspaces they are of."""

from __future__ import annotations

from collections.abc import Callable


class Slots:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self.most: int | None = None
        """The least that any of the workspaces allows; None: each has its own."""
        self._taken = 0
        self._waiting: set[Callable[[], object]] = set()

    def free(self, most: int, later: Callable[[], object]) -> int:
        """How many may be taken, when there are ``most`` at most. If none may, ``later`` is called
        once, as soon as that can be different."""
        free = max(0, min(most, self.most or most) - self._taken)
        if not free:
            self._waiting.add(later)
        return free

    def take(self, count: int) -> None:
        self._taken += count

    def give_back(self, count: int = 1) -> None:
        self._taken -= count
        waiting, self._waiting = self._waiting, set()
        for later in waiting:
            later()
