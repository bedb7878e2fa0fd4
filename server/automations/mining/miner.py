"""What repeats, found as it happens: tasks are added, patterns are asked for. Pure.

Times are seconds since the epoch and come from outside. To forget tasks, feed a new miner with the
log that is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import NamedTuple

from ...store.activity import Activity
from ..pattern import Occurrence, Parameter, Pattern, Shape, Type
from .counts import Counts, Entry, period, repeats
from .counts import Occurrence as Found
from .counts import Sequence as Templates
from .events import Event, Events, folder_of
from .saving import pauses, saving
from .score import Features, Weights
from .unify import Unified, unify

_WEEK = 7 * 24 * 3_600.0
_COVERED = 10_000
"""So many of the last events are known to be of an offered pattern."""


class Candidate(NamedTuple):
    """Something that may repeat, before it is looked at closely."""

    sequence: Templates
    entry: Entry

    @property
    def shape(self) -> Shape:
        return Shape.EACH if len(self.sequence) == 1 else Shape.SEQUENCE

    @property
    def repeats(self) -> bool:
        """Whether it is a shorter one again and again, each time for files called after others."""
        return len(self.sequence) > 1 and repeats(self.sequence)

    @property
    def is_able(self) -> bool:
        """Whether each of its commands can be automated, as far as they tell by themselves."""
        commands = (event.command for event in self.entry.occurrences[-1])
        return all(not each.why_not or folder_of(each) for each in commands)

    @property
    def id(self) -> str:
        """Of the pattern."""
        text = "\0".join((self.shape, *self.sequence))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def features(self, tasks: int) -> Features:
        """``tasks``: all that were counted so far."""
        entry = self.entry
        return Features(
            entry.count,
            *entry.blocks,
            entry.last - entry.first,
            max(entry.gap, tasks - entry.last),
            tasks,
            len(self.sequence),
        )

    def is_novel(self, covered: AbstractSet[int]) -> bool:
        """Whether in two of its last three uses at least half of the events are none of those
        numbers."""
        last = self.entry.occurrences[-3:]
        new = sum(2 * sum(event.number in covered for event in each) < len(each) for each in last)
        return new >= min(2, len(last))


class Miner:
    """``weights``: of the score. ``min_occurrences``: seen less often, it is no pattern.
    ``offered``: the ids of those that are offered already."""

    def __init__(
        self,
        weights: Weights | None = None,
        min_occurrences: int = 3,
        offered: AbstractSet[str] = frozenset(),
    ) -> None:
        self.weights = self._given = weights or Weights()
        self._least = min_occurrences
        self._events = Events()
        self._counts = Counts()
        self._offered = set(offered)
        self._covered: set[int] = set()

    @property
    def tasks(self) -> int:
        """How many commands and tasks were counted so far."""
        return self._events.number

    def add(self, activity: Activity) -> None:
        """One task, not older than those before it in its session."""
        for session, event in self._events.of(activity):
            for each in map(Candidate._make, self._counts.add(session, event)):
                if self._offered and each.id in self._offered:
                    self._cover(each.entry.occurrences[-1])

    def _score(self, candidate: Candidate) -> float:
        return self.weights.score(candidate.features(self.tasks))

    def heed(self, answers: Mapping[str, bool]) -> None:
        """Score so that it explains best which offers its user wanted, by the ids of their
        candidates."""
        known = [each for each in self._closed() if each.id in answers]
        seen = [(each.features(self.tasks), answers[each.id]) for each in known]
        self.weights = self._given.refitted(seen)

    def _cover(self, events: Found) -> None:
        self._covered.update(event.number for event in events)
        if len(self._covered) > 2 * _COVERED:
            self._covered = {each for each in self._covered if each > self.tasks - _COVERED}

    def patterns(self, now: float, most: int = 50) -> list[Pattern]:
        """What repeats: those that are offered, and ``most`` others; what can be automated first,
        and of that what is expected to save the most. None of the others does mostly what another
        one before it does, or one that is offered; what is only listed does nothing."""
        chosen: list[Pattern] = []
        made, listed = set(self._covered), set(self._covered)
        most += len(self._offered)
        # To unify is what takes long, so it is left for those that may be chosen.
        for candidate in sorted(self._candidates(), key=lambda each: self._rank(each, now)):
            if len(chosen) == most:
                break
            covered = made if candidate.is_able else listed
            is_offered = candidate.id in self._offered
            if not is_offered and not candidate.is_novel(covered):
                continue
            unified = self._unified(candidate)
            if unified is not None:
                chosen.append(self._pattern(candidate, unified, now))
                events = {event.number for each in candidate.entry.occurrences for event in each}
                listed |= events
                if not unified.why_not:
                    made |= events
        return sorted(chosen, key=lambda each: (bool(each.why_not), -_worth(each), each.id))

    def _rank(self, candidate: Candidate, now: float) -> tuple[bool, bool, int, float, str]:
        """As patterns are ranked, as if nothing of it had to be typed any more; those that are
        offered first. Single commands come after sequences, which save more than their parts; what
        repeats itself comes last, where nothing else tells of it."""
        entry = candidate.entry
        saved = saving(entry.occurrences, 0)
        worth = self._score(candidate) * (saved.low + saved.high) * _a_week(entry, now)
        late = 2 if candidate.repeats else int(len(entry.occurrences[-1]) == 1)
        is_new = candidate.id not in self._offered
        return is_new, not candidate.is_able, late, -worth, candidate.id

    def _candidates(self) -> list[Candidate]:
        """The closed ones, and single commands that can be automated: those in what cannot be, and
        those that take longer to type than an automation takes to choose."""
        found = self._closed()
        known = {each.sequence for each in found}
        parts = {(name,) for each in found if not each.is_able for name in each.sequence}
        found += (
            candidate
            for candidate in map(Candidate._make, self._counts.singles.items())
            if candidate.entry.count >= self._least
            and candidate.sequence not in known
            and _can_run(candidate)
            and (
                candidate.sequence in parts
                or candidate.id in self._offered
                or saving(candidate.entry.occurrences, 0).low > 0
            )
        )
        return found

    def _closed(self) -> list[Candidate]:
        """Those that were seen often enough, and not only as a part of a longer one; that can be
        automated, of a longer one that can, too; and those that are offered."""
        often = {
            sequence: entry
            for sequence, entry in self._counts.entries.items()
            if entry.count >= self._least
        }
        within: set[Templates] = set()
        for sequence, entry in often.items():
            if len(sequence) > 2 and not repeats(sequence):
                parts = (sequence[1:], sequence[:-1])
                is_able = Candidate(sequence, entry).is_able
                within.update(
                    part
                    for part in parts
                    if part in often
                    and often[part].count == entry.count
                    and (is_able or not Candidate(part, often[part]).is_able)
                )
        found = (Candidate(*each) for each in often.items())
        return [e for e in found if e.sequence not in within or e.id in self._offered]

    def _unified(self, candidate: Candidate) -> Unified | None:
        """Of single tasks, None where they are no rows of values that are worth it; of what repeats
        itself, where the first time does not tell all of the others."""
        occurrences = candidate.entry.occurrences
        if candidate.shape is Shape.SEQUENCE:
            unified = unify(occurrences, self._counts.uses)
            if candidate.repeats:
                first = period(candidate.sequence)
                alone = unify([each[:first] for each in occurrences], self._counts.uses)
                return unified if len(alone.parameters) == len(unified.parameters) else None
            return unified
        events = [event for each in occurrences for event in each]
        unified = unify([(event,) for event in events])
        return unified if _are_rows(events, unified) else None

    def _pattern(self, candidate: Candidate, unified: Unified, now: float) -> Pattern:
        entry = candidate.entry
        occurrences = entry.occurrences
        arguments = _arguments(candidate.shape, occurrences, unified)
        asked = sum(len(value) for each in unified.arguments for value in each.values())
        return Pattern(
            id=candidate.id,
            shape=candidate.shape,
            steps=unified.steps,
            parameters=unified.parameters,
            occurrences=tuple(map(_occurrence, occurrences, arguments)),
            count=entry.count,
            score=self._score(candidate),
            each=saving(occurrences, asked // len(occurrences)),
            a_week=_a_week(entry, now),
            pauses=pauses(occurrences, unified.events),
            why_not=unified.why_not,
        )


def _can_run(candidate: Candidate) -> bool:
    (event,) = candidate.entry.occurrences[-1]
    return bool(event.command.arguments) and not event.command.why_not


def _are_rows(events: Sequence[Event], unified: Unified) -> bool:
    """Whether each is told by values that stand in lines of their own; of several values, with no
    more than is spared."""
    rows = unified.arguments
    values = [value for each in rows for value in each.values()]
    if any("\n" in value for value in values) or all(each == rows[0] for each in rows):
        return False
    asked, typed = sum(map(len, values)), sum(event.typed for event in events)
    return len(unified.parameters) == 1 or 2 * asked <= typed


def _arguments(
    shape: Shape, occurrences: Iterable[Found], unified: Unified
) -> tuple[dict[str, str], ...]:
    if shape is Shape.SEQUENCE:
        return unified.arguments
    rows = iter(unified.arguments)
    return tuple(_columns(unified.parameters, [*islice(rows, len(each))]) for each in occurrences)


def _columns(parameters: Iterable[Parameter], rows: Sequence[dict[str, str]]) -> dict[str, str]:
    """A secret is the same in all."""
    return {
        each.name: rows[0][each.name]
        if each.type is Type.SECRET
        else "\n".join(row[each.name] for row in rows)
        for each in parameters
    }


def _occurrence(events: Found, arguments: dict[str, str]) -> Occurrence:
    seconds = events[-1].at + (events[-1].seconds or 0) - events[0].at
    tasks = tuple(dict.fromkeys(event.task for event in events if event.task))
    return Occurrence(events[0].at, seconds, arguments, tasks)


def _a_week(entry: Entry, now: float) -> float:
    return entry.count / max(1.0, (now - entry.began) / _WEEK)


def _worth(pattern: Pattern) -> float:
    """Seconds a week that are expected to be saved."""
    return pattern.score * (pattern.each.low + pattern.each.high) / 2 * pattern.a_week
