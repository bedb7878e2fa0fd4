"""Courses of a resource over eight hours, made by rule: what is used of it, and when it ran out.

Each has noise. The same number gives the same course.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

SECONDS = 8 * 3_600
STEP = 5
"""Seconds between two samples."""


class Trace(NamedTuple):
    """``levels``: shares of all, every ``STEP`` seconds, up to when nothing was left or the end.
    ``began``: the second in which the trend began that led there; None where none did."""

    kind: str
    levels: list[float]
    began: float | None


_Course = tuple[Callable[[float], float], float | None]
"""The level at a second, and when the last trend began."""


def ramp(rng: random.Random) -> _Course:
    """It rests, then rises without an end, in eight minutes to four hours."""
    start, level = rng.uniform(300, 12_000), rng.uniform(0.1, 0.9)
    takes = math.exp(rng.uniform(math.log(480), math.log(14_400)))
    return lambda t: level + max(0.0, t - start) / takes * (1 - level), start


def accelerating(rng: random.Random) -> _Course:
    """It rises faster and faster, without an end."""
    start, level = rng.uniform(300, 12_000), rng.uniform(0.1, 0.6)
    takes, power = math.exp(rng.uniform(math.log(900), math.log(10_800))), rng.uniform(1.1, 1.6)
    return lambda t: level + (max(0.0, t - start) / takes) ** power * (1 - level), start


def sawtooth(rng: random.Random) -> _Course:
    """As of a collector of garbage."""
    low, high = rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.92)
    period = math.exp(rng.uniform(math.log(30), math.log(1_800)))
    return lambda t: low + (t % period) / period * (high - low), None


def rising_sawtooth(rng: random.Random) -> _Course:
    """The same with a leak."""
    low, high = rng.uniform(0.1, 0.3), rng.uniform(0.35, 0.6)
    period, takes = rng.uniform(30, 400), rng.uniform(3_600, 20_000)
    return lambda t: low + (t % period) / period * (high - low) + t / takes * (1 - high), 0.0


def plateau(rng: random.Random) -> _Course:
    """It rises to where it stays."""
    start, low = rng.uniform(0, 12_000), rng.uniform(0.1, 0.5)
    takes = math.exp(rng.uniform(math.log(20), math.log(7_200)))
    rise = rng.uniform(0.1, 0.97 - low)
    return lambda t: low + min(1.0, max(0.0, t - start) / takes) * rise, None


def steps(rng: random.Random) -> _Course:
    """Up and down, at once."""
    times = sorted(rng.uniform(0, SECONDS) for _ in range(rng.randint(2, 30)))
    levels = [rng.uniform(0.1, 0.95) for _ in range(len(times) + 1)]
    return lambda t: levels[sum(t >= each for each in times)], None


def bursts(rng: random.Random) -> _Course:
    """As of builds and tests: up for a while, and back."""
    base, found = rng.uniform(0.1, 0.5), []
    for _ in range(rng.randint(3, 40)):
        begin, takes = rng.uniform(0, SECONDS), rng.uniform(10, 240)
        found.append((begin, takes, rng.uniform(0.05, 0.95 - base)))

    def level(t: float) -> float:
        heights = (
            height * math.sin(math.pi * (t - begin) / takes)
            for begin, takes, height in found
            if begin <= t <= begin + takes
        )
        return base + max(heights, default=0.0)

    return level, None


def wandering(rng: random.Random) -> _Course:
    """It goes somewhere, and is drawn back."""
    base, walk = rng.uniform(0.2, 0.7), [0.0]
    pull, stride = rng.uniform(0.001, 0.02), rng.uniform(0.001, 0.006)
    for _ in range(SECONDS // STEP + 1):
        walk.append(walk[-1] * (1 - pull) + rng.gauss(0, stride))
    return lambda t: min(0.97, max(0.02, base + walk[int(t // STEP)])), None


KINDS = (ramp, accelerating, sawtooth, rising_sawtooth, plateau, steps, bursts, wandering)


def traces(count: int, seed: int) -> Iterator[Trace]:
    """So many of each kind in turn."""
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        kind = KINDS[number % len(KINDS)]
        yield _trace(kind.__name__, *kind(rng), rng)


def _trace(
    kind: str, course: Callable[[float], float], began: float | None, rng: random.Random
) -> Trace:
    deviation = math.exp(rng.uniform(math.log(0.0005), math.log(0.01)))
    levels: list[float] = []
    for t in range(0, SECONDS, STEP):
        plain = course(t)
        if plain >= 1:
            return Trace(kind, levels, began)
        levels.append(min(0.999, max(0.0, plain + rng.gauss(0, deviation))))
    return Trace(kind, levels, None)
