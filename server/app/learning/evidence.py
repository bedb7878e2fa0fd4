"""What speaks for a pattern, in lines for people: as terminals, pages and views have it. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ...automations.pattern import Parameter, Pattern, line, words_of
from ...settings.learning import Automations as Settings
from .offers import span

_SHOWN = 5


def summary(pattern: Pattern) -> str:
    """How often it was done, what it would save, and how likely it is that it comes again."""
    low, high = pattern.each
    often = f"{pattern.shape}, done {pattern.count} times, {pattern.a_week:.1f} a week"
    return f"{often}; saves {span(low, high)} each time; score {pattern.score:.2f}"


def evidence(pattern: Pattern, settings: Settings) -> list[str]:
    """Its steps where they are several, with the pauses between; which parts vary; the last times
    that it was done, the newest first; why it is only listed."""
    return [*_steps(pattern), *_varies(pattern), *_uses(pattern), *_listed(pattern, settings)]


def _steps(pattern: Pattern) -> Iterator[str]:
    pauses = (0.0, *pattern.pauses, *[0.0] * len(pattern.steps))
    if len(pattern.steps) > 1:
        for number, (step, pause) in enumerate(zip(pattern.steps, pauses, strict=False), 1):
            after = f" (after {span(pause, pause)})" if pause >= 1 else ""
            yield f"{number}. {words_of(step)}{after}"


def _varies(pattern: Pattern) -> Iterator[str]:
    return (f"varies: {varying(each)}" for each in pattern.parameters)


def varying(parameter: Parameter) -> str:
    kind = f"one of {', '.join(parameter.choices)}" if parameter.choices else str(parameter.type)
    default = f", usually {parameter.default}" if parameter.default is not None else ""
    return f"{parameter.name} ({kind}{default})"


def _uses(pattern: Pattern) -> Iterator[str]:
    for use in reversed(pattern.occurrences[-_SHOWN:]):
        given = use.arguments.items()
        values = ", ".join(f"{name}={line(', '.join(v.splitlines()))}" for name, v in given)
        yield f"{moment(use.at)}  {values or 'the same'}"


def _listed(pattern: Pattern, settings: Settings) -> Iterator[str]:
    if why := why_listed(pattern, settings):
        yield f"only listed: {why}"


def why_listed(pattern: Pattern, settings: Settings) -> str:
    """Why no automation is made of it; empty where one is."""
    if pattern.why_not or pattern.score >= settings.min_score:
        return pattern.why_not
    least = f"{settings.min_score:.2f} (automations.minScore)"
    return f"it may not come again: its score is {pattern.score:.2f}, and {least} is wanted"


def moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
