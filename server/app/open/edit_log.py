"""What is edited while somebody looks at a text that is older by then."""

from __future__ import annotations

from collections.abc import Iterable

from ...model import Edit


class EditLog:
    """Each look has a list of its own, which gets the edits after the text that the look is at, and
    only until the look has ended: what nobody looks at is not remembered."""

    def __init__(self) -> None:
        self._looks: list[list[Edit]] = []

    def begin(self, since: Iterable[Edit] = ()) -> list[Edit]:
        """A look begins, at a text that ``since`` made what it is now."""
        look = [*since]
        self._looks.append(look)
        return look

    def end(self, look: list[Edit]) -> None:
        self._looks = [each for each in self._looks if each is not look]

    def edited(self, edits: Iterable[Edit]) -> None:
        made = tuple(edits)
        for look in self._looks:
            look.extend(made)
