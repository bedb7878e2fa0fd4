"""What one use of a pattern saves, and the pauses in it: from what was measured. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from ..pattern import Saving
from .counts import Occurrence

_FAST, _SLOW = 0.1, 0.3
"""Seconds for a character: 120 and 40 words a minute."""
_PICK = 3.0
"""Seconds to choose an automation from a list."""
_MOST = 60.0
"""A longer pause is a break, or work of another kind."""


def pauses(occurrences: Sequence[Occurrence], steps: Sequence[int]) -> tuple[float, ...]:
    """The usual seconds before each of the steps but the first; of runs, none."""
    return tuple(
        statistics.median(_pause(each, number) for each in occurrences) for number in steps[1:]
    )


def _pause(occurrence: Occurrence, number: int) -> float:
    before = occurrence[number - 1]
    return max(0.0, occurrence[number].at - before.at - (before.seconds or 0))


def saving(occurrences: Sequence[Occurrence], asked: int) -> Saving:
    """The seconds one use saves, where ``asked`` characters are still typed.

    At least: the rest of the typing, by somebody quick, less the choosing. At most: the typing by
    somebody slow, the pauses and the waiting between the commands, each up to a minute.
    """
    lows, highs = [], []
    for occurrence in occurrences:
        typed = [event.typed for event in occurrence]
        lows.append(_FAST * (sum(typed) - asked) - _PICK)
        high = _SLOW * typed[0]
        for number in range(1, len(occurrence)):
            waited = occurrence[number - 1].seconds or 0
            pause = max(_pause(occurrence, number), _FAST * typed[number])
            high += min(_MOST, pause) + min(_MOST, waited)
        highs.append(high)
    low = max(0.0, statistics.median(lows))
    return Saving(low, max(low, statistics.median(highs)))
