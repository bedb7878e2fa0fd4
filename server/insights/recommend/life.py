"""How far recommendations have come, and what those that were done taught. Pure but for the
randomness that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ...store.recommendations import Row
from ..workflows.lived.weekly import Weekly
from .make import ranked
from .model import By, Recommendation, State

_AS_MUCH = 3.0
"""What nobody has measured counts as so many that gained what was told of them."""
_MOST_RATIO = 3.0


class Standing(NamedTuple):
    """A recommendation that holds, and what is kept of it."""

    recommendation: Recommendation
    row: Row

    @property
    def state(self) -> State:
        return State(self.row.state)


class Stand(NamedTuple):
    """``open``: proposed and accepted ones, the best first. ``done``: the newest first. ``ratios``:
    by rule, what those that were done gained of what was told, drawn towards 1."""

    open: tuple[Standing, ...]
    dismissed: tuple[Standing, ...]
    done: tuple[Row, ...]
    ratios: Mapping[str, float]


class Turned(NamedTuple):
    """The rows that are to be kept as they are now, and the ids of those that are to be dropped."""

    keep: tuple[Row, ...]
    drop: tuple[str, ...]


def turn(
    found: Iterable[Recommendation],
    rows: Mapping[str, Row],
    looked_at: Collection[str],
    now: float,
) -> Turned:
    """What is new is proposed; what has gone is done. ``looked_at``: the files that could be read,
    or are gone: of others nothing is known."""
    present = {each.id: each for each in found}
    keep = [_found(each, rows.get(id_), now) for id_, each in present.items()]
    gone = [row for id_, row in rows.items() if id_ not in present and row.path in looked_at]
    keep += [row for each in gone if (row := _gone(each, now)) is not None]
    drop = [row.id for row in gone if _gone(row, now) is None]
    changed = tuple(row for row in keep if rows.get(row.id) != row)
    return Turned(changed, tuple(drop))


def _found(each: Recommendation, row: Row | None, now: float) -> Row:
    """What becomes of one that is there."""
    if row is None:
        row = Row(each.id, each.rule, each.place.path, each.what, each.measure, "proposed", now)
    elif row.state == State.DONE and not each.is_met and _is_back(each, row):
        kept = row.answered if row.done_by == By.SEEN else 0.0
        state = State.ACCEPTED if kept else State.PROPOSED
        row = row._replace(state=str(state), answered=kept, done=0.0, done_by="")
    if each.is_met and row.state in (State.PROPOSED, State.ACCEPTED):
        row = _done(row, now)
    if row.state == State.DONE:
        return row
    low, high = each.gain or (None, None)
    return row._replace(what=each.what, low=low, high=high)


def _is_back(each: Recommendation, row: Row) -> bool:
    """Whether one that is done and found is not done any more. Where its user said that it is, the
    log still has what was before; what is measured is measured on."""
    if row.done_by != By.SAID or each.is_in_file:
        return True
    return not each.measure and each.last > row.done


def _gone(row: Row, now: float) -> Row | None:
    """What becomes of one that is not found any more; None: nothing is to be known of it. What was
    lived may only have been long ago: it is done where its user said to do something. What nobody
    wants to see may come back with another branch."""
    if row.state in (State.DONE, State.DISMISSED):
        return row
    if row.path:
        return _done(row, now)
    return _done(row, row.answered) if row.state == State.ACCEPTED else None


def _done(row: Row, at: float) -> Row:
    return row._replace(state=str(State.DONE), done=at, done_by=str(By.SEEN))


def measured(rows: Iterable[Row], gained: Callable[[str, float], Weekly | None]) -> list[Row]:
    """Those that were done and of which more is known now. ``gained``: of a measure, since when."""
    found = []
    for row in rows:
        if row.state == State.DONE and row.measure and (now := gained(row.measure, row.done)):
            new = row._replace(gained_low=now.low, gained_high=now.high)
            found += [new] if new != row else []
    return found


def ratios(rows: Iterable[Row]) -> dict[str, float]:
    """By rule: gained of what was told, in the middle of both."""
    by: dict[str, list[float]] = {}
    for row in rows:
        told = _middle(row.low, row.high)
        was = _middle(row.gained_low, row.gained_high)
        if told and was is not None:
            by.setdefault(row.rule, []).append(min(_MOST_RATIO, max(0.0, was / told)))
    return {rule: (_AS_MUCH + sum(e)) / (_AS_MUCH + len(e)) for rule, e in by.items()}


def _middle(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else (low + high) / 2


def stand(found: Sequence[Recommendation], rows: Mapping[str, Row]) -> Stand:
    """How all of them stand; ``rows`` has one of each."""
    learned = ratios(rows.values())
    every = [Standing(each, rows[each.id]) for each in ranked(found, learned)]
    open_ = (State.PROPOSED, State.ACCEPTED)
    done = sorted((r for r in rows.values() if r.state == State.DONE), key=lambda r: -r.done)
    return Stand(
        tuple(each for each in every if each.state in open_),
        tuple(each for each in every if each.state is State.DISMISSED),
        tuple(done),
        learned,
    )
