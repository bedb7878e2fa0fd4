"""Rules whose quick fix is taken again and again: to fix them after each save is offered. Pure.

That is a setting and no script: what it does is there already, tried before and taken back with one
undo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf

from ...automations.life import away_until
from ...store.automations import LONGEST_AWAY
from ...store.standing import Said


def id_of(rule: str) -> str:
    """Under which its user's answers are kept."""
    return f"fix {rule}"


def often(
    taken: Mapping[str, int],
    least: int,
    said: Mapping[str, Said],
    on_save: Collection[str],
    now: float,
) -> dict[str, int]:
    """The rules to offer, and how often the fix of each was ``taken``. ``said``: by ids;
    ``on_save``: what is fixed already; ``now``: seconds since the epoch."""
    return {
        rule: count
        for rule, count in taken.items()
        if count >= least and rule not in on_save and not _is_away(said.get(id_of(rule)), now)
    }


def _is_away(said: Said | None, now: float) -> bool:
    if said is None or not said.dismissals:
        return False
    later = away_until(said.dismissed, said.dismissals)
    return said.never or later == inf or now < later <= now + LONGEST_AWAY
