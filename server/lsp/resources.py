"""How the machine is: shown, and warnings acknowledged."""

from __future__ import annotations

from ..app import commands
from .part import Part
from .server import Server

_NOTED = "Noted: the status bar is quiet of what runs short until it is over, or much worse."
_CALM = "Nothing runs short, as far as it was looked at, so there is nothing to acknowledge."


async def show_resources(ls: Server) -> str:
    """Markdown."""
    from ..app.presentation.machine import page

    await ls.settle()
    await ls.core.machine.look(closely=True)
    return page(ls.core.machine.outlook)


async def acknowledge(ls: Server) -> bool:
    """Whether there was a warning."""
    await ls.settle()
    known = ls.core.machine.acknowledge()
    _ = ls.core.tell_status()
    ls.publisher.message(_NOTED if known else _CALM)
    return known


PART = Part(commands={commands.RESOURCES: show_resources, commands.ACKNOWLEDGE: acknowledge})
