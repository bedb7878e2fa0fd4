"""The past of a workspace's tasks: executions, samples, the audit trail; and how it is cleaned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .database import Database


class Execution(NamedTuple):
    """One attempt. Times are seconds since the epoch; ``waited`` is its time in the queue."""

    job: int
    task: str
    attempt: int
    waited: float
    started: float
    ended: float
    status: str
    failure: str
    why: str
    cpu: float
    memory: int


class Entry(NamedTuple):
    """A line of the audit trail: what happened to which job, and why or on whose word."""

    at: float
    kind: str
    job: int | None
    task: str
    text: str


class Sample(NamedTuple):
    """How many jobs waited, and how many ran."""

    at: float
    queued: int
    running: int


_EXECUTION = "job, task, attempt, waited, started, ended, status, failure, why, cpu, memory"


class History:
    """Raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_tasks(self, tasks: Iterable[str], most: int) -> dict[str, list[Execution]]:
        """The last executions of each task, the newest first."""
        query = f"SELECT {_EXECUTION} FROM executions WHERE task = ? ORDER BY id DESC LIMIT ?"  # noqa: S608

        def work(c: sqlite3.Connection) -> dict[str, list[Execution]]:
            return {
                task: [Execution(*row) for row in c.execute(query, (task, most))] for task in tasks
            }

        return await self._database.run(work)

    async def executions(self, since: float = 0.0, most: int = 10_000) -> list[Execution]:
        """The newest first."""
        query = f"SELECT {_EXECUTION} FROM executions WHERE ended >= ? ORDER BY id DESC LIMIT ?"  # noqa: S608
        return await self._database.run(
            lambda c: [Execution(*row) for row in c.execute(query, (since, most))]
        )

    async def of_jobs(self, jobs: Mapping[str, int]) -> list[Execution]:
        """All executions of these jobs, each given by its task."""
        query = f"SELECT {_EXECUTION} FROM executions WHERE task = ? AND job = ?"  # noqa: S608
        return await self._database.run(
            lambda c: [Execution(*row) for its in jobs.items() for row in c.execute(query, its)]
        )

    async def audit(
        self, since: float = 0.0, most: int = 1_000, job: int | None = None
    ) -> list[Entry]:
        """The newest first."""
        query = (
            "SELECT at, kind, job, task, text FROM audit WHERE at >= ? AND (? IS NULL OR job = ?)"
            " ORDER BY id DESC LIMIT ?"
        )
        return await self._database.run(
            lambda c: [Entry(*row) for row in c.execute(query, (since, job, job, most))]
        )

    async def sample(self, sample: Sample) -> None:
        await self._database.run(
            lambda c: c.execute("INSERT INTO samples VALUES (?, ?, ?)", sample)
        )

    async def samples(self, since: float) -> list[Sample]:
        """The oldest first."""
        query = "SELECT at, queued, running FROM samples WHERE at >= ? ORDER BY at"
        return await self._database.run(
            lambda c: [Sample(*row) for row in c.execute(query, (since,))]
        )

    async def marks(self) -> dict[str, str]:
        """What is remembered of each rule of a schedule, as it was kept."""
        return await self._database.run(
            lambda c: dict(c.execute("SELECT rule, mark FROM runs").fetchall())
        )

    async def keep_marks(self, marks: Mapping[str, str]) -> None:
        """These marks and no others."""

        def work(c: sqlite3.Connection) -> None:
            c.execute("DELETE FROM runs")
            c.executemany("INSERT INTO runs VALUES (?, ?)", marks.items())

        await self._database.run(work)

    async def prune(self, results_before: float, metrics_before: float) -> Sequence[int]:
        """Forget what is older; the ids of the jobs forgotten, whose logs can go."""

        def work(c: sqlite3.Connection) -> list[int]:
            old = "state = 'ended' AND ended < ?"
            ids = [
                row[0]
                for row in c.execute(f"SELECT id FROM jobs WHERE {old}", (results_before,))  # noqa: S608
            ]
            c.execute(f"DELETE FROM jobs WHERE {old}", (results_before,))  # noqa: S608
            c.executemany("DELETE FROM checkpoints WHERE job = ?", [(id_,) for id_ in ids])
            for table, column in (("executions", "ended"), ("audit", "at"), ("samples", "at")):
                c.execute(f"DELETE FROM {table} WHERE {column} < ?", (metrics_before,))  # noqa: S608
            return ids

        return await self._database.run(work, write=True)
