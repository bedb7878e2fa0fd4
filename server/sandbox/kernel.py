"""System calls that Python does not offer. Linux. Each raises OSError."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
_AMBIENT_CLEAR_ALL = 4
_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_ATTR_RDONLY, _ATTR_NOSUID = 1, 2
_OCTAL = re.compile(rb"\\([0-7]{3})")
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Its answer; -1 and ``ctypes.get_errno`` when it failed."""
    words = (
        ctypes.c_long(each) if isinstance(each, int) else ctypes.c_char_p(each)
        for each in arguments
    )
    return int(_libc.syscall(ctypes.c_long(number), *words))


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    paths = (os.fsencode(each) or None for each in (source, target, kind))
    data = os.fsencode(options) or None
    _check(_libc.mount(*paths, ctypes.c_ulong(flags), data), f"mount {kind or source}", target)


def bind(source: str, target: str) -> None:
    """What is at ``source``, also what is mounted below it, can be read at ``target``, too."""
    mount(source, target, flags=MS_BIND | MS_REC)
    attributes = struct.pack("=QQQQ", _ATTR_RDONLY | _ATTR_NOSUID, 0, 0, 0)
    place, size = os.fsencode(target), len(attributes)
    if syscall(_MOUNT_SETATTR, _AT_FDCWD, place, _AT_RECURSIVE, attributes, size) < 0:
        for each in _mounts(target):  # before Linux 5.12
            seal(each)


def seal(target: str) -> None:
    """Nothing can be written to the mount at ``target`` any more."""
    # What it does not allow cannot be allowed here: the kernel refuses to try.
    kept = os.statvfs(target).f_flag & (MS_NODEV | MS_NOEXEC)
    mount("", target, flags=MS_REMOUNT | MS_BIND | MS_NOSUID | MS_RDONLY | kept)


def _mounts(top: str) -> list[str]:
    """Where something is mounted: there, and below."""
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    places = (os.fsdecode(_OCTAL.sub(_character, line.split()[4])) for line in lines)
    real = os.path.realpath(top)
    return [each for each in places if each == real or each.startswith(f"{real.rstrip('/')}/")]


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes([int(octal[1], 8)])


def pivot_root(new: str, old: str) -> None:
    _check(_libc.pivot_root(os.fsencode(new), os.fsencode(old)), "pivot_root", new)


def umount(target: str) -> None:
    _check(_libc.umount2(os.fsencode(target), MNT_DETACH), "umount", target)


def prctl(option: int, value: int = 0) -> None:
    arguments = (ctypes.c_ulong(each) for each in (value, 0, 0, 0))
    _check(_libc.prctl(option, *arguments), "prctl")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_calls(program: bytes) -> None:
    """From now on, for this process and what it starts. It gains no rights any more, either."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    loaded = _Program(len(program) // 8, program)
    _check(_libc.prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(loaded)), "seccomp")


def give_up_rights() -> None:
    """All capabilities, those of programs that it runs included; and its memory is not shown."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break  # the kernel knows no more of them
    prctl(PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, bytes(24)), "capset")
    prctl(PR_SET_DUMPABLE, 0)


def become(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program in the place of this one. Where that fails, why is printed; the exit code is a
    shell's: 127 when there is none, 126 when it cannot be run."""
    try:
        os.execvpe(argv[0], list(argv), environment)  # noqa: S606 - no shell is the point
    except OSError as error:
        os.write(2, os.fsencode(f"{argv[0]}: {error.strerror}\n"))
        return 127 if error.errno == errno.ENOENT else 126


def _check(result: int, what: str, where: str = "") -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}", where or None)
