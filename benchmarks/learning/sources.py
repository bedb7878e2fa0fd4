"""The data, read: people and the tasks that they did."""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from understudy.store.activity import Activity, Did

_SEEN = ("flask", "kypo")
_FEW_TASKS = 50
"""Of a person with fewer, nothing is replayed."""
_MOST_PATHS = 8


class Source(NamedTuple):
    """The tasks of each person, oldest first."""

    name: str
    people: list[list[Activity]]

    @property
    def tasks(self) -> int:
        return sum(map(len, self.people))

    @property
    def median(self) -> int:
        """Tasks of a person."""
        return int(statistics.median(map(len, self.people)))

    @property
    def use(self) -> str:
        """``seen`` when something was decided by it, otherwise ``held out``."""
        return "seen" if self.name.endswith(_SEEN) else "held out"


def sources(folder: Path) -> Iterator[Source]:
    """One of each folder in it; links are followed."""
    for each in sorted(folder.iterdir()):
        if (each / "HEAD").exists() and (each / "objects").exists():
            found = list(tasks_of(commits(each)))
        else:
            found = [
                *(_of_json(file) for file in sorted(each.rglob("*.json"))),
                *(_of_lines(file) for file in sorted(each.rglob("*.txt"))),
            ]
        people = [tasks for tasks in found if len(tasks) >= _FEW_TASKS]
        if people:
            yield Source(each.name, people)


def _of_json(file: Path) -> list[Activity]:
    records = json.loads(file.read_bytes().decode("utf-8", "replace"))
    return [
        _command(
            datetime.fromisoformat(record["timestamp_str"]).timestamp(),
            record["cmd"].strip(),
            record.get("wd", "").strip("/"),
        )
        for record in records
        if record.get("cmd", "").strip()
    ]


def _of_lines(file: Path) -> list[Activity]:
    """Without times, a task is taken to begin 20 seconds after the one before it."""
    lines = file.read_bytes().decode("utf-8", "replace").splitlines()
    return [_command(20.0 * number, line) for number, line in enumerate(lines) if line.strip()]


def _command(at: float, line: str, cwd: str = "") -> Activity:
    return Activity(at, Did.COMMAND, line, "s", cwd)


class Commit(NamedTuple):
    """``author`` stands for a person and is nobody's name. ``changes``: git's letter and the paths,
    of a rename the old one first."""

    author: int
    at: float
    changes: tuple[tuple[str, ...], ...]


def commits(repository: Path) -> Iterator[Commit]:
    """Of the history of HEAD without merges, oldest first."""
    log = subprocess.run(
        [
            *("git", "-C", str(repository), "log", "--reverse", "--no-merges", "-M"),
            *("--name-status", "--format=%x01%ae%x02%at", "HEAD"),
        ],
        check=True,
        capture_output=True,
    ).stdout.decode("utf-8", "replace")
    authors: dict[str, int] = {}
    for text in log.split("\x01")[1:]:
        head, _, body = text.partition("\n")
        email, _, at = head.partition("\x02")
        changes = (line.split("\t") for line in body.splitlines() if line)
        yield Commit(
            authors.setdefault(email, len(authors)),
            float(at),
            tuple((letter[0], *paths) for letter, *paths in changes),
        )


_DONE = {"A": "new", "M": "edit", "D": "remove", "R": "rename", "T": "edit", "C": "new"}


def tasks_of(history: Iterable[Commit]) -> Iterable[list[Activity]]:
    """Of each author."""
    people: dict[int, list[Activity]] = defaultdict(list)
    for commit in sorted(history, key=lambda each: each.at):
        if not 0 < len(commit.changes) <= _MOST_PATHS:
            continue
        tasks = people[commit.author]
        lines = [shlex.join((_DONE[letter], *paths)) for letter, *paths in commit.changes]
        tasks += (_command(commit.at, line) for line in (*lines, "commit"))
    return people.values()
