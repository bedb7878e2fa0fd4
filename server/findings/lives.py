"""What became of the findings of a file from one look at it to the next. Pure.

What goes was fixed only if somebody changed the file: not where git put another version of it
there, where a comment or a setting hides it, or where its tool did not look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from .baseline import tool_of
from .fingerprint import match, name_of


class End(StrEnum):
    """Why a finding is told of no more. HIDDEN: by a comment or a setting; AWAY: git has another
    version of the file; UNTOLD: the same content is judged otherwise."""

    FIXED = "fixed"
    HIDDEN = "hidden"
    AWAY = "away"
    UNTOLD = "untold"


class Told(NamedTuple):
    """A finding that is there. ``severity`` as in ``model.Severity``."""

    rule: str
    fingerprint: str
    severity: int


class Stand(NamedTuple):
    """How a file was at a look: what tells its content from others, the tools that gave a verdict,
    and how often comments that hide findings name each rule (empty: any)."""

    mtime_ns: int
    size: int
    tools: tuple[str, ...]
    marks: Mapping[str, int]

    def same_content(self, other: Stand) -> bool:
        return (self.mtime_ns, self.size) == (other.mtime_ns, other.size)


class Look(NamedTuple):
    """A look at a file. ``reported``: the names (``name_of``) of all that tools say, also of what
    is hidden."""

    path: str
    told: tuple[Told, ...]
    stand: Stand
    reported: frozenset[str] = frozenset()


class Past(NamedTuple):
    """What was known of a file: its findings that were there, and those that had gone, the newest
    last, each with its number; how it was (None: nobody had looked)."""

    there: Sequence[tuple[int, Told]] = ()
    gone: Sequence[tuple[int, Told, End]] = ()
    stand: Stand | None = None


class Course(NamedTuple):
    """What happened: ``ended`` and ``back`` by number; ``kept``: as those are told of now that stay
    and were told of otherwise. ``came``: each with whether it is new, made in this workspace while
    somebody looked."""

    ended: tuple[tuple[int, End], ...] = ()
    back: tuple[tuple[int, Told], ...] = ()
    kept: tuple[tuple[int, Told], ...] = ()
    came: tuple[tuple[Told, bool], ...] = ()


def course(past: Past, look: Look, *, switched: bool, watched: bool) -> Course:
    """``switched``: git has put another version there; ``watched``: the whole workspace was known
    before this look, so that a file that nobody had looked at is a new one. Raises ValueError for
    what is no fingerprint."""
    there = [each for each in past.there if tool_of(each[1].rule) in look.stand.tools]
    pairs = match([each.fingerprint for _, each in there], [t.fingerprint for t in look.told])
    stays = set(pairs.values())
    kept = [
        (there[old][0], look.told[new])
        for new, old in pairs.items()
        if there[old][1] != look.told[new]
    ]
    gone = [each for place, each in enumerate(there) if place not in stays]
    fresh = [told for place, told in enumerate(look.told) if place not in pairs]
    same = past.stand is not None and past.stand.same_content(look.stand)
    back, fresh = _back(past, fresh, switched=switched)
    marks = _added(past.stand, look.stand)
    ended = [
        (number, _end(told, look, marks, switched=switched, same=same)) for number, told in gone
    ]
    known = past.stand.tools if past.stand else look.stand.tools if watched else ()
    came = [(told, not switched and not same and tool_of(told.rule) in known) for told in fresh]
    return Course(tuple(ended), tuple(back), tuple(kept), tuple(came))


def _back(
    past: Past, fresh: Iterable[Told], *, switched: bool
) -> tuple[list[tuple[int, Told]], list[Told]]:
    """What is there again, and the rest. What was fixed and comes with a switch of git's was fixed
    on another branch; else it was made anew."""
    known: dict[str, int] = {
        name_of(told.fingerprint): number
        for number, told, end in past.gone
        if switched or end is not End.FIXED
    }
    back: list[tuple[int, Told]] = []
    rest: list[Told] = []
    for told in fresh:
        number = known.pop(name_of(told.fingerprint), None)
        back.append((number, told)) if number is not None else rest.append(told)
    return back, rest


def _added(before: Stand | None, now: Stand) -> Counter[str]:
    return Counter(now.marks) - Counter(before.marks if before else {})


def _end(told: Told, look: Look, marks: Counter[str], *, switched: bool, same: bool) -> End:
    """``marks``: comments that came and hide something; each hides one."""
    if name_of(told.fingerprint) in look.reported:
        return End.HIDDEN
    if switched:
        return End.AWAY
    if same:
        return End.UNTOLD
    for name in (told.rule.partition(":")[2], ""):
        if marks[name]:
            marks[name] -= 1
            return End.HIDDEN
    return End.FIXED


def moved(
    gone: Mapping[str, Collection[tuple[int, Told]]], came: Mapping[str, Iterable[Told]]
) -> dict[str, str]:
    """Which files are called otherwise now (new: old): of ``gone``, what was in files that are no
    more; of ``came``, what is in files that were not. Those are the same that have the most
    findings in common, and half of them at least."""
    found: dict[str, str] = {}
    left = {path: {name_of(t.fingerprint) for _, t in each} for path, each in gone.items() if each}
    for new, told in came.items():
        names = {name_of(each.fingerprint) for each in told}
        best = max(left, key=lambda old: len(left[old] & names), default=None)
        if best is not None and 2 * len(left[best] & names) >= max(1, len(names | left[best])):
            found[new] = best
            del left[best]
    return found
