"""Files that come, move or go together: what is done to one follows from what was done to another.
Pure."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, splitext
from typing import NamedTuple

from ...store.activity import Did
from ..paths import filled, ways
from ..pattern import (
    Create,
    Delete,
    Move,
    Occurrence,
    Parameter,
    Pattern,
    Place,
    Saving,
    Shape,
    Step,
    Text,
    Type,
)
from .history import FILE, Group, History, Op, Rule, Share
from .when import common

TO = "to"
_MOST_FILES = 20
"""A group of more is not the work of a hand: a branch was merged, or a generator ran."""
_KEPT = 20
_WEEK = 604_800.0
_DAY = 86_400.0
_LEAST_RATE = 1 / 25
"""What is done in fewer of the groups is seldom done again."""
_SELDOM = 0.6
"""The most that it scores then, and what was deleted: that is mostly done for once."""
_EACH = Saving(5.0, 30.0)
"""Seconds that it takes to make, move or delete a file by hand."""


class _Key(NamedTuple):
    did: Did
    suffix: str
    text: Text


@dataclass(slots=True)
class _Seen:
    """Most are seen once and never again, so one has to be small."""

    first: int
    """The number of the group in which it was first seen."""
    count: int = 0
    uses: list[tuple[Group, Op]] = field(default_factory=list)
    """The last, with the file from which the other follows."""
    days: tuple[int, ...] = ()
    """On which it was done, as many of them as matter."""

    def add(self, group: Group, cause: Op, least: int) -> None:
        self.count += 1
        self.uses.append((group, cause))
        del self.uses[:-_KEPT]
        if len(self.days) < least and (day := int(group.at // _DAY)) not in self.days:
            self.days = (*self.days, day)

    def copy(self) -> _Seen:
        return replace(self, uses=self.uses.copy())


class Files:
    """``least``: how often something has to be done before it counts."""

    def __init__(self, least: int = 3) -> None:
        self._least = least
        self._seen = ChainMap[_Key, _Seen]()
        """What was added to this one comes first, then what was known where it was forked."""
        self._history = History()

    def fork(self) -> Files:
        """Another one that knows the same, for as long as nothing is added to this one."""
        forked = Files(self._least)
        forked._seen = self._seen.new_child()
        forked._history = self._history.fork()
        return forked

    def add(self, group: Group) -> None:
        ops = group.ops
        if not 0 < len(ops) <= _MOST_FILES:
            return
        self._history.add(group)
        for key, cause in dict(_relations(ops)).items():
            self._own(key).add(group, cause, self._least)

    def _own(self, key: _Key) -> _Seen:
        own = self._seen.maps[0]
        if key not in own:
            before = self._seen.get(key)
            own[key] = _Seen(self._history.number) if before is None else before.copy()
        return own[key]

    def patterns(self, now: float) -> list[Pattern]:
        """Those that were seen often enough, the likeliest to be used again first; of several ways
        to say the same the most general one that says no more. ``now``: as ``Group.at``."""
        often = {  # in the order in which they were first seen, however it was forked
            key: seen
            for part in reversed(self._seen.maps)
            for key, seen in part.items()
            if seen.count >= self._least
        }
        found: dict[tuple[object, ...], list[tuple[_Key, _Seen]]] = {}
        for key, seen in often.items():
            if not _varies(key, seen):
                continue
            what = tuple((id(group), cause.path) for group, cause in seen.uses)
            found.setdefault((key.did, key.suffix, seen.count, *what), []).append((key, seen))
        chosen = [*map(_chosen, found.values())]
        rules = [*map(_rule, chosen)]
        shares = self._history.shares(rules)
        patterns = [
            _pattern(seen, rule, self._score(seen, rule, share), key.suffix, now)
            for ((key, seen), *_), rule, share in zip(chosen, rules, shares, strict=True)
        ]
        return sorted(patterns, key=lambda each: each.score, reverse=True)

    def _score(self, seen: _Seen, rule: Rule, share: Share) -> float:
        """The share of the files of its kind beside which it was done (Laplace's rule)."""
        score = (share.done + 1) / (share.chances + 2)
        is_rare = seen.count < _LEAST_RATE * share.groups or len(seen.days) < self._least
        return min(score, _SELDOM) if is_rare or rule.did is Did.DELETED else score


def _rule(chosen: Sequence[tuple[_Key, _Seen]]) -> Rule:
    (key, seen), *_ = chosen
    when = common([cause.path for _, cause in seen.uses], key.suffix)
    return Rule(key.did, tuple(each.text for each, _ in chosen), when, seen.first)


def _pattern(seen: _Seen, rule: Rule, score: float, suffix: str, now: float) -> Pattern:
    did, texts = rule.did, rule.texts
    names = (FILE, TO) if did is Did.MOVED else (FILE,)
    kept = [
        Occurrence(g.at, g.seconds, _arguments(did, cause), g.tasks, g.commit)
        for g, cause in seen.uses
    ]
    weeks = max((now - kept[0].at) / _WEEK, 1.0)
    digest = hashlib.sha256(repr((Shape.FILES, did, suffix, [*texts])).encode()).hexdigest()
    return Pattern(
        digest[:16],
        Shape.FILES,
        tuple(_step(did, text) for text in texts),
        tuple(Parameter(name, Type.PATH) for name in names),
        tuple(kept),
        seen.count,
        score,
        Saving(_EACH.low * len(texts), _EACH.high * len(texts)),
        len(kept) / weeks,
        when=rule.when,
    )


def _relations(ops: Sequence[Op]) -> Iterator[tuple[_Key, Op]]:
    for cause in ops:
        suffix = splitext(basename(cause.path))[1]
        for other in ops:
            if other is cause or other.did is not cause.did:
                continue
            for text in ways(other.old or other.path, cause.old or cause.path, FILE):
                if not other.old or filled(text, {FILE: cause.path}) == other.path:
                    yield _Key(cause.did, suffix, text), cause


def _varies(key: _Key, seen: _Seen) -> bool:
    """Whether different files came of it, and not one again and again."""
    made = {filled(key.text, {FILE: cause.old or cause.path}) for _, cause in seen.uses}
    return len(made) >= min(len(seen.uses), 3)


def _chosen(found: Sequence[tuple[_Key, _Seen]]) -> list[tuple[_Key, _Seen]]:
    """For each file that came, one way to say which: what is the same each time is so for a
    reason."""
    made: dict[str, tuple[_Key, _Seen]] = {}
    for key, seen in found:
        cause = seen.uses[-1][1]
        path = filled(key.text, {FILE: cause.old or cause.path})
        best = made.get(path)
        if best is None or _places(key.text) < _places(best[0].text):
            made[path] = key, seen
    return [made[path] for path in sorted(made)]


def _places(text: Text) -> int:
    return sum(isinstance(each, Place) for each in text)


def _step(did: Did, text: Text) -> Step:
    if did is Did.MOVED:
        there = tuple(
            each._replace(parameter=TO) if isinstance(each, Place) else each for each in text
        )
        return Move(text, there)
    return Delete(text) if did is Did.DELETED else Create(text)


def _arguments(did: Did, cause: Op) -> dict[str, str]:
    return {FILE: cause.old, TO: cause.path} if did is Did.MOVED else {FILE: cause.path}
