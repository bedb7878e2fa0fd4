"""The kinds of things that could be better in a workflow, as one table: what each means, and what
it counts against in the score."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Part(StrEnum):
    """The parts of a workflow's score."""

    SUCCESS = "success"
    PERFORMANCE = "performance"
    RESOURCES = "resources"


class Rule(NamedTuple):
    """``weight``: points of a hundred that one issue takes from its ``part``. ``minutes``: how long
    it takes to do something about it, as a class. ``impact``: 1 to 3, a judgement by which what
    has no measured gain is ranked."""

    title: str
    part: Part
    weight: int
    minutes: int
    impact: int


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "cycle": Rule("Jobs wait for each other", Part.SUCCESS, 50, 15, 3),
        "missing-need": Rule("Something is needed that is not there", Part.SUCCESS, 40, 5, 3),
        "phony": Rule("A target is taken for a file", Part.SUCCESS, 15, 1, 2),
        "no-cache": Rule("What is installed is not cached", Part.PERFORMANCE, 15, 5, 3),
        "duplicate-step": Rule("The same is done twice", Part.PERFORMANCE, 10, 5, 2),
        "needless-need": Rule("A job waits for another without need", Part.PERFORMANCE, 5, 15, 1),
        "in-sequence": Rule("What could run at once runs in sequence", Part.PERFORMANCE, 10, 15, 2),
        "slow-hook": Rule("A hook does on each commit what takes long", Part.PERFORMANCE, 15, 5, 3),
        "new-environment": Rule("Environments are made anew each time", Part.PERFORMANCE, 10, 5, 2),
        "no-timeout": Rule("Nothing ends a job that hangs", Part.RESOURCES, 5, 5, 1),
        "no-concurrency": Rule("Runs go on that a newer push made stale", Part.RESOURCES, 15, 5, 2),
        "dead": Rule("Nothing reaches it", Part.RESOURCES, 5, 15, 1),
        "waiting": Rule("You wait for tests", Part.PERFORMANCE, 0, 5, 3),
        "loop": Rule("It takes many saves until tests pass", Part.PERFORMANCE, 0, 5, 2),
        "flaky": Rule("A test passes and fails on the same files", Part.SUCCESS, 0, 120, 3),
        "slow-commit": Rule("A commit or push waits for its hooks", Part.PERFORMANCE, 0, 15, 2),
        "slow-tool": Rule("A tool takes most of the time of checks", Part.RESOURCES, 0, 1, 1),
        "slow-file": Rule("A file takes much of the time of checks", Part.RESOURCES, 0, 5, 1),
        "slow-import": Rule("Imports take most of a start", Part.PERFORMANCE, 0, 60, 2),
    }
)
