"""When a person is warned that something runs out, and when that is over. Pure."""

from __future__ import annotations

from .forecast import NOTHING, Course, Forecast
from .trend import Point

_EARLY = 1.2
"""Times the wanted lead: an estimate that is late by so little is in time still."""
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
        if self.forecast.left <= self.lead * (_OVER if self.warns else _EARLY):
            self._near_at = point.at
            if not self.warns:
                self.warned_at = point.at
                return True
        elif self.warns and point.at - self._near_at >= _CALM_SECONDS:
            self.warned_at = None
        return False


__all__ = ["Foresight", "Forecast"]
