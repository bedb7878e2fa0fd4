"""How many files may be listened to, and how many are: inotify's limits hold for a user.

What a process listens to stands in the kernel's fdinfo, a line for each (proc(5), inotify(7)).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .use import Kind, Use

_LIMITS = "proc/sys/fs/inotify"


def watches(root: Path = Path("/")) -> Iterator[Use]:
    """Of the user of this process. Nothing where that cannot be known."""
    with suppress(OSError, ValueError):
        most = int((root / _LIMITS / "max_user_watches").read_text())
        instances = int((root / _LIMITS / "max_user_instances").read_text())
        listened, listeners = _counted(root / "proc")
        what = "the files that can be listened to"
        yield Use(Kind.WATCHES, "inotify watches", what, listened, most)
        what = "the listeners for files that there can be"
        yield Use(Kind.WATCHES, "inotify instances", what, listeners, instances)


def _counted(proc: Path) -> tuple[int, int]:
    """Lines, and descriptors."""
    listened = listeners = 0
    for pid in os.listdir(proc):
        if not pid.isdigit():
            continue
        with suppress(OSError):
            if os.stat(proc / pid).st_uid != os.geteuid():
                continue
            for fd in os.listdir(proc / pid / "fd"):
                with suppress(OSError):
                    if os.readlink(proc / pid / "fd" / fd) == "anon_inode:inotify":
                        told = (proc / pid / "fdinfo" / fd).read_text()
                        listened += told.count("inotify wd:")
                        listeners += 1
    return listened, listeners
