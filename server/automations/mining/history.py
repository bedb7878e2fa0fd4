"""What was done to files, group by group, and how often more could have been done. Pure.

A *group* is what was done to files in one go, such as one commit. They are kept in blocks:
what was counted in a whole block stays, so that a look counts only what came since.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...store.activity import Did
from ..paths import filled
from ..pattern import Text
from .when import fits

FILE = "file"
_BLOCK = 64
_MOST_BLOCKS = 80
_MOST_COUNTED = 500
"""Rules whose counts a block keeps: some are asked for no more, as others took their place."""


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


class Rule(NamedTuple):
    """Beside each file for which something was ``did``, and that ``when`` tells of, the same is
    done to those that the ``texts`` name. ``first``: the number of the group in which that was
    seen first."""

    did: Did
    texts: tuple[Text, ...]
    when: str
    first: int


class Share(NamedTuple):
    """``groups`` since the first; ``chances``: files in them that a rule is for and that did not
    follow from others themselves; ``done``: those of them for which it held."""

    groups: int
    chances: int
    done: int


class History:
    """Groups by their numbers, from 1. Of more than about 5,000 the oldest are forgotten."""

    def __init__(self) -> None:
        self._blocks = deque[_Block](maxlen=_MOST_BLOCKS)
        self.number = 0

    def fork(self) -> History:
        """Another one with the same groups, to which others can be added."""
        forked = History()
        forked._blocks.extend(each if each.is_whole else each.copy() for each in self._blocks)
        forked.number = self.number
        return forked

    def add(self, group: Group) -> None:
        if not self._blocks or self._blocks[-1].is_whole:
            self._blocks.append(_Block(self.number + 1))
        self.number += 1
        self._blocks[-1].groups.append(group)

    def shares(self, rules: Sequence[Rule]) -> list[Share]:
        """Of each rule."""
        found = [(0, 0)] * len(rules)
        for block in self._blocks:  # the parts of a path are remembered while it is looked at
            found = [
                (chances + more[0], done + more[1])
                for (chances, done), more in zip(found, block.counted(rules), strict=True)
            ]
        oldest = self._blocks[0].first if self._blocks else 1
        return [
            Share(self.number + 1 - max(rule.first, oldest), *counts)
            for rule, counts in zip(rules, found, strict=True)
        ]


class _Block:
    """``first``: the number of its first group."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.groups: list[Group] = []
        self._counted: dict[Rule, tuple[int, int]] = {}

    @property
    def is_whole(self) -> bool:
        return len(self.groups) == _BLOCK

    def copy(self) -> _Block:
        copied = _Block(self.first)
        copied.groups = self.groups.copy()
        return copied

    def counted(self, rules: Iterable[Rule]) -> list[tuple[int, int]]:
        """The chances of each rule and how often it held. Of a whole block, that stays."""
        if not self.is_whole:
            return [self._count(rule) for rule in rules]
        if len(self._counted) > _MOST_COUNTED:
            self._counted.clear()
        for rule in rules:
            if rule not in self._counted:
                self._counted[rule] = self._count(rule)
        return [self._counted[rule] for rule in rules]

    def _count(self, rule: Rule) -> tuple[int, int]:
        chances = done = 0
        for group in self.groups[max(0, rule.first - self.first) :]:
            paths = {op.path for op in group.ops if op.did is rule.did}
            fitting = [path for path in paths if fits(path, rule.when)]
            if not fitting:
                continue
            made = {path: {filled(text, {FILE: path}) for text in rule.texts} for path in paths}
            followed = Counter(each for path in paths for each in made[path] - {path})
            asked = [made[path] for path in fitting if not followed[path]]
            chances += len(asked)
            done += sum(each <= paths for each in asked)
        return chances, done
