"""Handing an event to the engine without waiting for it: a file in the workspace's inbox.

This is on the way of every git hook, so it imports little. What is handed over while no engine runs
is found by the next one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from ...link import LINK, poke
from ...state import private_folder, replace_file

HOOKS = ("pre-commit", "post-commit", "pre-push", "post-merge")
"""The hooks that hand over."""

STARTING = ("post-commit", "pre-push", "post-merge")
"""Those that rules can be about."""

INBOX = "inbox"

MOST = 1_000
"""Events that wait for an engine; the oldest go when one comes that is too many."""


def waiting(folder: Path) -> list[str]:
    """The files of the inbox, in their order; ``folder`` is the workspace's state folder."""
    try:
        return sorted(name for name in os.listdir(folder / INBOX) if name.endswith(".json"))
    except OSError:
        return []


def hand_over(folder: Path, event: Mapping[str, object]) -> None:
    """Store the event, as JSON, durably, and poke whoever works on the workspace with this state
    folder; the names of the files are in the order of time.

    Raises OSError when it cannot be stored.
    """
    inbox = private_folder(folder / INBOX)
    names = waiting(folder)
    for name in names[: max(0, len(names) + 1 - MOST)]:
        (inbox / name).unlink(missing_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}.json"
    replace_file(inbox / name, json.dumps(event).encode())
    poke(inbox.with_name(LINK))
