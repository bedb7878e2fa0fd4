"""How the machine is: what runs short, and what will."""

from __future__ import annotations

from .pressure import CALM, Pressure, Reading, judge, look

__all__ = ["CALM", "Pressure", "Reading", "judge", "look"]
