"""How long commands take and what they need, as it was seen here. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .definitions.script_calls import called
from .model import Timing
from .shell import Words, commands, program

TASK = "understudy run "

Timings = Mapping[tuple[str, str], Timing]
"""By the folder below the workspace, and what was run there as ``ran`` has it."""

_INSTANT = frozenset({"echo", "export", "printf", "set", "true", ":"})


class Seen(NamedTuple):
    """What is known of runs. ``is_told``: whether enough commands were remembered to say that
    something was never run."""

    timings: Timings
    is_told: bool = False


NOTHING = Seen({})


class Command(NamedTuple):
    """One that was seen: ``text`` as ``ran`` has it."""

    text: str
    timing: Timing
    seconds: float


def ran(words: Words) -> str:
    """The same for what is the same, however it is typed: ``npm t`` is ``npm run test``."""
    own = program(words)
    scripts = called(own, {})
    return f"npm run {scripts[0]}" if len(scripts) == 1 else " ".join(own)


def one(words: Words, folder: str, timings: Timings) -> Command | None:
    """What is known of a command; None where nobody saw how long it takes there."""
    text = ran(words)
    timing = timings.get((folder, text))
    if timing is None or timing.seconds is None:
        return None
    return Command(text, timing, timing.seconds)


def every(text: str, folder: str, timings: Timings) -> Sequence[Command] | None:
    """All commands of a text for a shell that take time; None where one of them was not seen, or
    is run in another folder."""
    found: list[Command] = []
    for words in commands(text):
        if words[0] in _INSTANT:
            continue
        if words[0] in ("cd", "pushd") or (known := one(words, folder, timings)) is None:
            return None
        found.append(known)
    return found
