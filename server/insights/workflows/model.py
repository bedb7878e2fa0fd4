"""The one model into which workflow definitions are read: plain values."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from .shell import excerpt


class Kind(StrEnum):
    TASKS = "tasks"
    ACTIONS = "github-actions"
    MAKE = "make"
    SCRIPTS = "package.json"
    PRE_COMMIT = "pre-commit"
    TOX = "tox"
    NOX = "nox"


class Place(NamedTuple):
    """``path``: below the workspace, with slashes; ``line``: from 1, 0 for the whole file."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


class Problem(NamedTuple):
    """What is wrong with a definition so that not all of it is understood; in a sentence."""

    place: Place
    text: str


class Step(NamedTuple):
    """``command``: a text for a shell; empty where something else is done, such as a named
    action in ``uses``. ``key``: by which it is known whether two do the same. ``folder``: below the
    workspace, where it is done; None where that is not known. ``calls``: it runs other jobs of the
    workflow and nothing else. ``name``: what the definition calls it; empty where it does not."""

    place: Place
    command: str = ""
    uses: str = ""
    key: str = ""
    folder: str | None = ""
    calls: bool = False
    name: str = ""

    @property
    def title(self) -> str:
        """As people are told of it."""
        first = self.command.strip().partition("\n")[0]
        return self.name or self.uses or excerpt(first) or "step"


@dataclass(frozen=True, slots=True)
class Job:
    """What is done as one: a job, a target, a script, a hook, an environment, a session.

    ``needs``: the jobs that end before it begins. ``turns``: those that it runs as parts of itself;
    those of a turn can run at once, and begin when the turn before has ended.
    ``times``: so often it is run at once, as by a matrix. ``is_entry``: somebody starts it who is
    not in the definition. ``invocation``: what a person types to run it, in the folder of the
    definition; empty where they do not.
    """

    name: str
    place: Place
    needs: tuple[str, ...] = ()
    turns: tuple[tuple[str, ...], ...] = ()
    steps: tuple[Step, ...] = ()
    times: int = 1
    is_entry: bool = False
    invocation: str = ""

    @property
    def calls(self) -> tuple[str, ...]:
        """What it runs as parts of itself."""
        return unique([each for turn in self.turns for each in turn])


class Change(NamedTuple):
    """Of a YAML file: at ``path`` stands ``value`` afterwards, which are plain data; or the item
    there has gone, for GONE. A new key comes ``before`` another one, where that is given."""

    path: tuple[str | int, ...]
    value: object
    before: str = ""


GONE = object()


class Insert(NamedTuple):
    """A line that comes before the one of that number, from 1."""

    line: int
    text: str


class Remedy(NamedTuple):
    """What can be done in a file by itself: changes of a YAML file, or lines that are put in.
    ``title`` is for a menu."""

    title: str
    path: str
    changes: tuple[Change, ...] = ()
    inserts: tuple[Insert, ...] = ()


class Issue(NamedTuple):
    """What could be better at a place. ``rule``: its kind, one of ``rules.RULES``. ``subject``:
    what it is about there, which stays the same while the file is edited elsewhere. ``text``: what
    is so, in a sentence. ``evidence``: where that is to be seen, and what else speaks for it.
    ``turns``: what could be run instead, word by word; the commands of a turn at once."""

    rule: str
    place: Place
    subject: str
    text: str
    evidence: tuple[str, ...] = ()
    remedy: Remedy | None = None
    turns: tuple[tuple[tuple[str, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Workflow:
    """``in_order``: what could run at once is run one after another unless somebody asks for more,
    as make does. ``is_known``: all that it refers to can be known without running it. ``pushed``:
    the patterns of branches to which a push starts it."""

    kind: Kind
    name: str
    path: str
    jobs: tuple[Job, ...] = ()
    problems: tuple[Problem, ...] = ()
    issues: tuple[Issue, ...] = ()
    in_order: bool = False
    is_known: bool = True
    pushed: tuple[str, ...] = ()

    @property
    def is_unread(self) -> bool:
        """Whether nothing could be read of it, so that it is neither good nor bad."""
        return bool(self.problems) and not self.jobs

    @property
    def by_name(self) -> Mapping[str, Job]:
        return {each.name: each for each in self.jobs}


@dataclass(frozen=True, slots=True)
class Around:
    """What a definition may refer to: ``files`` tells whether something is at a path below the
    workspace; ``read`` gives what is included, as texts by paths; what is not there was not to be
    had."""

    files: Container[str] = frozenset()
    read: Mapping[str, str] = field(default_factory=dict)


class Timing(NamedTuple):
    """What is known of runs of something: ``seconds`` is the median of what they took, None where
    nobody knows; ``runs`` were seen, ``good`` of those of which that is known (``judged``) went
    well; ``a_week`` of them in a week. Of those that were ``measured``: ``memory``, the most bytes
    that one held, and ``cores``, the median of the processors that they kept busy."""

    seconds: float | None
    runs: int
    a_week: float
    good: int = 0
    judged: int = 0
    measured: int = 0
    memory: int = 0
    cores: float = 0.0


class Machine(NamedTuple):
    """What there is to be had: processors, and bytes of memory."""

    cores: int
    memory: int


def unique(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
