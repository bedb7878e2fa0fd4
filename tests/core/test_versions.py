"""Two versions of the program on one queue, and a queue that is broken: nothing of it is lost, and
who can go on does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from understudy.runner import engine as engine_
from understudy.runner.engine import Engine
from understudy.runner.task import Task
from understudy.store.database import NewerDatabase
from understudy.store.job_rows import DONE, JOBS, JobState

from .support import PATIENCE, until
from .test_engine import Gate, Place, nothing

NEWER = JOBS._replace(migrations=(*JOBS.migrations, "ALTER TABLE jobs ADD COLUMN mood TEXT"))
QUICK = Task("quick", nothing)


class Versions(Place):
    """Engines of this version of the program and of a later one on one folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        self._monkeypatch = monkeypatch

    async def newer(self, *tasks: Task) -> Engine:
        self._monkeypatch.setattr(engine_, "JOBS", NEWER)
        try:
            return await self.engine(*tasks)
        finally:
            self._monkeypatch.undo()


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Versions]:
    place = Versions(tmp_path / "state", monkeypatch)
    yield place
    await place.close()


async def done(engine: Engine, id_: int) -> None:
    assert (await engine.result(id_, PATIENCE)).status == DONE


async def ends(engine: Engine, id_: int) -> list[str]:
    """The outcomes that were recorded of a job."""
    trail = await engine.history.audit(job=id_)
    return [entry.kind for entry in trail if entry.kind == DONE]


async def test_a_newer_program_brings_the_queue_up_to_date(place: Versions) -> None:
    gate = Gate(repeatable=True)
    older = await place.engine(gate.task, QUICK, most=1)
    ids = [await older.submit("gate"), await older.submit("quick")]
    await until(lambda: gate.attempts)
    await place.close()
    gate.open.set()
    newer = await place.newer(gate.task, QUICK)
    for id_ in ids:
        await done(newer, id_)
    assert newer.trouble == ""


async def test_an_older_program_leaves_a_newer_queue_alone(place: Versions) -> None:
    newer = await place.newer(QUICK)
    await done(newer, await newer.submit("quick"))
    await place.close()
    older = await place.engine(QUICK)
    assert "jobs.db was made by a newer Understudy: tasks wait here until" in older.trouble
    with pytest.raises(NewerDatabase, match="newer Understudy"):
        await older.submit("quick")
    assert not older.runs_here, "the newer one can go on"
    again = await place.newer(QUICK)
    assert again.runs_here
    await done(again, await again.submit("quick"))
    with closing(sqlite3.connect(place.folder / "jobs.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(NEWER.migrations),)
        assert database.execute("SELECT count(mood), count(*) FROM jobs").fetchone() == (0, 2)


async def test_a_newer_program_takes_over_from_one_that_runs(place: Versions) -> None:
    """The older one, which no longer understands the queue, ends what it runs and steps down."""
    gates = [Gate("again", repeatable=True), Gate("once")]
    tasks = [gate.task for gate in gates]
    older = await place.engine(*tasks)
    ids = [await older.submit(gate.task.name) for gate in gates]
    await until(lambda: all(gate.attempts for gate in gates))
    newer = await place.newer(*tasks, QUICK)
    await done(newer, await newer.submit("quick"))
    assert (older.runs_here, newer.runs_here) == (False, True)
    assert "newer Understudy" in older.trouble
    asked = await newer.jobs.get(ids[1])
    assert asked is not None
    assert asked.state is JobState.ASKING
    assert await newer.answer(ids[1], again=True)
    for gate in gates:
        gate.open.set()
    for id_ in ids:
        await done(newer, id_)
        assert await ends(newer, id_) == [DONE]


# ── a queue that is broken ──────────────────────────────────────────────────────────────────────


async def test_a_broken_queue_is_moved_aside_reported_and_begun_anew(place: Versions) -> None:
    place.folder.mkdir(mode=0o700)
    (place.folder / "jobs.db").write_bytes(b"this is no database" * 1000)
    engines = await asyncio.gather(*(place.engine(QUICK) for _ in range(3)))
    for engine in engines:
        await done(engine, await engine.submit("quick", {"by": id(engine)}))
    told = [engine.trouble for engine in engines if engine.trouble]
    (aside,) = place.folder.glob("jobs.corrupt-*")
    assert aside.read_bytes() == b"this is no database" * 1000
    assert told == [f"the database was corrupt (file is not a database); it was moved to {aside}"]


async def test_who_has_it_open_follows_when_it_is_moved_aside(place: Versions) -> None:
    first, second = await place.engine(QUICK), await place.engine(QUICK)
    await done(second, await second.submit("quick"))
    for suffix in ("", "-wal", "-shm"):
        file = place.folder / f"jobs.db{suffix}"
        file.rename(place.folder / f"aside{suffix}")
    id_ = await second.submit("quick", {"n": 2})
    await done(first, id_)
    with closing(sqlite3.connect(place.folder / "jobs.db")) as database:
        assert database.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
