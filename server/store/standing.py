"""How the automations of a workspace stand, summed up where it is kept: what their runs come to,
and what their user said to each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .automations import Answer, Automation, Purpose, of_row
from .database import Database


class Tally(NamedTuple):
    """What runs come to; what was only looked at is none. ``failures``: how many of the last failed
    in a row. ``low`` and ``high``: seconds that those saved whose changes were made and stand."""

    runs: int = 0
    successes: int = 0
    failures: int = 0
    low: float = 0.0
    high: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether nothing stands against it, and something for it."""
        return self.runs > 0 and self.successes == self.runs


def together(tallies: Iterable[Tally]) -> Tally:
    """Of several automations, of which no run is the last: ``failures`` is 0."""
    each = [*tallies]
    return Tally(
        sum(one.runs for one in each),
        sum(one.successes for one in each),
        0,
        sum(one.low for one in each),
        sum(one.high for one in each),
    )


class Said(NamedTuple):
    """What a user said to one. ``last``: the last word; ``dismissals``: how often it was dismissed,
    for now or for good (``never``); ``accepted`` and ``dismissed``: when last, in seconds since the
    epoch, 0 for not at all."""

    last: Answer
    accepted: float
    dismissed: float
    dismissals: int
    never: bool


class Standing(NamedTuple):
    """``automations``: the likeliest to be of use first; the rest by their ids. ``again``: of the
    runs since each was last accepted, of those that were."""

    automations: Sequence[Automation] = ()
    runs: Mapping[str, Tally] = {}
    again: Mapping[str, Tally] = {}
    said: Mapping[str, Said] = {}

    def since(self, id_: str) -> Tally:
        """What its runs come to since it was last accepted; where it never was, all of them."""
        is_accepted = id_ in self.said and self.said[id_].accepted
        return (self.again if is_accepted else self.runs).get(id_, Tally())


_AUTOMATIONS = "SELECT * FROM automations ORDER BY score * high * a_week DESC, name"
_TALLIES = f"""
WITH runs AS NOT MATERIALIZED (
  SELECT automation, id, low, high, status = 'clean' AND NOT undone AS is_success, applied
  FROM executions {{since}} AND purpose != '{Purpose.PREVIEW}'
), good AS (
  SELECT automation, MAX(id) AS id FROM runs WHERE is_success GROUP BY automation
)
SELECT automation, COUNT(*), SUM(is_success), SUM(runs.id > IFNULL(good.id, 0)),
  TOTAL(low) FILTER (WHERE is_success AND applied),
  TOTAL(high) FILTER (WHERE is_success AND applied)
FROM runs LEFT JOIN good USING (automation) GROUP BY automation"""  # noqa: S608
_ACCEPTED = f"""
JOIN (
  SELECT automation, MAX(at) AS accepted FROM answers
  WHERE answer = '{Answer.ACCEPTED}' GROUP BY automation
) USING (automation)"""  # noqa: S608
_SAID = f"""
WITH dismissed AS (
  SELECT automation, MAX(at) AS at, COUNT(*) AS count, MAX(answer = '{Answer.NEVER}') AS never
  FROM answers WHERE answer IN ('{Answer.DISMISSED}', '{Answer.NEVER}') GROUP BY automation
), accepted AS (
  SELECT automation, MAX(at) AS at FROM answers
  WHERE answer = '{Answer.ACCEPTED}' GROUP BY automation
)
SELECT newest.automation, answer, IFNULL(accepted.at, 0.0), IFNULL(dismissed.at, 0.0),
  IFNULL(count, 0), IFNULL(never, 0)
FROM (SELECT automation, answer, MAX(id) FROM answers GROUP BY automation) AS newest
LEFT JOIN accepted USING (automation) LEFT JOIN dismissed USING (automation)"""  # noqa: S608


async def standing(database: Database) -> Standing:
    """As it is at one moment. Raises sqlite3.Error."""

    def work(c: sqlite3.Connection) -> Standing:
        return Standing(
            [of_row(row) for row in c.execute(_AUTOMATIONS)],
            _tallies(c, "WHERE TRUE"),
            _tallies(c, f"{_ACCEPTED} WHERE at >= accepted"),
            {
                id_: Said(Answer(last), accepted, dismissed, count, bool(never))
                for id_, last, accepted, dismissed, count, never in c.execute(_SAID)
            },
        )

    return await database.run(work)


def _tallies(c: sqlite3.Connection, since: str) -> dict[str, Tally]:
    return {id_: Tally(*told) for id_, *told in c.execute(_TALLIES.format(since=since))}
