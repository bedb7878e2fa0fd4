"""What was found to repeat: tasks with places for what varies in them. Plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..journal.change import printable

_LONGEST = 300
STEP = " → "
"""Stands between the steps, where people are told of them."""


class Type(StrEnum):
    """What a parameter's value is."""

    PATH = "path"
    """A file or folder, below the workspace, with slashes."""
    GLOB = "glob"
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """The name of an environment variable that holds it; its value is written nowhere."""


class Part(StrEnum):
    """Which part of a parameter's value is meant; of ``src/shop/cart.py``:"""

    WHOLE = "whole"
    NAME = "name"
    """``cart.py``"""
    STEM = "stem"
    """``cart``"""
    SUFFIX = "suffix"
    """``.py``"""
    FOLDER = "folder"
    """``src/shop``; of a file in the workspace itself: empty."""
    INNER = "inner"
    """``shop``: the folder without its first one."""
    CLASS = "class"
    """``Cart``: the stem as the name of a class, ``shopping_cart`` as ``ShoppingCart``."""
    MODULE = "module"
    """``shop.cart``, as Python imports it: without a leading ``src`` and the suffix."""
    MATCHES = "matches"
    """The files that the value, a pattern of names, matches when it is done: as so many words."""


class Place(NamedTuple):
    """Where the value of a parameter stands, or a part of it."""

    parameter: str
    part: Part = Part.WHOLE


Text = tuple[str | Place, ...]
"""What is the same each time, with places in between; empty texts are left out."""


class Parameter(NamedTuple):
    """``default`` None: it is asked for. ``choices``: of a CHOICE, all that were seen."""

    name: str
    type: Type = Type.TEXT
    default: str | None = None
    choices: tuple[str, ...] = ()


class Run(NamedTuple):
    """A program with its words, in a folder below the workspace (empty: in it). ``source`` and
    ``out``: the files that it reads as its input and that its output goes to, as paths from there;
    ``otherwise``: what is run where it fails."""

    words: tuple[Text, ...]
    cwd: Text = ()
    source: Text = ()
    out: Text = ()
    otherwise: Run | None = None


class Create(NamedTuple):
    """A file is written that was not there; folders above it come with it."""

    path: Text
    content: Text = ()


class Move(NamedTuple):
    old: Text
    new: Text


class Delete(NamedTuple):
    path: Text


class Call(NamedTuple):
    """A task of Understudy's, by its name."""

    task: str
    parameters: Mapping[str, Text]


Step = Run | Create | Move | Delete | Call


class Shape(StrEnum):
    SEQUENCE = "sequence"
    """Tasks one after the other."""
    EACH = "for each"
    """One task for many rows of values of its parameters, one after the other."""
    FILES = "files"
    """Files that come, move or go when one comes, moves or goes: the PATH parameter ``file``."""


class Occurrence(NamedTuple):
    """One time that it was done. ``at``: when it began, in seconds since the epoch; ``seconds``:
    from its begin to its end, pauses included. ``arguments``: by the parameters' names, of EACH the
    values one in a line, and what is in the same line of each is a row. ``tasks``: the numbers of
    its tasks in the log; ``commit``: the hash of the commit that it was in; empty where it was in
    none."""

    at: float
    seconds: float
    arguments: Mapping[str, str]
    tasks: tuple[int, ...] = ()
    commit: str = ""


class Saving(NamedTuple):
    """Seconds: at least and at most."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """``id``: derived from shape and steps, the same wherever they are found. ``when``: of FILES,
    what the name of ``file`` matches, as a .gitignore pattern. ``count``: how often it was done;
    ``occurrences``: the last of those, newest last. ``pauses``: the usual seconds before each step
    but the first. ``score``: how likely it is that it is used again, 0 to 1. ``each``: what one
    use saves. ``a_week``: how often it was done in a week. ``why_not``: why it is only listed and
    cannot be automated; empty where it can."""

    id: str
    shape: Shape
    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...]
    occurrences: tuple[Occurrence, ...]
    count: int
    score: float
    each: Saving
    a_week: float
    pauses: tuple[float, ...] = ()
    when: str = ""
    why_not: str = ""

    @property
    def title(self) -> str:
        """What it does, in a line for people."""
        return line(STEP.join(map(words_of, self.steps)))

    @property
    def takes(self) -> str:
        """The name of the parameter that a file is the value of for which it can be run without a
        question; empty where there is none."""
        if self.shape is Shape.FILES:
            return self.parameters[0].name
        asked = [each for each in self.parameters if each.default is None] or self.parameters
        return asked[0].name if len(asked) == 1 and asked[0].type is Type.PATH else ""


def line(text: str) -> str:
    """Any text as one line that steers no terminal, and is not too long for people."""
    told = printable(text[: _LONGEST + 1])
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]} …"


def words_of(step: Step) -> str:
    """A step in a line, with the places as ``{name}``."""
    match step:
        case Run():
            return " ".join(_run(step))
        case Create():
            return f"create {shown(step.path)}"
        case Move():
            return f"move {shown(step.old)} to {shown(step.new)}"
        case Delete():
            return f"delete {shown(step.path)}"
        case Call():
            return f"task {step.task}"


def _run(step: Run) -> Iterator[str]:
    yield from map(shown, step.words)
    for operator, file in (("<", step.source), (">", step.out)):
        if file:
            yield f"{operator} {shown(file)}"
    if step.otherwise:
        yield f"|| {words_of(step.otherwise)}"


def shown(text: Text) -> str:
    return "".join(each if isinstance(each, str) else _place(each) for each in text)


def _place(place: Place) -> str:
    return f"{{{place.parameter}{'' if place.part is Part.WHOLE else f'.{place.part}'}}}"
