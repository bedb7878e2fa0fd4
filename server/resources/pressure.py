"""How the machine is: what runs short, and whether it runs on battery."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_LEAST_MEMORY = 200 << 20
_LEAST_MEMORY_SHARE = 0.05
_LEAST_DISK = 200 << 20
_RECOVERED = 1.25
"""What ran short runs short until so many times the least is free: one episode, not many."""


class Pressure(NamedTuple):
    """``resource``: what runs short (memory, disk), and ``shortage`` says so to people; both are
    empty when nothing does. ``percent`` of it are in use."""

    shortage: str = ""
    on_battery: bool = False
    resource: str = ""
    percent: float = 0.0


CALM = Pressure()


class Reading(NamedTuple):
    """What is free of a resource, of how much, and the least that is enough, in bytes; ``where``
    goes on after "only … MB"."""

    resource: str
    free: int
    total: int
    least: float
    where: str


def judge(readings: Iterable[Reading], before: Pressure = CALM) -> Pressure:
    """The first that runs short, or ran short ``before`` and has not recovered."""
    for each in readings:
        lasting = each.resource == before.resource
        if each.free < each.least * (_RECOVERED if lasting else 1.0):
            percent = 100.0 * (1 - each.free / each.total) if each.total else 100.0
            left = f"only {each.free >> 20:,} MB {each.where}"
            return Pressure(left, resource=each.resource, percent=round(percent, 1))
    return CALM


def look(folder: Path, before: Pressure = CALM) -> Pressure:
    """``folder``: whose disk counts. Looks at the system: for a thread. Raises OSError."""
    import psutil

    memory, disk = psutil.virtual_memory(), shutil.disk_usage(folder)
    least = min(_LEAST_MEMORY, memory.total * _LEAST_MEMORY_SHARE)
    where = f"are left on the disk of {folder}"
    readings = (
        Reading("memory", memory.available, memory.total, least, "of memory are left"),
        Reading("disk", disk.free, disk.total, _LEAST_DISK, where),
    )
    found = judge(readings, before)
    sensors = getattr(psutil, "sensors_battery", None)
    battery = sensors() if sensors else None
    return found._replace(on_battery=bool(battery and not battery.power_plugged))
