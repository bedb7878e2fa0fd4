"""Channels of other distributions: classes in the entry point group ``understudy.channels``.

Only what is installed beside Understudy is found, and nothing of it whose code lies in the
workspace, which cannot bring a channel along.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from ..trust import lies_in
from .base import Channel, Notice, Undelivered

GROUP = "understudy.channels"


class _Named:
    """A custom channel under the name that the settings have for it, whatever it calls itself."""

    def __init__(self, name: str, channel: Channel) -> None:
        self.name = name
        self._channel = channel

    async def deliver(self, notice: Notice) -> None:
        await self._channel.deliver(notice)

    def close(self) -> None:
        """Let go of what it holds on to, where it has a way to."""
        if (close := getattr(self._channel, "close", None)) is not None:
            close()


def load(point: str, name: str, options: Mapping[str, str], workspace: Path) -> _Named:
    """The channel of the entry point ``point``, made with ``options``, known as ``name`` from now
    on; the code of others is not imported. Reads the disk and runs other people's code: for a
    thread. Raises Undelivered, for good, when it cannot be used.
    """
    found = [each for each in entry_points(group=GROUP) if each.name == point]
    if not found:
        raise Undelivered(f"There is no channel {point!r} in the entry points {GROUP}", False)
    if lies_in(found[0], workspace):
        raise Undelivered(f"The channel {point!r} is not used: its code is the workspace's", False)
    try:
        return _Named(name, _make(found[0], options))
    except Exception as error:
        why = f"The channel {point!r} cannot be used: {type(error).__name__}: {error}"
        raise Undelivered(why, False) from error


def _make(point: EntryPoint, options: Mapping[str, str]) -> Channel:
    made: Channel = point.load()(**options)
    if not inspect.iscoroutinefunction(getattr(made, "deliver", None)):
        raise TypeError(f"{point.value} has no 'async def deliver(notice)'")
    return made
