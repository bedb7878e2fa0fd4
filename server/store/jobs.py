"""The durable queue: what was asked for, and what became of it.

A job that ``add`` has answered for is on disk. Each has exactly one outcome: only the owner that
claimed it can end it, once, in the transaction that also decides over who needed it. Times are
seconds since the epoch and are passed in.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from .database import Database
from .job_rows import (
    CANCELLED,
    MOST_CAUSES,
    Added,
    Checkpoint,
    Ended,
    JobState,
    NewJob,
    Record,
    Waiting,
    drop,
    end,
    need,
    needs_of_all,
    note,
    record,
    records,
    replace,
    requeue,
)

KEPT_CHECKPOINTS = 20
_GONE = "the process that ran it ended"


class Jobs:
    """Every method is one transaction. Raises sqlite3.Error when the disk does not take it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def problem(self) -> str:
        """What is wrong, or was, with the database; empty when nothing is."""
        return self._database.problem

    @property
    def trouble(self) -> str:
        """Why nothing can be kept now; empty when it can."""
        return self._database.trouble

    async def open(self) -> None:
        """See whether the database can be used, and after trouble whether it takes something.
        Raises sqlite3.Error when it cannot be."""
        trouble = self._database.trouble
        if not trouble:
            await self._database.run(lambda _: None)
        else:
            text = f"what happens is stored again, after: {trouble}"
            await self._database.run(lambda c: note(c, time.time(), "stored again", None, "", text))

    # ── asking ──────────────────────────────────────────────────────────────────────────────────

    async def add(self, new: NewJob, now: float, limit: int) -> Added:
        """Queue a job; when this returns, it is on disk. ``limit``: how many may be queued."""

        def work(c: sqlite3.Connection) -> Added:
            parameters = json.dumps(new.parameters, sort_keys=True)
            input_ = f"{parameters} {new.withheld}".rstrip()
            same = c.execute(
                "SELECT id, causes FROM jobs WHERE state = 'queued' AND task = ? AND input = ?",
                (new.task, input_),
            ).fetchone()
            if same is not None:
                causes = json.dumps([*json.loads(same[1]), new.cause][-MOST_CAUSES:])
                c.execute(
                    "UPDATE jobs SET causes = ?, importance = max(importance, ?), repeatable ="
                    " min(repeatable, ?), deadline = min(ifnull(deadline, ?), ifnull(?, deadline)),"
                    " due = min(due, ifnull(?, due)) WHERE id = ?",
                    (
                        *(causes, new.importance, new.repeatable, new.deadline, new.deadline),
                        *(new.due, same[0]),
                    ),
                )
                need(c, now, same[0], new.needs)
                replace(c, now, same[0], new.replaces)
                note(c, now, "coalesced", same[0], new.task, new.cause.text)
                return Added(same[0], coalesced=True)
            row = c.execute(
                "INSERT INTO jobs (task, input, parameters, causes, importance, repeatable,"
                " deadline, state, queued, due, withheld)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
                (
                    *(new.task, input_, parameters, json.dumps([new.cause])),
                    *(new.importance, new.repeatable, new.deadline, now),
                    *(now if new.due is None else new.due, new.withheld),
                ),
            )
            assert row.lastrowid is not None
            need(c, now, row.lastrowid, new.needs)
            replace(c, now, row.lastrowid, new.replaces)
            note(c, now, "queued", row.lastrowid, new.task, new.cause.text)
            return Added(row.lastrowid, dropped=drop(c, now, limit))

        return await self._database.run(work, write=True)

    async def cancel(self, id_: int, now: float) -> bool:
        """End a job that waits, or tell its owner to end it; whether there was such a job."""

        def work(c: sqlite3.Connection) -> bool:
            row = c.execute("SELECT state, task FROM jobs WHERE id = ?", (id_,)).fetchone()
            if row is None or row[0] == JobState.ENDED:
                return False
            note(c, now, "cancelled", id_, row[1], "on request")
            if row[0] == JobState.RUNNING:
                c.execute("UPDATE jobs SET cancelled = 1 WHERE id = ?", (id_,))
            else:
                end(c, id_, now, CANCELLED, "it was cancelled before it ran")
            return True

        return await self._database.run(work, write=True)

    async def answer(self, id_: int, *, again: bool, now: float) -> bool:
        """The user's word on an interrupted job; whether it was asked for."""

        def work(c: sqlite3.Connection) -> bool:
            query = "SELECT task FROM jobs WHERE id = ? AND state = 'asking'"
            if (row := c.execute(query, (id_,)).fetchone()) is None:
                return False
            if again:
                requeue(c, id_, now, now)
            else:
                end(c, id_, now, CANCELLED, "it was interrupted, and was not to be run again")
            note(c, now, "run again" if again else "given up", id_, row[0], "the user's word")
            return True

        return await self._database.run(work, write=True)

    # ── running ─────────────────────────────────────────────────────────────────────────────────

    async def claim(self, ids: Sequence[int], owner: str, now: float) -> list[Record]:
        """Those of ``ids`` that are still queued are ``owner``'s from now on, and run."""

        def work(c: sqlite3.Connection) -> list[Record]:
            claimed = []
            for id_ in ids:
                done = c.execute(
                    "UPDATE jobs SET state = 'running', owner = ?, started = ?, attempt ="
                    " attempt + 1, message = '' WHERE id = ? AND state = 'queued'",
                    (owner, now, id_),
                )
                if done.rowcount:
                    claimed.append(record(c, id_))
                    note(c, now, "started", id_, claimed[-1].task, f"by {owner}")
            return claimed

        return await self._database.run(work, write=True)

    async def finish(self, id_: int, owner: str, ended: Ended, now: float) -> list[Record]:
        """Record how an attempt ended. The job as it is then, and those that needed it and end with
        it; none: it is not ``owner``'s to end (any more)."""

        def work(c: sqlite3.Connection) -> list[Record]:
            row = c.execute(
                "SELECT task, attempt, queued, started FROM jobs WHERE id = ? AND owner = ? AND"
                " state = 'running'",
                (id_, owner),
            ).fetchone()
            if row is None:
                return []
            task, attempt, queued, started = row
            waited = max(0.0, started - queued)
            cost = ended.cost
            c.execute(
                "INSERT INTO executions (job, task, attempt, waited, started, ended, status,"
                " failure, why, cpu, memory) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(id_, task, attempt, waited, started, started + ended.seconds),
                    *(ended.status, ended.failure, ended.why, cost.cpu_seconds, cost.memory_bytes),
                ),
            )
            c.execute(
                "UPDATE jobs SET status = ?, why = ?, exit_code = ?, value = ?, seconds = ?,"
                " cpu = cpu + ?, memory = max(memory, ?) WHERE id = ?",
                (
                    *(ended.status, ended.why, ended.exit_code, json.dumps(ended.value)),
                    *(ended.seconds, cost.cpu_seconds, cost.memory_bytes, id_),
                ),
            )
            dependants: list[int] = []
            if ended.retry_at is not None:
                requeue(c, id_, ended.retry_at, now)
                note(c, now, "to be retried", id_, task, f"{ended.status}: {ended.why}")
            else:
                dependants = end(c, id_, now, ended.status, ended.why)
                note(c, now, ended.status, id_, task, ended.why)
            return [record(c, each) for each in (id_, *dependants)]

        return await self._database.run(work, write=True)

    async def recover(self, now: float) -> list[Record]:
        """What an owner left running that is gone is queued again if it is repeatable (these are
        the records), else the user is to be asked. Only for who holds the lease: then nobody else
        runs anything."""

        def work(c: sqlite3.Connection) -> list[Record]:
            again: list[Record] = []
            for left in records(c, "WHERE state = 'running'", ()):
                if left.cancelled:
                    end(c, left.id, now, CANCELLED, "it was cancelled")
                    continue
                note(c, now, "interrupted", left.id, left.task, _GONE)
                c.execute("UPDATE jobs SET why = ? WHERE id = ?", (_GONE, left.id))
                if left.repeatable:
                    requeue(c, left.id, now, now)
                    again.append(record(c, left.id))
                else:
                    c.execute(
                        "UPDATE jobs SET state = 'asking', owner = NULL WHERE id = ?", (left.id,)
                    )
            return again

        return await self._database.run(work, write=True)

    async def tell(self, id_: int, message: str, fraction: float) -> None:
        """How far a running job is."""
        await self._database.run(
            lambda c: c.execute(
                "UPDATE jobs SET message = ?, fraction = ? WHERE id = ? AND state = 'running'",
                (message, fraction, id_),
            )
        )

    async def checkpoint(self, id_: int, point: Checkpoint) -> None:
        """Save where a job is; the newest are kept."""

        def work(c: sqlite3.Connection) -> None:
            c.execute(
                "INSERT INTO checkpoints (job, at, fraction, message, state)"
                " VALUES (?, ?, ?, ?, ?)",
                (id_, point.at, point.fraction, point.message, json.dumps(point.state)),
            )
            c.execute(
                "DELETE FROM checkpoints WHERE job = ? AND id NOT IN"
                " (SELECT id FROM checkpoints WHERE job = ? ORDER BY id DESC LIMIT ?)",
                (id_, id_, KEPT_CHECKPOINTS),
            )

        await self._database.run(work)

    async def note(
        self, kind: str, task: str, text: str, now: float, id_: int | None = None
    ) -> None:
        """Add to the audit trail."""
        await self._database.run(lambda c: note(c, now, kind, id_, task, text))

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    async def get(self, id_: int) -> Record | None:
        return await self._database.run(
            lambda c: next(iter(records(c, "WHERE id = ?", (id_,))), None)
        )

    async def values(self, tasks: Iterable[str]) -> dict[str, Any]:
        """What the newest success of each task without parameters left, by task."""
        query = (
            "SELECT value FROM executions JOIN jobs ON jobs.id = job WHERE executions.task = ?"
            " AND executions.status = 'done' AND input = '{}' ORDER BY executions.id DESC LIMIT 1"
        )

        def work(c: sqlite3.Connection) -> dict[str, Any]:
            rows = {task: c.execute(query, (task,)).fetchone() for task in tasks}
            return {task: json.loads(row[0]) for task, row in rows.items() if row is not None}

        return await self._database.run(work)

    async def recent(
        self,
        states: Collection[JobState] = tuple(JobState),
        limit: int = 100,
        skip: int = 0,
        but: Collection[str] = (),
    ) -> list[Record]:
        """The newest first, without the ``skip`` newest, and without those of some tasks."""
        where = f"WHERE {_of(states, but)} ORDER BY id DESC LIMIT ? OFFSET ?"
        given = (*states, *but, limit, skip)
        return await self._database.run(lambda c: records(c, where, given))

    async def count(self, but: Collection[str] = ()) -> dict[JobState, int]:
        """How many are in each state, of those that are remembered, without those of some tasks."""
        states = tuple(JobState)
        query = f"SELECT state, count(*) FROM jobs WHERE {_of(states, but)} GROUP BY state"  # noqa: S608
        given = (*states, *but)
        found = await self._database.run(lambda c: dict(c.execute(query, given).fetchall()))
        return {each: found.get(each, 0) for each in states}

    async def ended(self, task: str, limit: int) -> list[Record]:
        """The jobs of one task that have ended, the newest first."""
        where = "WHERE task = ? AND state = 'ended' ORDER BY id DESC LIMIT ?"
        return await self._database.run(lambda c: records(c, where, (task, limit)))

    async def last_values(self) -> list[Record]:
        """Of each task the job that ended last among those that left a value."""
        where = """WHERE id IN (SELECT id FROM (
            SELECT id, max(ended) FROM jobs WHERE state = 'ended' AND value != 'null' GROUP BY task
        ))"""
        return await self._database.run(lambda c: records(c, where, ()))

    async def waiting(self, now: float) -> tuple[list[Waiting], float | None]:
        """The queued jobs that are due; and when the next of the others is."""

        def work(c: sqlite3.Connection) -> tuple[list[Waiting], float | None]:
            later = c.execute(
                "SELECT min(due) FROM jobs WHERE state = 'queued' AND due > ?", (now,)
            ).fetchone()[0]
            needs = needs_of_all(c)
            rows = c.execute(
                "SELECT id, task, importance, queued, deadline FROM jobs"
                " WHERE state = 'queued' AND due <= ?",
                (now,),
            )
            due = [
                Waiting(id_, task, importance, queued, deadline, tuple(needs.get(id_, ())))
                for id_, task, importance, queued, deadline in rows
            ]
            return due, later

        return await self._database.run(work)

    async def to_cancel(self, owner: str) -> list[int]:
        query = "SELECT id FROM jobs WHERE state = 'running' AND cancelled = 1 AND owner = ?"
        return await self._database.run(lambda c: [row[0] for row in c.execute(query, (owner,))])

    async def checkpoints(self, id_: int) -> list[Checkpoint]:
        """The newest first."""
        query = (
            "SELECT at, fraction, message, state FROM checkpoints WHERE job = ? ORDER BY id DESC"
        )
        return await self._database.run(
            lambda c: [
                Checkpoint(row[0], row[1], row[2], json.loads(row[3]))
                for row in c.execute(query, (id_,))
            ]
        )


def _of(states: Collection[JobState], but: Collection[str]) -> str:
    """A condition, whose values are these."""
    some, others = (",".join("?" * len(each)) for each in (states, but))
    return f"state IN ({some}) AND task NOT IN ({others})"
