"""How likely it is that what repeated is used again: a calibrated score, and refits of it. Pure.

The weights were fitted on one published set of shell commands and held on others: the chance that
a sequence is used at least twice more in the next 2,000 tasks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

_FEWEST = 1_000
"""The weights are those of logs of thousands of tasks. In shorter ones they would take whatever was
seen for certain, so those count as if they were so long."""


class Features(NamedTuple):
    """``blocks`` and ``stretches``: the distinct 50 and 200 tasks that it was in. ``span``: tasks
    from the first to the last. ``gap``: tasks since the last one, or between the last two where
    those are more. ``tasks``: all so far. ``length``: of the sequence."""

    times: int
    blocks: int
    stretches: int
    span: int
    gap: int
    tasks: int
    length: int

    @property
    def terms(self) -> tuple[float, ...]:
        return (
            1.0,
            math.log(self.times),
            math.log(self.blocks),
            math.log(self.stretches),
            math.log1p(self.span),
            math.log1p(self.gap),
            math.log1p(max(self.tasks, _FEWEST)),
            float(self.length),
        )


class Weights(NamedTuple):
    """Of the terms of ``Features``, in their order."""

    bias: float = 7.29
    times: float = 0.64
    blocks: float = 0.94
    stretches: float = 0.18
    span: float = -0.30
    gap: float = -0.16
    tasks: float = -0.75
    length: float = -0.06

    def score(self, features: Features) -> float:
        """0 to 1."""
        return _chance(self._sum(features.terms))

    def refitted(self, seen: Iterable[tuple[Features, bool]], prior: float = 8.0) -> Self:
        """With the bias that explains best what became of offers (wanted or not), and a normal
        prior of this precision: few offers change little. The other weights stay: replayed on
        the histories of others, to refit them made the score worse. The same for the same
        offers, in whatever order they come."""
        rows = sorted((self._sum(each.terms) - self.bias, wanted) for each, wanted in seen)
        bias = self.bias
        for _ in range(_STEPS):
            chances = [_chance(bias + rest) for rest, _ in rows]
            gradient = prior * (self.bias - bias)
            gradient += sum(wanted - each for each, (_, wanted) in zip(chances, rows, strict=True))
            bias += gradient / (prior + sum(each * (1 - each) for each in chances))
        return self._replace(bias=bias)

    def _sum(self, terms: Sequence[float]) -> float:
        return sum(weight * term for weight, term in zip(self, terms, strict=True))


_STEPS = 30
"""Newton's: the prior keeps each of them short."""


def _chance(z: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))
