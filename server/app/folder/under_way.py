"""Which scan was under way when a process ended: a mark on disk, held by who scans.

All of this blocks: it is for a thread.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ...state import take


class ScanMark:
    """The mark outlives its process unless ``lift`` takes it away; the lock on it does not, so that
    a mark that nobody holds is a scan that was interrupted. What the disk does not take is not
    resumed."""

    def __init__(self, state: Path) -> None:
        self._path = state / "scan-under-way"
        self._held: int | None = None

    def put(self) -> None:
        if self._held is None:
            with contextlib.suppress(OSError):
                self._held = take(self._path)

    def lift(self) -> None:
        """The scan has ended, or is not wanted any more."""
        if self._held is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self.release()

    def release(self) -> None:
        """The scan is not done, and this process does not go on with it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def was_left(self) -> bool:
        """Whether a scan was interrupted that no process is at."""
        if self._held is not None or not self._path.exists():
            return False
        with contextlib.suppress(OSError):
            held = take(self._path)
            if held is not None:
                os.close(held)
                return True
        return False
