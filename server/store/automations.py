"""The automations of a workspace: how far each has come, each run of it, and what its user said."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from .database import Database, Schema

FILE = "automations.db"
"""Its name in the workspace's state folder."""


class State(StrEnum):
    """How far one has come. ``DISABLED``: nothing runs it before it was tried again; ``RETIRED``:
    nobody wants it any more, and it stays so."""

    GENERATED = "generated"
    TRIED = "tried"
    OFFERED = "offered"
    ACTIVE = "active"
    DISABLED = "disabled"
    RETIRED = "retired"


class Answer(StrEnum):
    """What a user says to one, by word or by deed."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    NEVER = "never"
    UNDONE = "undone"
    EDITED = "edited"


class Purpose(StrEnum):
    """What a run is for. ``PREVIEW``: only to be looked at; ``RUN``: its user wants the changes;
    ``SAVE``: a file was saved that it fits; ``TASK``: a task needed it, or a rule started it."""

    PREVIEW = "preview"
    RUN = "run"
    SAVE = "on save"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Automation:
    """``id``: of its pattern, or of its script where a person wrote it. ``title``: what it does,
    for people. ``when``: the files that it is offered in, as a .gitignore pattern; empty: in none.
    ``takes``: the name of the parameter that such a file is the value of. ``makes``: the paths of
    the files that it makes, as JSON (``automations.codec``). ``score``: of the pattern; ``seen``:
    how often it was done; ``low`` and ``high``: seconds that one use saves; ``a_week``: uses in a
    week. ``script``: the digest of the script that was tried last. ``why``: what is to be known of
    its state, such as why it is disabled, in a sentence without an end. ``told``: what came of its
    trial, for people. ``is_idempotent``: twice comes to the same as once. ``later``: it is not
    offered before, in seconds since the epoch; ``dismissals``: how often it was dismissed.
    ``on_save``: its user had it run by itself when a file that it fits is saved. ``offered``: when
    it was first offered, and ``attempted``: when it was last to be tried, in seconds since the
    epoch; 0 for not yet. ``is_asked``: in its trial it was only asked what it would do."""

    id: str
    name: str
    state: State
    title: str
    template: str
    created: float
    when: str = ""
    takes: str = "file"
    makes: str = "[]"
    score: float = 0.0
    seen: int = 0
    low: float = 0.0
    high: float = 0.0
    a_week: float = 0.0
    script: str = ""
    why: str = ""
    told: str = ""
    is_idempotent: bool = False
    later: float = 0.0
    dismissals: int = 0
    on_save: bool = False
    offered: float = 0.0
    attempted: float = 0.0
    is_asked: bool = False

    @property
    def is_active(self) -> bool:
        return self.state is State.ACTIVE

    @property
    def is_untried(self) -> bool:
        return self.state is State.GENERATED

    @property
    def is_disabled(self) -> bool:
        return self.state is State.DISABLED

    def stays_away(self, now: float) -> bool:
        """Whether it was dismissed for now; ``now``: seconds since the epoch. What would be away
        for longer than anything is was dismissed by a wrong clock."""
        return self.state is State.OFFERED and now < self.later <= now + LONGEST_AWAY


@dataclass(frozen=True, slots=True)
class Execution:
    """One run for its user. ``parameters``: JSON, without secrets. ``status``: of its trial;
    ``applied``: its changes were made, under the number ``entry`` of the journal (0: none was).
    ``low`` and ``high``: seconds that it saved. ``output``: the end of what it printed. ``trial``:
    the number of its trial, as long as that is kept."""

    automation: str
    at: float
    parameters: str
    status: str
    seconds: float
    changes: int = 0
    applied: bool = False
    undone: bool = False
    entry: int = 0
    low: float = 0.0
    high: float = 0.0
    output: str = ""
    trial: int = 0
    id: int = 0
    purpose: Purpose = Purpose.RUN

    @property
    def is_success(self) -> bool:
        return self.status == "clean" and not self.undone


LONGEST_AWAY = 30 * 86_400.0
"""Seconds for which one that was dismissed stays away, at most."""
_TABLES = """
CREATE TABLE automations (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, title TEXT NOT NULL,
  template TEXT NOT NULL, created REAL NOT NULL, fits TEXT NOT NULL,
  takes TEXT NOT NULL, makes TEXT NOT NULL,
  score REAL NOT NULL, seen INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
  a_week REAL NOT NULL, script TEXT NOT NULL, why TEXT NOT NULL, told TEXT NOT NULL,
  is_idempotent INTEGER NOT NULL, later REAL NOT NULL, dismissals INTEGER NOT NULL,
  on_save INTEGER NOT NULL, offered REAL NOT NULL
);
CREATE TABLE executions (
  automation TEXT NOT NULL, at REAL NOT NULL, parameters TEXT NOT NULL, status TEXT NOT NULL,
  seconds REAL NOT NULL, changes INTEGER NOT NULL, applied INTEGER NOT NULL,
  undone INTEGER NOT NULL, entry INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
  output TEXT NOT NULL, trial INTEGER NOT NULL, id INTEGER PRIMARY KEY
);
CREATE INDEX executions_of ON executions (automation, id);
CREATE TABLE answers (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, automation TEXT NOT NULL, answer TEXT NOT NULL
)"""
_ATTEMPTED = "ALTER TABLE automations ADD COLUMN attempted REAL NOT NULL DEFAULT 0"
_WITH_PURPOSE = "ALTER TABLE executions ADD COLUMN purpose TEXT NOT NULL DEFAULT 'run'"
_SUMMED_UP = """
DROP INDEX executions_of;
CREATE INDEX runs ON executions
  (automation, id, purpose, at, status, applied, undone, low, high, trial);
CREATE INDEX made ON executions (entry, automation) WHERE entry != 0 AND NOT undone"""
"""Without them, what runs print is read to sum them up."""
_IS_ASKED = "ALTER TABLE automations ADD COLUMN is_asked INTEGER NOT NULL DEFAULT 0"
AUTOMATIONS = Schema(
    (_TABLES, _ATTEMPTED, _WITH_PURPOSE, _SUMMED_UP, _IS_ASKED),
    durable=True,
    lost="what you said of automations is not remembered",
)
_MOST_EXECUTIONS = 10_000
_WITHOUT_RUNS = "DELETE FROM executions WHERE automation = ?"
_ANSWER = "INSERT INTO answers (at, automation, answer) VALUES (?, ?, ?)"


class Automations:
    """Everything raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Automation]:
        """The likeliest to be of use first."""
        query = "SELECT * FROM automations ORDER BY score * high * a_week DESC, name"
        return await self._database.run(lambda c: [of_row(row) for row in c.execute(query)])

    async def put(
        self,
        automation: Automation,
        before: Automation | None = None,
        said: tuple[float, Answer] | None = None,
    ) -> bool:
        """A new one, or in place of ``before``, together with what its user ``said``, and when, in
        seconds since the epoch; whether that was done. What another process has made of it
        meanwhile stands, and so does another one of its name; what its pattern says of it is no
        such thing."""
        marks = ", ".join("?" * len(fields(Automation)))
        statement = f"INSERT OR REPLACE INTO automations VALUES ({marks})"  # noqa: S608
        query = "SELECT * FROM automations WHERE id = ? OR name = ?"

        def work(c: sqlite3.Connection) -> bool:
            there = [of_row(row) for row in c.execute(query, (automation.id, automation.name))]
            if [*map(_said, there)] != ([_said(before)] if before else []):
                return False
            c.execute(statement, astuple(automation))
            if said:
                at, answer = said
                c.execute(_ANSWER, (at, automation.id, answer))
            return True

        return await self._database.run(work, write=True)

    async def follow(self, automations: Iterable[Automation]) -> None:
        """Keep what their patterns say of them now."""
        rows = [(e.score, e.seen, e.low, e.high, e.a_week, e.id) for e in automations]
        statement = (
            "UPDATE automations SET score = ?, seen = ?, low = ?, high = ?, a_week = ? WHERE id = ?"
        )
        if rows:
            await self._database.run(lambda c: c.executemany(statement, rows), write=True)

    async def remove(self, id_: str) -> None:
        """With its runs."""

        def work(c: sqlite3.Connection) -> None:
            c.execute("DELETE FROM automations WHERE id = ?", (id_,))
            c.execute("DELETE FROM executions WHERE automation = ?", (id_,))

        await self._database.run(work, write=True)

    async def trials(self, automations: Iterable[Automation]) -> list[int]:
        """The numbers of those of their runs."""
        query = "SELECT trial FROM executions WHERE automation = ? AND trial != 0"
        ids = [(each.id,) for each in automations]
        return await self._database.run(
            lambda c: [trial for own in ids for (trial,) in c.execute(query, own)]
        )

    async def forget(self, gone: Iterable[Automation]) -> None:
        """Take them out, with their runs. Of what nobody wants any more only the id is kept, so
        that it is not made again."""
        never = "SELECT 1 FROM answers WHERE automation = ? AND answer = ?"
        answer = "INSERT INTO answers (at, automation, answer) VALUES (0, ?, ?)"

        def work(c: sqlite3.Connection) -> None:
            c.execute("PRAGMA secure_delete=ON")
            for each in gone:
                own = (each.id,)
                c.execute(_WITHOUT_RUNS, own)
                c.execute("DELETE FROM automations WHERE id = ?", own)
                c.execute("DELETE FROM answers WHERE automation = ? AND answer != 'never'", own)
                refused = (each.id, str(Answer.NEVER))
                if each.state is State.RETIRED and not c.execute(never, refused).fetchone():
                    c.execute(answer, refused)

        await self._database.run(work, write=True)

    async def answer(self, at: float, id_: str, answer: Answer) -> None:
        """``at``: seconds since the epoch."""
        row = (at, id_, answer)
        await self._database.run(lambda c: c.execute(_ANSWER, row))

    async def answers(self) -> list[tuple[float, str, Answer]]:
        """When, to which, what; the oldest first."""
        query = "SELECT at, automation, answer FROM answers ORDER BY id"
        return await self._database.run(
            lambda c: [(at, id_, Answer(answer)) for at, id_, answer in c.execute(query)]
        )

    async def ran(self, execution: Execution) -> int:
        """Keep a run; its number."""

        def work(c: sqlite3.Connection) -> int:
            row = {**asdict(execution), "id": None}
            marks = ", ".join(f":{name}" for name in row)
            added = c.execute(f"INSERT INTO executions VALUES ({marks})", row).lastrowid  # noqa: S608
            assert added is not None
            c.execute("DELETE FROM executions WHERE id <= ?", (added - _MOST_EXECUTIONS,))
            return added

        return await self._database.run(work, write=True)

    async def applied(self, id_: int, entry: int, low: float, high: float) -> None:
        """The changes of a run were made; a preview was one, then."""
        statement = (
            "UPDATE executions SET applied = 1, entry = ?, low = ?, high = ?,"
            " purpose = CASE purpose WHEN ? THEN ? ELSE purpose END WHERE id = ?"
        )
        row = (entry, low, high, Purpose.PREVIEW, Purpose.RUN, id_)
        await self._database.run(lambda c: c.execute(statement, row))

    async def undone(self, entry: int) -> str:
        """What a run had made was taken back; its automation, empty when it was no run."""

        def work(c: sqlite3.Connection) -> str:
            query = "UPDATE executions SET undone = 1 WHERE entry = ? AND entry != 0"
            found = c.execute(f"{query} RETURNING automation", (entry,)).fetchone()
            return str(found[0]) if found else ""

        return await self._database.run(work, write=True)

    async def forget_runs(self, id_: str) -> None:
        """Take the runs of one out."""
        await self._database.run(lambda c: c.execute(_WITHOUT_RUNS, (id_,)), write=True)

    async def executions(self, id_: str = "", most: int = 1_000) -> list[Execution]:
        """The newest first; ``id_``: of one automation."""
        columns = ", ".join(each.name for each in fields(Execution))
        of = "automation = ?" if id_ else "? = ''"
        query = f"SELECT {columns} FROM executions WHERE {of} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return await self._database.run(
            lambda c: [_execution(row) for row in c.execute(query, (id_, most))]
        )

    async def made(self) -> dict[int, str]:
        """The entries of the journal that runs have made and that were not taken back, as far as is
        known; of each the automation."""
        query = "SELECT entry, automation FROM executions WHERE entry != 0 AND NOT undone"
        return dict(await self._database.run(lambda c: c.execute(query).fetchall()))

    async def waiting(self) -> frozenset[int]:
        """The trials of the newest run of each automation, where it succeeded and its changes were
        not made."""
        query = (
            "SELECT trial FROM executions WHERE status = 'clean' AND NOT applied AND id IN"
            " (SELECT MAX(id) FROM executions GROUP BY automation)"
        )
        return frozenset(await self._database.run(lambda c: [t for (t,) in c.execute(query)]))


def _said(automation: Automation) -> Automation:
    """Without what its pattern says of it."""
    return replace(automation, score=0.0, seen=0, low=0.0, high=0.0, a_week=0.0)


def of_row(row: Sequence[Any]) -> Automation:
    """As the table has its columns."""
    return Automation(*[read(value) for read, value in zip(_READ_AUTOMATION, row, strict=True)])


def _execution(row: Sequence[Any]) -> Execution:
    return Execution(*[read(value) for read, value in zip(_READ_EXECUTION, row, strict=True)])


def _readers(of: type[Automation | Execution]) -> list[Callable[[Any], Any]]:
    """What makes its value of each column."""
    kept = {"bool": bool, "State": State, "Purpose": Purpose}
    return [kept.get(str(each.type), _as_it_is) for each in fields(of)]


def _as_it_is(value: Any) -> Any:
    return value


_READ_AUTOMATION, _READ_EXECUTION = _readers(Automation), _readers(Execution)
