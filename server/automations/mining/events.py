"""Tasks of the log as what is counted: events of sessions. Pure.

A line with several commands is several events. What is no step of its own (a save, a quick fix, a
command of the editor) is none, so that it does not part what belongs together.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from ...store.activity import Activity, Did
from ..shell import BUILTIN, INTERACTIVE, Argument, Command, commands

GAP = 30 * 60.0
"""Seconds after which what follows in a session is another stream."""
_SAME = 10.0
"""Seconds around a typed git command in which a commit or switch is its doing."""
_GIT = ("git ", "gh ", "jj ", "hub ")


class Event(NamedTuple):
    """One command or task. ``did`` is COMMAND, TASK, COMMITTED or SWITCHED. ``template``: equal for
    those that differ in arguments only. ``seconds``: as far as known, of the last of a line.
    ``number``: how many there were, with this one."""

    number: int
    did: Did
    template: str
    command: Command
    cwd: str
    at: float
    seconds: float | None
    task: int

    @property
    def is_aside(self) -> bool:
        """Whether somebody worked in it at a terminal: as a save, it parts nothing."""
        return self.command.why_not == INTERACTIVE

    @property
    def typed(self) -> int:
        """Characters."""
        if self.did is not Did.COMMAND:
            return 0
        return sum(map(len, self.command.words)) + len(self.command.words)


class Events:
    """The events of tasks that are added in the order of the log."""

    def __init__(self) -> None:
        self._waits: tuple[str, Event] | None = None
        self._typed = (0.0, 0.0)
        self.number = 0

    def of(self, activity: Activity) -> Iterator[tuple[str, Event]]:
        """The session and the event of each that is settled now: a commit or switch waits until it
        is known that nobody typed it."""
        for session, event in self._of(activity):
            self.number += 1
            yield session, event._replace(number=self.number)

    def _of(self, activity: Activity) -> Iterator[tuple[str, Event]]:
        if activity.did is Did.COMMAND:
            if activity.text.startswith(_GIT) or " git " in activity.text:
                self._typed = (activity.at - _SAME, activity.at + (activity.seconds or 0) + _SAME)
            yield from self._settled()
            for event in _of_line(activity):
                yield activity.session, event
        elif activity.did in (Did.COMMITTED, Did.SWITCHED):
            yield from self._settled()
            self._waits = activity.session, _of_git(activity)
        elif activity.did is Did.TASK:
            yield from self._settled()
            yield activity.session, _of_task(activity)

    def _settled(self) -> Iterator[tuple[str, Event]]:
        waiting, self._waits = self._waits, None
        if waiting and not self._typed[0] <= waiting[1].at <= self._typed[1]:
            yield waiting


def _of_line(activity: Activity) -> Iterator[Event]:
    line = commands(activity.text)
    cwd = activity.cwd
    for number, command in enumerate(line, 1):
        yield Event(
            0,
            Did.COMMAND,
            command.template,
            command,
            cwd,
            activity.at,
            activity.seconds if number == len(line) else None,
            activity.id,
        )
        if folder := folder_of(command):
            cwd = moved(cwd, folder)


def folder_of(command: Command) -> str:
    """Where a ``cd`` goes; empty for other commands, and where only a shell knows."""
    words = command.words
    moves = len(words) == 2 and words[0] == "cd" and words[1] != "-"
    return words[1] if moves and command.why_not == BUILTIN else ""


def moved(cwd: str, folder: str) -> str:
    """Where a ``cd`` in ``cwd`` leads; absolute where it is given so."""
    path = posixpath.normpath(posixpath.join(cwd, folder))
    return "" if path == "." else path


def _of_task(activity: Activity) -> Event:
    values = _values(activity.detail)
    arguments = tuple(
        Argument(number, "", value, "secret" if "<secret>" in value else "text", name)
        for number, (name, value) in enumerate(values.items(), 1)
    )
    command = Command((activity.text, *values.values()), "", arguments)
    template = " ".join((f"task {activity.text}", *values))
    return Event(
        0, Did.TASK, template, command, activity.cwd, activity.at, activity.seconds, activity.id
    )


def _values(detail: str) -> dict[str, str]:
    try:
        values = json.loads(detail or "{}")
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    texts = sorted(values.items())
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in texts}


def _of_git(activity: Activity) -> Event:
    if activity.did is Did.COMMITTED:
        words: tuple[str, ...] = ("git", "commit", "-m", activity.text)
        why_not = "a commit that was made elsewhere"
    else:
        words = ("git", "switch", activity.text)
        why_not = "a switch of branches that was made elsewhere"
    argument = Argument(len(words) - 1, "", activity.text, "text", "m" if len(words) > 3 else "")
    command = Command(words, "", (argument,), why_not)
    return Event(
        0,
        activity.did,
        f"({activity.did})",
        command,
        activity.cwd,
        activity.at,
        activity.seconds,
        activity.id,
    )
