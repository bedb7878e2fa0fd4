"""What a workspace's stores tell of a time, and the report of it. Reads in its own time; the loop
is not held."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple, TypeVar

from ...disk import why
from ...insights.efficiency.calendar import Period
from ...insights.efficiency.efficiency import Efficiency, Known, efficiency
from ...insights.report.markdown import markdown
from ...insights.report.outline import Bars, Outline, Section, Table, outline
from ...insights.report.payload import payload
from ...state import replace_file
from ...store import automations, lives, measured
from ...store.automations import AUTOMATIONS, Automations
from ...store.automations import Execution as Run
from ...store.database import Database, Schema
from ...store.history import History
from ...store.job_rows import JOBS
from ...store.measured import MEASURED, Kept
from ..folder.workspace import Workspace
from ..notices.notices import DELIVER

__all__ = ["Bars", "Outline", "Report", "Section", "Table", "report_of", "reports"]

_T = TypeVar("_T")
_JOBS = "jobs.db"
_FILE = "report.html"
_MOST = 1_000_000
_MOST_RUNS = 100_000


class Report(NamedTuple):
    """``troubles``: what could not be read, in sentences; what was in there is missing. ``state``:
    the workspace's state folder."""

    workspace: str
    state: Path
    found: Efficiency
    made: datetime
    troubles: tuple[str, ...] = ()

    @property
    def outline(self) -> Outline:
        return outline(self.found, self.workspace, self.made, self.troubles)

    @property
    def json(self) -> str:
        told = payload(self.found, self.workspace, self.made, self.troubles)
        return json.dumps(told, indent=2)

    @property
    def markdown(self) -> str:
        return markdown(self.outline)

    @property
    def html(self) -> str:
        from ...insights.report.page import page

        return page(self.outline)

    def write(self) -> Path:
        """Its page as a file that is its user's alone, in the place of the last one. Raises
        OSError; blocks."""
        file = self.state / _FILE
        replace_file(file, self.html.encode("utf-8", "replace"))
        return file


async def reports(folders: Iterable[Workspace], root: Path | None) -> list[Report]:
    """Of the folders that are open, or of one, the last days up to now. Raises ValueError, for
    people, where that is none."""
    found: list[Report] = []
    now = time.time()
    for workspace in folders:
        if not workspace.loose and root in (None, workspace.root):
            await workspace.counts.flush()
            await workspace.lives.flush()
            found.append(await report_of(workspace.root, workspace.state, None, now))
    if not found:
        raise ValueError(f"{root} is not open here" if root else "no folder is open")
    return found


async def report_of(
    root: Path,
    state: Path,
    since: float | None,
    until: float,
    zone: tzinfo | None = None,
    now: float | None = None,
) -> Report:
    """Of the days from ``since`` to ``until``, in seconds since the epoch, both included, or of the
    thirty up to then where ``since`` is None; ``state`` is the workspace's state folder, ``now`` as
    ``efficiency`` has it. A store that cannot be read is a trouble, no error."""
    period = Period.between(since, until, zone)
    known, troubles = await _known(state)
    found = await asyncio.to_thread(efficiency, known, period, until, now)
    made = datetime.fromtimestamp(until, UTC).astimezone(zone)
    return Report(root.name or str(root), state, found, made, tuple(troubles))


async def _known(state: Path) -> tuple[Known, list[str]]:
    troubles: list[str] = []

    async def read(
        name: str, schema: Schema, ask: Callable[[Database], Awaitable[_T]]
    ) -> _T | None:
        if not (state / name).exists():
            return None
        database = Database(state / name, schema)
        try:
            return await ask(database)
        except (sqlite3.Error, OSError, ValueError) as error:
            troubles.append(f"{name} could not be read, and what is in it is missing: {why(error)}")
            return None
        finally:
            if database.moved:
                troubles.append(f"what was in {name} is missing: {database.moved}")
            await database.close()

    executions = await read(_JOBS, JOBS, lambda d: History(d).executions(most=_MOST))
    automated = await read(automations.FILE, AUTOMATIONS, _automated)
    lived = await read(lives.FILE, lives.LIVES, lives.lives)
    kept = await read(measured.FILE, MEASURED, measured.kept)
    runs, names = automated or ([], {})
    told = [each for each in executions or () if each.task != DELIVER]
    return Known(told, runs, names, kept or Kept(), lived or ()), troubles


async def _automated(database: Database) -> tuple[list[Run], dict[str, str]]:
    """The runs, and the names of automations by their ids."""
    store = Automations(database)
    names = {each.id: each.name for each in await store.all()}
    return await store.executions(most=_MOST_RUNS), names
