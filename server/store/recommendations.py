"""What was recommended in a workspace, what its user said to it, and what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..findings.redact_text import redacted
from .database import Database, Schema

FILE = "recommendations.db"
"""Its name in the workspace's state folder."""

RECOMMENDATIONS = Schema(
    (
        """
        CREATE TABLE recommendations (
            id TEXT PRIMARY KEY, rule TEXT NOT NULL, path TEXT NOT NULL, what TEXT NOT NULL,
            measure TEXT NOT NULL, state TEXT NOT NULL, proposed REAL NOT NULL,
            answered REAL NOT NULL, done REAL NOT NULL, low REAL, high REAL,
            gained_low REAL, gained_high REAL
        ) WITHOUT ROWID
        """,
        """
        ALTER TABLE recommendations ADD COLUMN done_by TEXT NOT NULL DEFAULT '';
        UPDATE recommendations SET done_by = iif(answered = done, 'said', 'seen')
            WHERE state = 'done'
        """,
    ),
    durable=True,
    lost="what you said to recommendations is not remembered",
)


class Row(NamedTuple):
    """``state``: proposed, accepted, dismissed or done. Times are seconds since the epoch, 0 for
    not yet. ``low`` and ``high``: seconds a week that it was to gain; ``gained_low`` and
    ``gained_high``: that it did, as far as measured; None where that is not known. ``done_by``: how
    one that is done came to be so: seen, said or written; else empty."""

    id: str
    rule: str
    path: str
    what: str
    measure: str
    state: str
    proposed: float
    answered: float = 0.0
    done: float = 0.0
    low: float | None = None
    high: float | None = None
    gained_low: float | None = None
    gained_high: float | None = None
    done_by: str = ""


_MOST = 2_000
"""Rows that are kept; of what is proposed and nobody answered, the oldest go."""


class Recommendations:
    """Nothing comes in but without secrets. Raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def problem(self) -> str:
        return self._database.problem

    async def all(self) -> Mapping[str, Row]:
        """By their ids."""
        return await self._database.run(_all)

    async def turn(
        self, was: Mapping[str, Row], keep: Iterable[Row], drop: Iterable[str] = ()
    ) -> None:
        """Keep these as they are now, and forget others. What is no longer as it ``was`` stays as
        it is: somebody has answered meanwhile."""
        kept, gone = [*keep], [*drop]
        if not kept and not gone:
            return
        places = ", ".join("?" * len(Row._fields))
        insert = f"INSERT OR REPLACE INTO recommendations VALUES ({places})"  # noqa: S608

        def work(c: sqlite3.Connection) -> None:
            now = _all(c)
            same = {id_ for id_ in now.keys() | was.keys() if now.get(id_) == was.get(id_)}
            known = now.keys() | was.keys()
            new = (row for row in kept if row.id in same or row.id not in known)
            c.executemany(insert, map(_private, new))
            c.executemany(
                "DELETE FROM recommendations WHERE id = ?", [(id_,) for id_ in gone if id_ in same]
            )
            c.execute(
                "DELETE FROM recommendations WHERE id IN (SELECT id FROM recommendations"
                " WHERE state = 'proposed' ORDER BY proposed DESC LIMIT -1 OFFSET ?)",
                (_MOST,),
            )

        await self._database.run(work, write=True)

    async def answer(self, id_: str, state: str, at: float, done_by: str = "") -> bool:
        """What its user said to one, when; whether it is known."""
        query = (
            "UPDATE recommendations SET state = ?, answered = ?, done = ?, done_by = ? WHERE id = ?"
        )
        given = state, at, at if state == "done" else 0.0, done_by, id_
        return await self._database.run(lambda c: c.execute(query, given).rowcount > 0, write=True)

    async def forget_lived(self) -> None:
        """Those that tell of what somebody did, whatever was said to them; what stands in files
        stays. Afterwards they are in no file."""
        await self._database.run(
            lambda c: c.execute("DELETE FROM recommendations WHERE path = ''"), write=True
        )
        await self._database.compact()


def _private(row: Row) -> Row:
    measure = row.measure if redacted(row.measure) == row.measure else ""
    what = redacted(row.what)
    return row._replace(path=_text(row.path), what=_text(what), measure=_text(measure))


def _text(said: str) -> str:
    """With a question mark for what is no character, as an escape in a definition may say."""
    return said.encode("utf-8", "replace").decode()


def _all(connection: sqlite3.Connection) -> dict[str, Row]:
    rows = connection.execute(f"SELECT {', '.join(Row._fields)} FROM recommendations")  # noqa: S608
    return {row[0]: Row(*row) for row in rows}
