"""Commands whose time is known, as evidence for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..workflows.shell import excerpt
from ..workflows.timed import Command
from .model import span

_MOST = 4


def seen(known: Iterable[Command]) -> tuple[str, ...]:
    """Each once."""
    those = [*{each.text: each for each in known}.values()]
    return tuple(
        f"`{excerpt(each.text)}` takes {span(each.seconds, each.seconds)} here"
        f" ({each.timing.runs} run{'s' * (each.timing.runs != 1)}, the median)"
        for each in those[:_MOST]
    )
