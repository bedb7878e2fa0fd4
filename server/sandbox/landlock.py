"""Landlock: a process takes from itself, and from what it starts, the right to open files, to use
TCP, to send signals. Without any right of its own, and for good. Linux from 5.13.

It does not hold ``stat``, ``chmod``, ``utime`` and ``readlink``, and no socket but TCP.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from enum import IntFlag

from . import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The numbers of the calls, the same on every architecture."""
_VERSION = 1
_BENEATH = 1


class Access(IntFlag):
    """To files, as the kernel numbers it; ``REFER`` is to move between folders."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""The rights that a version of Landlock knows, from that version on."""
_TCP = 0b11
_SCOPES = 0b11
"""Abstract sockets, and signals."""
READ = Access.EXECUTE | Access.READ_FILE | Access.READ_DIR
DEVICE = Access.READ_FILE | Access.WRITE_FILE
_OF_FILES = DEVICE | Access.EXECUTE | Access.TRUNCATE | Access.IOCTL_DEV


def version() -> int:
    """What this kernel knows of Landlock; 0 when nothing, or when it is switched off."""
    return max(0, kernel.syscall(_CREATE, None, 0, _VERSION))


def restrict(places: Iterable[tuple[str, Access | None]]) -> None:
    """From now on, ``places`` and what is below them can be opened, for these kinds of access
    (None: all), and nothing else. A place that is not there is left out. Raises OSError."""
    known = version()
    if not known:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    files = max(rights for since, rights in _ALL.items() if since <= known)
    rules = struct.pack("=QQQ", files, _TCP if known >= 4 else 0, _SCOPES if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = kernel.syscall(_CREATE, rules, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        for place, access in places:
            with contextlib.suppress(FileNotFoundError):
                _allow(ruleset, place, files if access is None else access & files)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if kernel.syscall(_RESTRICT, ruleset, 0) < 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, place: str, access: int) -> None:
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _OF_FILES
        rule = struct.pack("=Qi", access, descriptor)
        if kernel.syscall(_ADD, ruleset, _BENEATH, rule, 0) < 0:
            raise OSError(ctypes.get_errno(), "landlock_add_rule", place)
    finally:
        os.close(descriptor)
