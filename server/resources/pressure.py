"""What runs short now: so little is left that whoever needs it next may not get it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .use import Kind, Use, amount

_MIB = 1 << 20
_LEAST_SHARE = 0.05
_LEAST = {Kind.MEMORY: 200 * _MIB, Kind.DISK: 200 * _MIB, Kind.INODES: 1_000, Kind.FILES: 50}
"""So much is enough, and a twentieth of all where that is less."""
_RECOVERED = 1.25
"""What ran short runs short until so many times the least is free: one episode, not many."""


class Pressure(NamedTuple):
    """``resource``: the name of what runs short, and ``shortage`` says so to people; both are empty
    when nothing does. ``percent`` of it are in use. ``foreseen``: it will, and does not yet."""

    shortage: str = ""
    on_battery: bool = False
    resource: str = ""
    percent: float = 0.0
    kind: Kind | None = None
    foreseen: bool = False


CALM = Pressure()


def judge(uses: Iterable[Use], before: Pressure = CALM) -> Pressure:
    """The first that runs short, or ran short ``before`` and has not recovered."""
    for each in uses:
        if each.kind not in _LEAST:
            continue
        least = min(_LEAST[each.kind], each.limit * _LEAST_SHARE)
        lasting = each.name == before.resource
        if each.free < least * (_RECOVERED if lasting else 1.0):
            left = f"only {amount(each.free, each.kind)} of {each.what} are left"
            return Pressure(left, False, each.name, round(100 * each.level, 1), each.kind)
    return CALM
