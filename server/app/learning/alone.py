"""Who makes automations in a folder, or takes away what they were made of: one at a time, among all
processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ...state import private_folder, take

PATIENCE_SECONDS = 300.0
"""A cycle tries three scripts at most."""
_LOCK = "learning.lock"
_LOOK_SECONDS = 0.1


@asynccontextmanager
async def alone(state: Path, seconds: float) -> AsyncIterator[bool]:
    """Whether nobody else, also no other task of this process, is at it meanwhile; for so many
    ``seconds`` is waited. ``state``: the folder of the workspace's state. Raises OSError."""
    lock = private_folder(state) / _LOCK
    latest = time.monotonic() + seconds
    while (held := take(lock)) is None and time.monotonic() < latest:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


@asynccontextmanager
async def surely_alone(root: Path, state: Path) -> AsyncIterator[None]:
    """As ``alone``, with patience. Raises TimeoutError, for people, where that was not enough."""
    async with alone(state, PATIENCE_SECONDS) as is_alone:
        if not is_alone:
            raise TimeoutError(0, f"{root} is being looked through for long: try again later")
        yield
