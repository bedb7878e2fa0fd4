"""A command that a shell tells of, remembered where that is wanted.

It is told of at each prompt: what is not needed is not imported, and files of settings that are as
they were are not understood again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..state import replace_file, state_place, workspace_dir, workspace_place

if TYPE_CHECKING:
    from ..settings.learning import Activity as Wanted

_SETTINGS = "recording.json"
"""In the state folder of a workspace: what the settings say of the log, and of which they were."""


def record(
    text: str,
    folder: Path,
    *,
    at: float,
    session: str = "",
    seconds: float | None = None,
    ok: bool | None = None,
) -> bool:
    """Have a command that was given in a folder in the log; whether it is there. It is not where no
    workspace is known, nor where the settings do not want it. The rest as in the log. Raises
    OSError, sqlite3.Error."""
    root = _known(folder)
    if root is None or not text.strip() or text[0].isspace():
        return False
    wanted = settings_of(root)
    if not (wanted.enabled and wanted.terminal):
        return False
    import asyncio

    from ..store.activity import ACTIVITY, FILE, Activity, Did, Log
    from ..store.database import Database

    below = folder.relative_to(root).as_posix()
    cwd = "" if below == "." else below
    did = Activity(at, Did.COMMAND, text, session, cwd, seconds=seconds, ok=ok)

    async def add() -> None:
        database = Database(workspace_dir(root) / FILE, ACTIVITY)
        try:
            await Log(database).add([did], wanted.max_tasks)
        finally:
            await database.close()

    asyncio.run(add())
    return True


def settings_of(root: Path) -> Wanted:
    """What the settings say of the log, as they hold in a workspace on disk."""
    from ..settings import load, read_layers
    from ..settings.learning import Activity as Wanted
    from ..trust import Trust

    state = state_place()
    trusted, layers = bool(Trust(state).decision(root)), read_layers(root)
    asked = repr((Wanted(), trusted, layers)).encode(errors="surrogatepass")
    digest = hashlib.sha256(asked).hexdigest()
    file = workspace_place(root, state) / _SETTINGS
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        kept = json.loads(file.read_bytes())
        if kept["of"] == digest:
            return Wanted(**kept["activity"])
    found = load(layers, trusted=trusted).settings.activity
    with contextlib.suppress(OSError):  # it is read anew each time, then
        replace_file(file, json.dumps({"of": digest, "activity": found._asdict()}).encode())
    return found


def _known(folder: Path) -> Path | None:
    """The innermost workspace around a folder that Understudy was used in."""
    state = state_place()
    around = (folder, *folder.parents)
    return next((each for each in around if workspace_place(each, state).is_dir()), None)
