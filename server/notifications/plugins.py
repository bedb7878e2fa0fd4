"""Channels of other distributions: classes in the entry point group ``understudy.channels``.

Only what is installed beside Understudy is found; a workspace cannot bring one along.
"""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from .base import Channel, Notice

GROUP = "understudy.channels"
_OWN = frozenset({"console", "desktop", "file", "mail", "services"})


class Plugins(NamedTuple):
    """``faults``: one sentence for each that cannot be used."""

    channels: tuple[Channel, ...]
    faults: tuple[str, ...]


class _Named:
    """A custom channel under its entry point's name, whatever it calls itself."""

    def __init__(self, name: str, channel: Channel) -> None:
        self.name = name
        self._channel = channel

    async def deliver(self, notice: Notice) -> None:
        await self._channel.deliver(notice)


def discover(wanted: frozenset[str]) -> Plugins:
    """The custom channels of these names; the code of others is not imported. Reads the disk."""
    channels: list[Channel] = []
    faults = []
    found = {point.name: point for point in entry_points(group=GROUP)}
    for name in sorted(wanted):
        if name not in found or name in _OWN:
            faults.append(f"There is no custom channel '{name}' in the group {GROUP}")
            continue
        try:
            channels.append(_Named(name, _make(found[name])))
        except Exception as error:  # noqa: BLE001 - it is other people's code
            faults.append(f"The custom channel '{name}' cannot be used: {error}")
    return Plugins(tuple(channels), tuple(faults))


def _make(point: EntryPoint) -> Channel:
    made: Channel = point.load()()
    if not inspect.iscoroutinefunction(getattr(made, "deliver", None)):
        raise TypeError(f"{point.value} has no 'async def deliver(notice)'")
    return made
