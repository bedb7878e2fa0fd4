"""What the stage is told: plain data that fits into one frame to the warden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .policy import Limits


class Plan(NamedTuple):
    """``folder``: private and empty, for what is made and for the report. ``level``: a ``Level``;
    ``backend``: ``OVERLAY`` or ``COPY``; ``launcher``: the path of bubblewrap, empty for our own.
    ``system``: what of the machine is seen, read-only, each under its own name; ``links``: (target,
    name). ``hidden`` and ``read_only``: paths from the workspace, as are
    those of what is ``absent``. ``hosts``: what is let through
    to. ``cleaned``: what is seen otherwise than it is, and the files with what is seen. ``own``:
    paths by which the command may begin, empty where nobody looks; ``starts``: by which it may
    start what it starts."""

    workspace: str
    folder: str
    level: str
    backend: str
    launcher: str
    system: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    read_only: tuple[str, ...]
    limits: Limits
    seccomp: bytes
    hosts: tuple[str, ...] = ()
    cleaned: tuple[tuple[str, str], ...] = ()
    absent: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()


class Start(NamedTuple):
    """The command, below the stage. ``limit``: what the process that becomes it calls first."""

    argv: Sequence[str]
    cwd: str
    environment: Mapping[str, str]
    limit: Callable[[], None]


FINDER = ("/usr/bin/env", "--")
"""Finds the program inside, and tells of one that is not there, or cannot be run, as a shell does;
but what has a ``=`` it takes for a variable."""
BROKEN = 125
"""The exit code when there was no sandbox to run in."""
WHY_BYTES = 4096
"""Of what a process tells the one above it when it cannot begin."""
REPORT = "report.json"
"""Written last; without it, the stage did not come to its end."""
WORKING = "working"
"""A lock file beside it, held for as long as the stage works in the folder."""
OVERLAY = "overlay"
COPY = "copy"
NO_VIEW = "there is no overlay here"
"""So begins what the report has when nothing was run for want of one."""
NO_GROUP = "only a cgroup limits processes, and none can be made"
"""Among what it has as the system's root then."""
