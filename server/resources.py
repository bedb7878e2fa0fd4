"""How the machine is: what runs short, and whether it runs on battery."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

_LEAST_MEMORY = 200 << 20
_LEAST_MEMORY_SHARE = 0.05
_LEAST_DISK = 200 << 20


class Pressure(NamedTuple):
    """``shortage``: what runs short, for people; empty when nothing does."""

    shortage: str = ""
    on_battery: bool = False


def look(folder: Path) -> Pressure:
    """``folder``: whose disk counts. Looks at the system: for a thread."""
    import psutil

    memory = psutil.virtual_memory()
    least = min(_LEAST_MEMORY, memory.total * _LEAST_MEMORY_SHARE)
    shortage = ""
    if memory.available < least:
        shortage = f"only {memory.available >> 20:,} MB of memory are left"
    elif (free := shutil.disk_usage(folder).free) < _LEAST_DISK:
        shortage = f"only {free >> 20:,} MB are left on the disk of {folder}"
    sensors = getattr(psutil, "sensors_battery", None)
    battery = sensors() if sensors else None
    return Pressure(shortage, bool(battery and not battery.power_plugged))
