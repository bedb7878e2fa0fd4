"""Files that come together, replayed on the histories of others: what is offered at each commit of
an author, and how often that was done afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from understudy.automations.mining.files import Files
from understudy.automations.mining.history import Group, Op
from understudy.settings.learning import Automations
from understudy.store.activity import Did

from .sources import Commit, commits

_DONE = {"A": Did.CREATED, "D": Did.DELETED, "R": Did.MOVED}
_FEW_COMMITS = 20
"""Of an author with fewer, nothing is replayed."""


class Replay(NamedTuple):
    """``uses``: of each offer, how often it was done after it."""

    commits: int
    uses: list[int]

    def reused(self, least: int) -> float:
        return sum(each >= least for each in self.uses) / max(1, len(self.uses))

    @property
    def mean(self) -> float:
        return sum(self.uses) / max(1, len(self.uses))


def replay(people: Iterable[Sequence[Group]], least: float = Automations().min_score) -> Replay:
    """What scores ``least`` is offered, to each author by themselves."""
    parts = [_replayed(groups, least) for groups in people]
    return Replay(sum(each.commits for each in parts), [u for each in parts for u in each.uses])


def people(folder: Path) -> list[list[Group]]:
    """Of the git repositories in a folder, what each author did who did enough."""
    return [
        groups
        for each in sorted(folder.iterdir())
        if (each / "HEAD").exists() and (each / "objects").exists()
        for groups in groups_of(commits(each))
    ]


def groups_of(history: Iterable[Commit]) -> list[list[Group]]:
    """Of each author, the oldest first."""
    people: dict[int, list[Group]] = defaultdict(list)
    for commit in sorted(history, key=lambda each: each.at):
        ops = tuple(
            Op(_DONE[letter], paths[-1], paths[0] if letter == "R" else "")
            for letter, *paths in commit.changes
            if letter in _DONE
        )
        people[commit.author].append(Group(commit.at, ops))
    return [groups for groups in people.values() if len(groups) >= _FEW_COMMITS]


def _replayed(groups: Sequence[Group], least: float) -> Replay:
    files = Files()
    offered: dict[str, int] = {}
    for group in groups:
        files.add(group)
        if group.ops:
            for each in files.patterns(group.at):
                if each.score >= least:
                    offered.setdefault(each.id, each.count)
    counts = {each.id: each.count for each in files.patterns(groups[-1].at)}
    return Replay(len(groups), [counts.get(id_, at) - at for id_, at in offered.items()])
