"""Whether what three occurrences say of the parts that vary holds for the later ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from understudy.automations.mining.counts import KEPT, Occurrence
from understudy.automations.mining.unify import unify
from understudy.store.activity import Activity

from .known import Known

_MOST_LATER = 20


class Fit(NamedTuple):
    """``later``: occurrences after the third; of those, how many are what the first three say, how
    many are what those before it say (as a miner has it, where a literal becomes a parameter with
    its first violation), and how many are the third to the letter."""

    later: int
    rule: int
    demoting: int
    verbatim: int

    @property
    def share(self) -> float:
        return self.rule / max(1, self.later)


def fit(people: Iterable[Sequence[Activity]]) -> Fit:
    """Of the sequences that have arguments."""
    later = rule = demoting = verbatim = 0
    for tasks in people:
        for occurrences in _occurrences(tasks):
            first, third = occurrences[:3], occurrences[2]
            learned = unify(first).steps
            for number, each in enumerate(occurrences[3 : 3 + _MOST_LATER], 3):
                before = occurrences[max(0, number - KEPT) : number]
                later += 1
                demoting += unify([*before, each]).steps == unify(before).steps
                rule += unify([*first, each]).steps == learned
                verbatim += _words(each) == _words(third)
    return Fit(later, rule, demoting, verbatim)


def _occurrences(tasks: Iterable[Activity]) -> Iterator[list[Occurrence]]:
    known = Known()
    found: dict[str, list[Occurrence]] = defaultdict(list)
    for task in tasks:
        for each in known.add(task):
            if len(each.sequence) > 1:
                found[each.id].append(each.entry.occurrences[-1])
    for occurrences in found.values():
        if len(occurrences) > 3 and any(event.command.arguments for event in occurrences[0]):
            yield occurrences


def _words(occurrence: Occurrence) -> list[tuple[str, ...]]:
    return [(event.cwd, *event.command.words) for event in occurrence]
