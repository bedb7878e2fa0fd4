"""The rows of the durable queue: their schema, their values, and what several transactions share.

Functions that take a connection run inside a transaction of ``jobs.Jobs``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from ..model import Cost
from .database import Schema

JOBS = Schema(
    (
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, input TEXT NOT NULL,
            parameters TEXT NOT NULL, causes TEXT NOT NULL, importance INTEGER NOT NULL,
            repeatable INTEGER NOT NULL, deadline REAL, state TEXT NOT NULL, queued REAL NOT NULL,
            due REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, owner TEXT, started REAL,
            ended REAL, cancelled INTEGER NOT NULL DEFAULT 0, status TEXT, why TEXT NOT NULL
            DEFAULT '', exit_code INTEGER, value TEXT NOT NULL DEFAULT 'null',
            seconds REAL NOT NULL DEFAULT 0, cpu REAL NOT NULL DEFAULT 0,
            memory INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '',
            fraction REAL NOT NULL DEFAULT 0, merged INTEGER
        );
        CREATE UNIQUE INDEX jobs_once ON jobs (task, input) WHERE state = 'queued';
        CREATE INDEX jobs_state ON jobs (state, due);
        CREATE INDEX jobs_ended ON jobs (ended);
        CREATE TABLE needs (
            job INTEGER NOT NULL, needed INTEGER NOT NULL, PRIMARY KEY (job, needed)
        ) WITHOUT ROWID;
        CREATE INDEX needs_needed ON needs (needed);
        CREATE TABLE executions (
            id INTEGER PRIMARY KEY, job INTEGER NOT NULL, task TEXT NOT NULL,
            attempt INTEGER NOT NULL, waited REAL NOT NULL, started REAL NOT NULL,
            ended REAL NOT NULL, status TEXT NOT NULL, failure TEXT NOT NULL, why TEXT NOT NULL,
            cpu REAL NOT NULL, memory INTEGER NOT NULL
        );
        CREATE INDEX executions_task ON executions (task, id);
        CREATE INDEX executions_ended ON executions (ended);
        CREATE TABLE checkpoints (
            id INTEGER PRIMARY KEY, job INTEGER NOT NULL, at REAL NOT NULL, fraction REAL NOT NULL,
            message TEXT NOT NULL, state TEXT NOT NULL
        );
        CREATE INDEX checkpoints_job ON checkpoints (job, id);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, job INTEGER,
            task TEXT NOT NULL, text TEXT NOT NULL
        );
        CREATE INDEX audit_at ON audit (at);
        CREATE TABLE samples (
            at REAL NOT NULL, queued INTEGER NOT NULL, running INTEGER NOT NULL
        );
        CREATE TABLE runs (
            rule TEXT PRIMARY KEY, mark TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "ALTER TABLE jobs ADD COLUMN withheld TEXT NOT NULL DEFAULT ''",
    ),
    durable=True,
    lost="tasks wait",
)


class JobState(StrEnum):
    """ASKING: it was interrupted, must not simply be repeated, and waits for the user's word."""

    QUEUED = "queued"
    RUNNING = "running"
    ASKING = "asking"
    ENDED = "ended"


def under_way(path: Path) -> set[int]:
    """The jobs of a file that have not ended, as it is now, for who has no loop. Raises
    sqlite3.Error."""
    if not path.exists():
        return set()
    query = "SELECT id FROM jobs WHERE state != ?"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            return set()  # it was only just made
        return {id_ for (id_,) in connection.execute(query, (JobState.ENDED,))}


DONE = "done"
CANCELLED = "cancelled"
DROPPED = "dropped"
NEED_FAILED = "need failed"
MERGED = "merged"
"""It became part of another job, whose outcome is its own."""


HOOK = "hook"
"""In the audit trail: git has waited for a hook; ``task`` is its name, ``text`` how long."""

MANUAL = "manual"


class Cause(NamedTuple):
    """Why a job was asked for: ``trigger`` as in the settings' rules, and words for people."""

    trigger: str
    text: str
    at: float

    @property
    def by_hand(self) -> bool:
        """Whether a person asked for it, who waits."""
        return self.trigger == MANUAL


class NewJob(NamedTuple):
    """``parameters`` are JSON; the same task with the same ones is queued once. ``due``: not before
    then; None: at once. ``replaces``: jobs that become part of this one, where they still wait.
    ``withheld``: what the secrets that it was given are known by, which are not in the parameters;
    no other job has the same ones."""

    task: str
    parameters: Mapping[str, Any]
    cause: Cause
    importance: int = 1
    repeatable: bool = False
    deadline: float | None = None
    needs: tuple[int, ...] = ()
    due: float | None = None
    replaces: tuple[int, ...] = ()
    withheld: str = ""


class Waiting(NamedTuple):
    """A queued job, as far as its turn is concerned; ``needs``: the jobs that have to end first."""

    id: int
    task: str
    importance: int
    queued: float
    deadline: float | None = None
    needs: tuple[int, ...] = ()


class Added(NamedTuple):
    """``coalesced``: such a job was queued already, and is the one. ``dropped``: jobs that had to
    leave the queue since it was full; it may be this one."""

    id: int
    coalesced: bool = False
    dropped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A job as it is known now. ``status`` and ``why`` tell of its last attempt."""

    id: int
    task: str
    parameters: Mapping[str, Any]
    causes: tuple[Cause, ...]
    importance: int
    repeatable: bool
    deadline: float | None
    state: JobState
    queued: float
    due: float
    attempt: int
    started: float | None
    ended: float | None
    cancelled: bool
    status: str
    why: str
    exit_code: int | None
    value: Any
    seconds: float
    cost: Cost
    message: str
    fraction: float
    merged: int | None
    """The job that this one became part of."""
    needs: tuple[int, ...] = ()
    withheld: str = ""
    """What the secrets that it was given are known by; empty where it was given none."""


class Ended(NamedTuple):
    """How an attempt ended. ``retry_at``: when the next one is due; None: there is none."""

    status: str
    why: str = ""
    failure: str = ""
    exit_code: int | None = None
    value: Any = None
    seconds: float = 0.0
    cost: Cost = Cost()
    retry_at: float | None = None


class Checkpoint(NamedTuple):
    at: float
    fraction: float
    message: str
    state: Any


MOST_CAUSES = 20

_PLAIN = (
    *("id", "task", "importance", "deadline", "queued", "due", "attempt", "started", "ended"),
    *("why", "exit_code", "seconds", "message", "fraction", "merged", "withheld"),
)


def records(c: sqlite3.Connection, where: str, values: Sequence[object]) -> list[Record]:
    cursor = c.cursor()
    cursor.row_factory = sqlite3.Row
    rows = cursor.execute(f"SELECT * FROM jobs {where}", values).fetchall()  # noqa: S608
    needs = needs_of_all(c) if rows else {}
    return [_from_row(row, tuple(needs.get(row["id"], ()))) for row in rows]


def record(c: sqlite3.Connection, id_: int) -> Record:
    (record,) = records(c, "WHERE id = ?", (id_,))
    return record


def needs_of_all(c: sqlite3.Connection) -> dict[int, list[int]]:
    """Of each job that waits, the needs that are not met yet."""
    found: dict[int, list[int]] = {}
    for job, needed in c.execute("SELECT job, needed FROM needs"):
        found.setdefault(job, []).append(needed)
    return found


def _from_row(row: sqlite3.Row, needs: tuple[int, ...]) -> Record:
    plain = {name: row[name] for name in _PLAIN}
    return Record(
        **plain,
        parameters=json.loads(row["parameters"]),
        causes=tuple(Cause(*cause) for cause in json.loads(row["causes"])),
        repeatable=bool(row["repeatable"]),
        state=JobState(row["state"]),
        cancelled=bool(row["cancelled"]),
        status=row["status"] or "",
        value=json.loads(row["value"]),
        cost=Cost(row["cpu"], row["memory"]),
        needs=needs,
    )


def need(c: sqlite3.Connection, now: float, job: int, needed: Iterable[int]) -> None:
    """What has ended well need not be waited for; what has ended otherwise fails the job."""
    for each in needed:
        row = c.execute("SELECT state, status, why FROM jobs WHERE id = ?", (each,)).fetchone()
        if row is None or row[1] == DONE:
            continue
        c.execute("INSERT OR IGNORE INTO needs VALUES (?, ?)", (job, each))
        if row[0] == JobState.ENDED:
            end(c, each, now, row[1], row[2])
            return


def requeue(c: sqlite3.Connection, id_: int, due: float, now: float) -> None:
    """Queue a job again; if the same was asked for meanwhile, it becomes part of that job."""
    same = c.execute(
        "SELECT other.id FROM jobs JOIN jobs AS other USING (task, input)"
        " WHERE jobs.id = ? AND other.state = 'queued'",
        (id_,),
    ).fetchone()
    if same is None:
        c.execute(
            "UPDATE jobs SET state = 'queued', owner = NULL, due = ?, message = '', fraction = 0"
            " WHERE id = ?",
            (due, id_),
        )
        return
    c.execute("UPDATE OR IGNORE needs SET needed = ? WHERE needed = ?", (same[0], id_))
    merge(c, id_, same[0], now, f"the same task is queued as job {same[0]}")


def merge(c: sqlite3.Connection, id_: int, into: int, now: float, why: str) -> None:
    """A job becomes part of another."""
    c.execute("UPDATE jobs SET merged = ? WHERE id = ?", (into, id_))
    end(c, id_, now, MERGED, why)


def replace(c: sqlite3.Connection, now: float, by: int, replaced: Iterable[int]) -> None:
    """Those that still wait become part of the job ``by``."""
    for each in replaced:
        row = c.execute(
            "SELECT task FROM jobs WHERE id = ? AND id != ? AND state = 'queued'", (each, by)
        ).fetchone()
        if row is not None:
            merge(c, each, by, now, f"it is part of job {by}")
            note(c, now, MERGED, each, row[0], f"it is part of job {by}")


def end(c: sqlite3.Connection, id_: int, now: float, status: str, why: str) -> list[int]:
    """A job has its outcome; who needed it need not wait any more, or fails with it. The ids of
    those that failed so."""
    c.execute(
        "UPDATE jobs SET state = 'ended', status = ?, why = ?, ended = ?, owner = NULL"
        " WHERE id = ?",
        (status, why, now, id_),
    )
    c.execute("DELETE FROM needs WHERE job = ?", (id_,))
    if status in (DONE, MERGED):
        c.execute("DELETE FROM needs WHERE needed = ?", (id_,))
        return []
    (task,) = c.execute("SELECT task FROM jobs WHERE id = ?", (id_,)).fetchone()
    dependants = c.execute("SELECT job FROM needs WHERE needed = ?", (id_,)).fetchall()
    reason = f"{task}, which it needs, {_ENDED.get(status, 'failed')}: {why}"
    ended: list[int] = []
    for (dependant,) in dependants:
        note(c, now, NEED_FAILED, dependant, "", reason)
        ended += [dependant, *end(c, dependant, now, NEED_FAILED, reason)]
    return ended


_ENDED = {CANCELLED: "was cancelled", DROPPED: "was dropped", NEED_FAILED: "could not run"}


def drop(c: sqlite3.Connection, now: float, limit: int) -> tuple[int, ...]:
    """Make room: the least important leave the queue, among those the newest."""
    (queued,) = c.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
    rows = c.execute(
        "SELECT id, task FROM jobs WHERE state = 'queued' ORDER BY importance, id DESC LIMIT ?",
        (max(0, queued - limit),),
    ).fetchall()
    why = f"the queue was full ({limit:,} jobs), and this one was the least important"
    for id_, task in rows:
        note(c, now, DROPPED, id_, task, why)
        end(c, id_, now, DROPPED, why)
    return tuple(id_ for id_, _ in rows)


def note(
    c: sqlite3.Connection, now: float, kind: str, id_: int | None, task: str, text: str
) -> None:
    c.execute(
        "INSERT INTO audit (at, kind, job, task, text) VALUES (?, ?, ?, ?, ?)",
        (now, kind, id_, task, text),
    )
