"""How sure a rate is. Pure."""

from __future__ import annotations

import math

_Z = 1.96
"""Of a normal distribution, 95 % lie within so many deviations."""


def wilson(successes: int, runs: int) -> tuple[float, float]:
    """Between what the rate lies with 95 %, by Wilson's interval; of no runs, anything."""
    if not runs:
        return 0.0, 1.0
    rate, weight = successes / runs, _Z * _Z / runs
    middle = (rate + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * math.sqrt(rate * (1 - rate) / runs + weight / (4 * runs))
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))
