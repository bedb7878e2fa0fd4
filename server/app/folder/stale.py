"""Which files are no longer as they were looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Stale:
    """Looks are numbered as they begin. A mark outlives every look that began before it was made:
    that look may have read the file, or what configures it, as it was before."""

    def __init__(self) -> None:
        self._looks = 0
        self._marks: dict[str, int] = {}
        """By path, the last look that had begun when it was marked."""

    def __bool__(self) -> bool:
        return bool(self._marks)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._marks))

    def mark(self, paths: Iterable[str]) -> None:
        self._marks.update((path, self._looks) for path in paths)

    def clear(self) -> None:
        """Nothing is to be looked at again."""
        self._marks.clear()

    def begin(self) -> int:
        """The number of a look that begins now, before anything was read for it."""
        self._looks += 1
        return self._looks

    def seen(self, path: str, look: int) -> bool:
        """The look is done with a path; whether that was waited for."""
        if self._marks.get(path, look) >= look:
            return False
        del self._marks[path]
        return True
