"""Commands about a workspace as a whole: scanned, how things stand, what is left out, trusted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..app import commands, events
from ..app.presentation import status
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.results.scan import Scan


async def scan_workspace(ls: Server) -> dict[str, int] | None:
    await ls.settle()
    began, scans = time.time(), await scanned(ls)
    ls.core.learning.recording.scanned(began, ok=scans is not None)
    if scans is None:
        return None
    return {
        "files": sum(len(scan.reports) for scan in scans),
        "findings": sum(len(each) for scan in scans for each in scan.problems.values()),
    }


async def scanned(ls: Server, root: Path | None = None) -> Sequence[Scan] | None:
    """None where a scan was cancelled or failed, of which the user was told."""
    try:
        return await ls.core.scan(root)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # the request was cancelled, not the scan
        return None
    except OSError:
        return None


async def show_status(ls: Server) -> str:
    await ls.settle()
    return status.detail(ls.core.tell_status())


async def show_left_out(ls: Server) -> str:
    """A line for each file or folder, or a sentence when there is none."""
    await ls.settle()
    return "\n".join(await ls.core.left_out()) or "Nothing is left out."


async def toggle_only_changed(ls: Server) -> str:
    """What is shown from now on, in words."""
    await ls.settle()
    told = ls.core.folders.toggle_only_changed()
    ls.core.handle(events.EditorSettings(ls.core.folders.editor))  # which are read anew
    await ls.settle()
    ls.publisher.message(told)
    return told


async def debug_info(ls: Server) -> str:
    return status.debug_info(ls.core.status())


async def trust(ls: Server) -> None:
    ls.core.handle(events.TrustDecided(trusted=True, lasting=True))


async def untrust(ls: Server) -> None:
    ls.core.handle(events.TrustDecided(trusted=False, lasting=True))


PART = Part(
    commands={
        commands.SCAN: scan_workspace,
        commands.STATUS: show_status,
        commands.LEFT_OUT: show_left_out,
        commands.ONLY_CHANGED: toggle_only_changed,
        commands.DEBUG_INFO: debug_info,
        commands.TRUST: trust,
        commands.UNTRUST: untrust,
    }
)
