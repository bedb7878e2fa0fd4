"""Tools as they are installed: where they are, which version they have, whether they changed."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from ..model import State
from .process import run


def resolve_program(named: str, root: Path) -> str:
    """The absolute path of a program that the settings name: a bare name is looked up on the PATH,
    what else is relative belongs to the root. ``named`` itself when it is empty or not found."""
    path = os.path.expanduser(named)
    if not os.path.dirname(path):
        path = shutil.which(path) or ""
        return os.path.abspath(path) if path else named
    return os.path.abspath(os.path.join(root, path))


def is_program(path: str) -> bool:
    """Whether what ``resolve_program`` gave can be run; nothing is looked up again."""
    return os.path.isabs(path) and os.path.isfile(path) and os.access(path, os.X_OK)


Stamp = tuple[int, int] | None


def stamp_of(path: str | Path) -> Stamp:
    """Time of change in ns and size, which an upgrade changes; None when there is no such file."""
    try:
        seen = os.stat(path)
    except (OSError, ValueError):
        return None
    return seen.st_mtime_ns, seen.st_size


def environment_stamps(interpreter: str) -> tuple[Stamp, ...]:
    """Of an interpreter, and of the folder where its environment has packages: an upgrade makes and
    removes entries there. Empty without one."""
    if not interpreter:
        return ()
    return (stamp_of(interpreter), *map(stamp_of, site_packages(interpreter)))


def site_packages(interpreter: str) -> list[Path]:
    """Where the environment of an interpreter has packages; nothing where it is in none."""
    environment = Path(interpreter).parent.parent
    if not interpreter or stamp_of(environment / "pyvenv.cfg") is None:
        return []
    return sorted(environment.glob("lib/python3*/site-packages"))


# ── versions ─────────────────────────────────────────────────────────────────────────────────────

_VERSION = re.compile(rb"\d+(?:\.\w+)+")


PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
"""That the tools run on which are installed with us."""


@cache
def installed(distribution: str) -> str:
    """The version installed beside us. Looking it up takes 4 ms; it does not change under us."""
    return importlib.metadata.version(distribution)


def numbers_of(version: str) -> tuple[int, ...]:
    """Those that a version begins with, by which it is older or newer: (1, 10) of ``1.10rc1``."""
    parts = (re.match(r"\d{1,9}", part) for part in version.split("."))
    return tuple(int(part[0]) for part in takewhile(bool, parts) if part)


@cache
def _told(argv: tuple[str, ...], _: tuple[Stamp, ...]) -> tuple[str, str]:
    """The version that a program prints, such as ``1.10.0``, and why there is none: asked once, as
    long as its stamps are the same."""
    try:
        done = run(argv, Path("/"))
    except (OSError, ValueError) as error:
        return "", str(error)
    found = _VERSION.search(done.output)
    if done.status or found is None:
        return "", done.complaint
    return found[0].decode("ascii", "replace"), ""


class Standing(NamedTuple):
    """How a program is: its version, and the ``State`` that keeps it from being used (empty: none
    does), with the reason."""

    version: str
    state: str = ""
    why: str = ""


class Installation(NamedTuple):
    """A program that is none of ours, where it is installed. ``argv`` has it tell its version, and
    ``stamps`` change when that may. Versions before ``least`` do not do; where it is empty, all do,
    and none is asked. The rest is for people: what it is called, what to say where there is no such
    program (``missing``) or ``module``, and what to do where it is too old (``remedy``)."""

    argv: tuple[str, ...]
    stamps: tuple[Stamp, ...]
    least: tuple[int, ...]
    called: str
    missing: str
    remedy: str
    module: str = ""
    absent: str = ""

    def is_absent(self, errors: str) -> bool:
        """Whether a Python told, by what it printed, that it does not have the module."""
        return bool(self.module) and f"No module named '{self.module}'" in errors

    def outdated(self, version: str = "") -> str:
        """What to say of one that is too old."""
        least = ".".join(map(str, self.least))
        if not version:
            return f"{self.called} is older than {least}: {self.remedy}"
        needed = f"{least} or newer is needed"
        return f"{self.called} has version {version}, but {needed}; {self.remedy}"


def standing(installation: Installation) -> Standing:
    """Whether it can be used, and its version. Runs it."""
    if not is_program(installation.argv[0]):
        return Standing("", State.MISSING, installation.missing)
    if not installation.least:
        return Standing("")
    version, why = _told(installation.argv, installation.stamps)
    if installation.is_absent(why):
        return Standing("", State.MISSING, installation.absent)
    if why:
        why = f"{installation.called} does not tell a version: {why}"
        return Standing("", State.FAILED, why)
    if numbers_of(version) < installation.least:
        return Standing(version, State.WRONG_VERSION, installation.outdated(version))
    return Standing(version)


def ask(installations: tuple[Installation, ...], items: tuple[object, ...]) -> list[Standing]:
    """As a worker is asked: how the first is that can be used, else the last."""
    for installation in installations:
        told = standing(installation)
        if not told.state:
            break
    return [told for _ in items]
