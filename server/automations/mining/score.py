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
        return _chance(self, features.terms)

    def refitted(self, seen: Iterable[tuple[Features, bool]], prior: float = 8.0) -> Self:
        """The weights that explain best what became of offers (used again, or dismissed), with
        these as a normal prior: ``prior`` is its precision, so few offers change little. The same
        for the same offers, in whatever order they come."""
        rows = sorted((features.terms, used) for features, used in seen)
        best = tuple(self)
        cost = _cost(best, rows, self, prior)
        for _ in range(_STEPS):
            gradient, curve = _slopes(best, rows, self, prior)
            step = _solved(curve, gradient)
            scale = 1.0
            # Far from the best a whole step of Newton's may lead beyond it.
            while scale > _NEAR:
                tried = tuple(w + scale * each for w, each in zip(best, step, strict=True))
                tried_cost = _cost(tried, rows, self, prior)
                if tried_cost < cost:
                    break
                scale /= 2
            else:
                break
            best, cost = tried, tried_cost
        return type(self)(*best)


_STEPS = 50
_NEAR = 1e-6
_Row = tuple[tuple[float, ...], bool]


def _chance(weights: Iterable[float], terms: Sequence[float]) -> float:
    z = sum(weight * term for weight, term in zip(weights, terms, strict=True))
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))


def _cost(
    weights: Sequence[float], rows: Iterable[_Row], start: Iterable[float], prior: float
) -> float:
    """How unlikely the rows and the weights are: their negative logarithm."""
    likely = (
        _chance(weights, terms) if used else 1 - _chance(weights, terms) for terms, used in rows
    )
    apart = sum((now - was) ** 2 for now, was in zip(weights, start, strict=True))
    return prior / 2 * apart - sum(math.log(max(each, 1e-300)) for each in likely)


def _slopes(
    weights: Sequence[float], rows: Iterable[_Row], start: Iterable[float], prior: float
) -> tuple[list[float], list[list[float]]]:
    """The falling gradient of the cost, and its curvature."""
    size = len(weights)
    gradient = [prior * (was - now) for was, now in zip(start, weights, strict=True)]
    curve = [[prior * (i == j) for j in range(size)] for i in range(size)]
    for terms, used in rows:
        chance = _chance(weights, terms)
        for i, term in enumerate(terms):
            gradient[i] += (used - chance) * term
            for j, other in enumerate(terms):
                curve[i][j] += chance * (1 - chance) * term * other
    return gradient, curve


def _solved(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Of a positive definite matrix."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][k] * solution[k] for k in range(i + 1, size))
        solution[i] = (rows[i][size] - known) / rows[i][i]
    return solution
