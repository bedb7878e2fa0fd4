"""What is known of a person's tasks at each of them, as the product counts it."""

from __future__ import annotations

from understudy.automations.mining.counts import Counts, Occurrence
from understudy.automations.mining.events import Events
from understudy.automations.mining.miner import Candidate
from understudy.automations.mining.score import Features, Weights
from understudy.store.activity import Activity

LEAST = 3
"""Seen less often, it is no pattern."""


class Known:
    """What is counted of the tasks so far, as a miner counts it, and what was offered. A miner is
    asked every few minutes for all that repeats; here each task may bring an offer, of what was
    done once more with it, so that what is compared is the choice and not the time of a look."""

    def __init__(self) -> None:
        self._events, self._counts = Events(), Counts()
        self._offered: set[str] = set()
        self._covered: set[int] = set()

    @property
    def tasks(self) -> int:
        """As the miner counts them: what ``&&`` joins is several."""
        return self._events.number

    def uses(self, template: str) -> Occurrence:
        return self._counts.uses(template)

    def add(self, task: Activity) -> list[Candidate]:
        """What was done once more with it, seen often enough or not; shortest first."""
        found: list[Candidate] = []
        for session, event in self._events.of(task):
            found += map(Candidate._make, self._counts.add(session, event))
        for each in found:
            if each.id in self._offered:
                self._cover(each.entry.occurrences[-1])
        return found

    def features(self, candidate: Candidate) -> Features:
        return candidate.features(self.tasks)

    def score(self, candidate: Candidate) -> float:
        return Weights().score(self.features(candidate))

    def is_new(self, candidate: Candidate) -> bool:
        """Whether it is seen often enough, and does mostly what no offered one does."""
        return (
            candidate.entry.count >= LEAST
            and candidate.id not in self._offered
            and candidate.is_novel(self._covered)
        )

    def offer(self, candidate: Candidate) -> None:
        """From now on, what this one does is no news of another."""
        self._offered.add(candidate.id)
        for each in candidate.entry.occurrences:
            self._cover(each)

    def _cover(self, events: Occurrence) -> None:
        self._covered.update(event.number for event in events)
