"""How the machine is: what is used of it, what runs short, what will, and who does it."""

from __future__ import annotations

from .disks import Silent
from .outlook import Outlook, Trend, Watcher
from .pressure import CALM, Pressure
from .sample import Sample, Sampler

__all__ = ["CALM", "Outlook", "Pressure", "Sample", "Sampler", "Silent", "Trend", "Watcher"]
