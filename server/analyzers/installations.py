"""Tools as they are installed: where they are, which version they have, whether they changed."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

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


class Standing(NamedTuple):
    """How a program is: its version, and the ``State`` that keeps it from being used (empty: none
    does), with the reason."""

    version: str
    state: str = ""
    why: str = ""


@cache
def installed(distribution: str) -> str:
    """The version installed beside us. Looking it up takes 4 ms; it does not change under us."""
    return importlib.metadata.version(distribution)


def numbers_of(version: str) -> tuple[int, ...]:
    """Those that a version begins with, by which it is older or newer: (1, 10) of ``1.10rc1``."""
    parts = (re.match(r"\d{1,9}", part) for part in version.split("."))
    return tuple(int(part[0]) for part in takewhile(bool, parts) if part)


def version_of(argv: Sequence[str]) -> tuple[str, str]:
    """The version that a program prints, such as ``1.10.0``; and why there is none."""
    try:
        done = run(argv, Path("/"))
    except (OSError, ValueError) as error:
        return "", str(error)
    found = _VERSION.search(done.output)
    if done.status or found is None:
        return "", done.complaint
    return found[0].decode("ascii", "replace"), ""


@cache
def version_at(program: str, _: Stamp) -> tuple[str, str]:
    """What ``program --version`` tells, as above: once, as long as its stamp is the same."""
    return version_of([program, "--version"])


def too_old(program: str, version: str, least: tuple[int, ...]) -> str:
    """Why a version does not do, for people; empty when it does."""
    if numbers_of(version) >= least:
        return ""
    wanted = ".".join(map(str, least))
    return f"{program} has version {version}, but {wanted} or newer is needed"
