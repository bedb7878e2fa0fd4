"""The root that a command sees, part by part. A launcher knows how to make one, and not what it is
for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from itertools import filterfalse
from typing import NamedTuple

from .machine import DEVICES, covered
from .plan import Plan
from .policy import TEMPORARY
from .view import View, is_etc


class Step(Enum):
    """``WRITABLE``, ``READABLE``, ``DEVICE``: a source is bound at a place, which is made when
    missing. ``LINK``: the place is a link to the source. ``PROC``, ``DEV``: a file system of that
    kind, of its own. ``SEALED``: the mount there cannot be written to from now on."""

    WRITABLE = auto()
    READABLE = auto()
    DEVICE = auto()
    LINK = auto()
    PROC = auto()
    DEV = auto()
    SEALED = auto()


class Part(NamedTuple):
    step: Step
    place: str
    source: str = ""


def parts(plan: Plan, view: View) -> Iterator[Part]:
    """In this order: what is sealed has all its places by then."""
    yield Part(Step.WRITABLE, TEMPORARY, view.temporary)
    yield Part(Step.READABLE, "/etc", view.etc)
    for path in filterfalse(is_etc, plan.system):
        yield Part(Step.READABLE, path, path)
    for target, name in plan.links:
        yield Part(Step.LINK, name, target)
    yield Part(Step.PROC, "/proc")
    for path in covered():
        yield Part(Step.READABLE, path, view.cover(path))
    yield Part(Step.SEALED, "/proc")
    yield Part(Step.DEV, "/dev")
    for name in DEVICES:
        yield Part(Step.DEVICE, f"/dev/{name}", view.device(name))
    yield Part(Step.WRITABLE, "/dev/shm", view.shared)  # noqa: S108 - its own
    yield Part(Step.SEALED, "/dev")
    yield Part(Step.WRITABLE, plan.workspace, view.place)
    yield Part(Step.SEALED, "/")
