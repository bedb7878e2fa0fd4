"""When a person is warned that something runs out, and when that is over. Pure."""

from __future__ import annotations

from .forecast import NOTHING, Course
from .trend import Point

_EARLY = 1.2
"""Times the wanted lead: an estimate that is late by so little is in time still."""
_UNSURE = 1.6
"""Times the lead: so late it may be by what is likeliest, where it may as well be in time."""
_OVER = 2.0
"""Times the lead: so far away, it is no longer warned of."""
_CALM_SECONDS = 60.0
"""So long it has to stay away: what stops for a breath goes on."""


class Foresight:
    """Of one resource. ``lead``: how many seconds before the end somebody wants to know."""

    def __init__(self, lead: float) -> None:
        self.lead = lead
        self.course = Course()
        self.forecast = NOTHING
        self.warned_at: float | None = None
        self._near_at = 0.0

    @property
    def warns(self) -> bool:
        return self.warned_at is not None

    def add(self, point: Point) -> bool:
        """Whether this is when somebody is to be told."""
        self.course.add(point)
        is_near = self.warns or self.course.may_end_within(_OVER * self.lead)
        self.forecast = self.course.forecast() if is_near else NOTHING
        if self._is_near():
            self._near_at = point.at
            if not self.warns:
                self.warned_at = point.at
                return True
        elif self.warns and point.at - self._near_at >= _CALM_SECONDS:
            self.warned_at = None
        return False

    def _is_near(self) -> bool:
        """Whether the end may come so soon, by what is known."""
        found = self.forecast
        if self.warns:
            return found.left <= _OVER * self.lead
        if found.soonest <= self.lead:
            return found.left <= _UNSURE * self.lead
        return found.left <= _EARLY * self.lead
