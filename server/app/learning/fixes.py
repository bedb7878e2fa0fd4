"""Rules whose quick fix is taken again and again: to fix them after each save is offered. Pure.

That is a setting and no script: what it does is there already, tried before and taken back with one
undo.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ...automations.life import away_until
from ...store.automations import Answer

_DISMISSED = (Answer.DISMISSED, Answer.NEVER)


def id_of(rule: str) -> str:
    """Under which its user's answers are kept."""
    return f"fix {rule}"


def often(
    taken: Mapping[str, int],
    least: int,
    answers: Iterable[tuple[float, str, Answer]],
    on_save: Collection[str],
    now: float,
) -> dict[str, int]:
    """The rules to offer, and how often the fix of each was ``taken``. ``answers``: when, to which,
    what, the oldest first; ``on_save``: what is fixed already; ``now``: seconds since the epoch."""
    said: dict[str, list[tuple[float, Answer]]] = {}
    for at, id_, answer in answers:
        if answer in _DISMISSED:
            said.setdefault(id_, []).append((at, answer))
    return {
        rule: count
        for rule, count in taken.items()
        if count >= least and rule not in on_save and not _is_away(said.get(id_of(rule), []), now)
    }


def _is_away(said: list[tuple[float, Answer]], now: float) -> bool:
    if any(answer is Answer.NEVER for _, answer in said):
        return True
    return bool(said) and now < away_until(said[-1][0], len(said))
