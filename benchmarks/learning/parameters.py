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


class Done(NamedTuple):
    """A sequence, and with what each of its tasks was done elsewhere until then."""

    occurrence: Occurrence
    uses: dict[str, Occurrence]

    def unified(self, occurrences: Sequence[Occurrence]) -> Sequence[object]:
        """The steps of some occurrences, for who knows no more than that."""
        return unify(occurrences, lambda template: self.uses[template]).steps


def fit(people: Iterable[Sequence[Activity]]) -> Fit:
    """Of the sequences that have arguments."""
    later = rule = demoting = verbatim = 0
    for tasks in people:
        for done in _done(tasks):
            occurrences = [each.occurrence for each in done]
            first, third = occurrences[:3], done[2]
            learned = third.unified(first)
            for number, each in enumerate(occurrences[3 : 3 + _MOST_LATER], 3):
                before, last = occurrences[max(0, number - KEPT) : number], done[number - 1]
                later += 1
                demoting += last.unified([*before, each]) == last.unified(before)
                rule += third.unified([*first, each]) == learned
                verbatim += _words(each) == _words(third.occurrence)
    return Fit(later, rule, demoting, verbatim)


def _done(tasks: Iterable[Activity]) -> Iterator[list[Done]]:
    known = Known()
    found: dict[str, list[Done]] = defaultdict(list)
    for task in tasks:
        for each in known.add(task):
            if len(each.sequence) > 1 and len(found[each.id]) < 3 + _MOST_LATER:
                uses = {template: known.uses(template) for template in each.sequence}
                found[each.id].append(Done(each.entry.occurrences[-1], uses))
    for done in found.values():
        if len(done) > 3 and any(event.command.arguments for event in done[0].occurrence):
            yield done


def _words(occurrence: Occurrence) -> list[tuple[str, ...]]:
    return [(event.cwd, *event.command.words) for event in occurrence]
