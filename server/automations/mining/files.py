"""Files that come, move or go together: what is done to one follows from what was done to another.

A *group* is what was done to files in one go, such as one commit. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections import ChainMap, Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, commonpath, dirname, splitext
from typing import NamedTuple

from ...store.activity import Did
from ..paths import filled, part_of, ways
from ..pattern import (
    Create,
    Delete,
    Move,
    Occurrence,
    Parameter,
    Part,
    Pattern,
    Place,
    Saving,
    Shape,
    Step,
    Text,
    Type,
)

FILE, TO = "file", "to"
_MOST_GROUPS = 5_000
_MOST_FILES = 20
"""A group of more is not the work of a hand: a branch was merged, or a generator ran."""
_KEPT = 20
_WEEK = 604_800.0
_DAY = 86_400.0
_LEAST_RATE = 1 / 25
"""What is done in fewer of the groups is seldom done again."""
_SELDOM = 0.6
"""The most that it scores then, and what was deleted: that is mostly done for once."""
_SPECIAL, _ITSELF = re.compile(r"[\\*?\[\]!# ]"), r"\\\g<0>"
_EACH = Saving(5.0, 30.0)
"""Seconds that it takes to make, move or delete a file by hand."""


class Op(NamedTuple):
    """``path`` below the workspace; ``old``: of what moved, where it was."""

    did: Did
    path: str
    old: str = ""


class Group(NamedTuple):
    """``at``: seconds since the epoch. ``tasks``: the numbers in the log; ``commit``: its hash."""

    at: float
    ops: tuple[Op, ...]
    seconds: float = 0.0
    tasks: tuple[int, ...] = ()
    commit: str = ""


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
        self._groups: deque[tuple[int, Group]] = deque(maxlen=_MOST_GROUPS)
        self._number = 0

    def fork(self) -> Files:
        """Another one that knows the same, for as long as nothing is added to this one."""
        forked = Files(self._least)
        forked._seen = self._seen.new_child()
        forked._groups, forked._number = self._groups.copy(), self._number
        return forked

    def add(self, group: Group) -> None:
        ops = group.ops
        if not 0 < len(ops) <= _MOST_FILES:
            return
        self._number += 1
        self._groups.append((self._number, group))
        for key, cause in dict(_relations(ops)).items():
            self._own(key).add(group, cause, self._least)

    def _own(self, key: _Key) -> _Seen:
        own = self._seen.maps[0]
        if key not in own:
            before = self._seen.get(key)
            own[key] = _Seen(self._number) if before is None else before.copy()
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
        patterns = [self._pattern(_chosen(group), now) for group in found.values()]
        return sorted(patterns, key=lambda each: each.score, reverse=True)

    def _pattern(self, found: Sequence[tuple[_Key, _Seen]], now: float) -> Pattern:
        did, suffix, _ = found[0][0]
        seen = found[0][1]
        texts = [key.text for key, _ in found]
        steps = tuple(_step(did, text) for text in texts)
        when = _when([cause.path for _, cause in seen.uses], suffix)
        names = (FILE, TO) if did is Did.MOVED else (FILE,)
        kept = [
            Occurrence(g.at, g.seconds, _arguments(did, cause), g.tasks, g.commit)
            for g, cause in seen.uses
        ]
        weeks = max((now - kept[0].at) / _WEEK, 1.0)
        digest = hashlib.sha256(repr((Shape.FILES, did, suffix, texts)).encode()).hexdigest()
        return Pattern(
            digest[:16],
            Shape.FILES,
            steps,
            tuple(Parameter(name, Type.PATH) for name in names),
            tuple(kept),
            seen.count,
            self._score(did, texts, when, seen),
            Saving(_EACH.low * len(texts), _EACH.high * len(texts)),
            len(kept) / weeks,
            when=when,
        )

    def _score(self, did: Did, texts: Sequence[Text], when: str, seen: _Seen) -> float:
        """The share of the files of its kind beside which it was done (Laplace's rule)."""
        chances = done = 0
        since = [group for number, group in self._groups if number >= seen.first]
        for group in since:
            paths = {op.path for op in group.ops if op.did is did}
            if not any(fits(path, when) for path in paths):
                continue
            made = {path: {filled(text, {FILE: path}) for text in texts} for path in paths}
            followed = Counter(each for path in paths for each in made[path] - {path})
            asked = [made[path] for path in paths if fits(path, when) and not followed[path]]
            chances += len(asked)
            done += sum(each <= paths for each in asked)
        score = (done + 1) / (chances + 2)
        is_rare = seen.count < _LEAST_RATE * len(since) or len(seen.days) < self._least
        return min(score, _SELDOM) if is_rare or did is Did.DELETED else score


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


def fitting(pattern: Pattern) -> str:
    """The files that a pattern is for that works on one path: as ``Pattern.when``; else empty."""
    paths = [each.name for each in pattern.parameters if each.type is Type.PATH]
    if len(paths) != 1 or len(pattern.parameters) != 1 or pattern.shape is Shape.EACH:
        return ""
    values = [each.arguments[paths[0]] for each in pattern.occurrences]
    suffixes = {splitext(basename(value))[1] for value in values}
    return _when(values, suffixes.pop()) if len(suffixes) == 1 else ""


def _when(paths: Sequence[str], suffix: str) -> str:
    """What all of them match, as a .gitignore pattern."""
    folders = {dirname(path) for path in paths}
    if len(folders) == 1:
        return f"/{folder}/*{suffix}" if (folder := folders.pop()) else f"/*{suffix}"
    above = "" if "" in folders else commonpath(folders)
    return f"/{above}/**/*{suffix}" if above else f"*{suffix}"


def fits(path: str, when: str) -> bool:
    """Whether a pattern that ``when`` tells of is for a file."""
    folder, suffix = when.rpartition("*")[0], when.rpartition("*")[2]
    if not path.endswith(suffix):
        return False
    if not folder.startswith("/"):
        return True
    deep = folder.endswith("/**/")
    place = folder.removesuffix("**/").strip("/")
    own = part_of(path, Part.FOLDER)
    return own == place or (deep and (not place or own.startswith(f"{place}/")))


def as_gitignore(when: str) -> str:
    """As ``fits`` takes it: whatever else has a meaning there stands for itself."""
    folder, _, suffix = when.rpartition("*")
    place = folder.removesuffix("**/")
    deep = folder.removeprefix(place)
    return f"{_SPECIAL.sub(_ITSELF, place)}{deep}*{_SPECIAL.sub(_ITSELF, suffix)}"
