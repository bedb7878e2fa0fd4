"""Handing an event to the engine without waiting for it: a file in the workspace's inbox.

This is on the way of every git hook, so it imports little and starts nothing: what is handed over
while no engine runs is found by the next one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from ..link import LINK, poke
from ..state import private_folder, replace_file

HOOKS = ("pre-commit", "post-commit", "pre-push", "post-merge")
"""The hooks that hand over."""

INBOX = "inbox"

MOST = 1_000
"""Events that wait for an engine; the oldest go when one comes that is too many."""


def hand_over(folder: Path, event: Mapping[str, object]) -> None:
    """Store the event, as JSON, durably, and poke whoever works on the workspace with this state
    folder; the names of the files are in the order of time.

    Raises OSError when it cannot be stored.
    """
    inbox = private_folder(folder / INBOX)
    waiting = sorted(name for name in os.listdir(inbox) if name.endswith(".json"))
    for name in waiting[: max(0, len(waiting) + 1 - MOST)]:
        (inbox / name).unlink(missing_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}.json"
    replace_file(inbox / name, json.dumps(event).encode())
    poke(inbox.with_name(LINK))
