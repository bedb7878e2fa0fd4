"""SIGKILL at random moments: what was acknowledged is done in the end, once, and nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
import uuid
from collections import Counter
from pathlib import Path

import psutil
import pytest

from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.scheduler import Options
from understudy.store.job_rows import JobState

from . import engine_process
from .support import PATIENCE, until

PROGRAM = [sys.executable, "-P", engine_process.__file__]


def marked(mark: str) -> list[int]:
    """The living processes that were started under ``mark``, wherever they hang in the tree."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("STRAY") == mark and process.status() != "zombie":
                found.append(process.pid)
    return found


async def killed(state: Path, seed: int, mark: str, seconds: float) -> list[int]:
    """The ids that an engine acknowledged before it was killed ``seconds`` after the first."""
    process = await asyncio.create_subprocess_exec(
        *(*PROGRAM, str(state), str(seed)),
        env={**os.environ, "STRAY": mark},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    await asyncio.sleep(seconds)  # the random moment
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    assert process.returncode == -signal.SIGKILL
    return [int(line) for line in (first + rest).split()]


async def finish(state: Path, mark: str) -> None:
    """A last engine brings everything to its end."""
    os.environ["STRAY"] = mark
    runner = Runner()
    setting = Setting(Options(percent=100.0, queued=100_000))
    engine = Engine(state, engine_process.TASKS, runner, setting)
    try:
        await engine.start()
        await until(lambda: engine.runs_here)
        for record in await engine.jobs.recent([JobState.ASKING], 10_000):
            assert record.task == "once"
            assert await engine.answer(record.id, again=True)
        for record in await engine.jobs.recent([JobState.QUEUED, JobState.RUNNING], 10_000):
            await engine.result(record.id, 300)
    finally:
        await engine.close()
        await runner.close()
        del os.environ["STRAY"]


async def rounds(state: Path, count: int) -> None:
    mark = str(uuid.uuid4())
    chance = random.Random(7)
    acknowledged: list[int] = []
    for number in range(count):
        acknowledged += await killed(state, number, mark, chance.random() * 0.3)
        await until(lambda: not marked(mark))
    await finish(state, mark)
    await until(lambda: not marked(mark))
    database = sqlite3.connect(state / "jobs.db")
    (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    jobs = dict(database.execute("SELECT id, state || ' ' || status FROM jobs").fetchall())
    merged = dict(
        database.execute("SELECT id, merged FROM jobs WHERE status = 'merged'").fetchall()
    )
    ends = Counter(
        row[0] for row in database.execute("SELECT job FROM executions WHERE status = 'done'")
    )
    database.close()
    assert verdict == "ok"
    assert len(acknowledged) >= count
    final = {_followed(id_, merged) for id_ in acknowledged}
    assert {jobs.get(id_) for id_ in final} == {"ended done"}
    assert {ends[id_] for id_ in final} == {1}


def _followed(id_: int, merged: dict[int, int]) -> int:
    """A job that became part of another has that one's outcome."""
    while id_ in merged:
        id_ = merged[id_]
    return id_


async def test_no_crash_loses_what_was_acknowledged(tmp_path: Path) -> None:
    await rounds(tmp_path, 10)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_two_hundred_crashes(tmp_path: Path) -> None:
    await rounds(tmp_path, 200)
