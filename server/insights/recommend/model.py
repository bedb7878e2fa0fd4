"""A recommendation: what, why, what it would gain, what it takes, how it is done. Plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..workflows.model import Issue, Place, Remedy
from ..workflows.rules import RULES


class Gain(NamedTuple):
    """Seconds a week, between which the gain is to lie."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


class Told(NamedTuple):
    """A gain, what it is made of, and its ``basis`` as a recommendation has it; ``unknown``: why
    there is none."""

    gain: Gain | None = None
    why: tuple[str, ...] = ()
    unknown: str = ""
    basis: str = ""


class State(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    DONE = "done"


class By(StrEnum):
    """How a recommendation came to be done: it was ``SEEN`` that nothing is left of it, its user
    ``SAID`` so, or it was ``WRITTEN`` on their word."""

    SEEN = "seen"
    SAID = "said"
    WRITTEN = "written"


class Setting(NamedTuple):
    """What is to be set in ``.understudy/config.yaml``: keys, and the plain value there. What a
    mapping says is added to what is there; a list takes its place."""

    path: tuple[str, ...]
    value: object
    title: str

    def stands_in(self, data: object) -> bool:
        """Whether plain data say so, as far as they name the same keys."""
        wanted, found = self.value, said_at(self.path, data)
        if isinstance(wanted, Mapping):
            return isinstance(found, Mapping) and wanted.keys() <= found.keys()
        return found == wanted


def said_at(path: tuple[str, ...], data: object) -> object:
    """What plain data say there; None: nothing."""
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def span(low: float, high: float) -> str:
    """Seconds, at least and at most, for people."""
    one, other, name = _in_a_unit(low, high)
    return f"{one}–{other} {name}" if one != other else f"{one} {name}"


def change(low: float, high: float) -> str:
    """The same of what may be below nothing."""
    one, other, name = _in_a_unit(low, high)
    return f"{one} to {other} {name}"


def _in_a_unit(low: float, high: float) -> tuple[str, str, str]:
    most = max(abs(low), abs(high))
    unit, name = (3_600, "h") if most >= 7_200 else (60, "min") if most >= 120 else (1, "s")
    one, other = (f"{each / unit:z.{0 if unit < 3_600 else 1}f}" for each in (low, high))
    return one, other, name


@dataclass(frozen=True, slots=True)
class Recommendation:
    """``what`` and ``why`` are for people; ``gain`` None: nobody has measured anything that it
    could be told from, as ``unknown`` says. ``remedy``: what an edit of the file does;
    ``setting``: what a setting does; ``how``: in words, where neither is there. ``measure``: the
    name of what is measured of it from day to day; empty where that cannot be from here.
    ``is_met``: what was to be set is set by now, or what it tells of is gone. ``last``: when what
    it tells of was last seen to happen, in seconds since the epoch; 0 where that is not known, or
    it stands in a file. ``basis``: what stands behind the gain, for people, where it is not what
    was measured of it."""

    id: str
    rule: str
    place: Place
    what: str
    why: tuple[str, ...]
    gain: Gain | None
    unknown: str = ""
    how: str = ""
    remedy: Remedy | None = None
    setting: Setting | None = None
    measure: str = ""
    is_met: bool = False
    last: float = 0.0
    basis: str = ""

    @property
    def minutes(self) -> int:
        return RULES[self.rule].minutes

    @property
    def title(self) -> str:
        return RULES[self.rule].title

    @property
    def deed(self) -> str:
        """What would be done for its user, in words; empty where they have to do it."""
        done = self.setting or self.remedy
        return done.title if done else ""

    @property
    def is_in_file(self) -> bool:
        """Whether it is seen in a file when it is done; what was lived stays in the log."""
        return bool(self.place.path)

    @property
    def is_easy(self) -> bool:
        """Whether it can be done for its user."""
        return bool(self.deed)


def identity(rule: str, path: str, subject: str) -> str:
    """The same for as long as the matter is the same."""
    said = f"{rule}\0{path}\0{subject}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).hexdigest()[:8]


def id_of(issue: Issue) -> str:
    return identity(issue.rule, issue.place.path, issue.subject)
