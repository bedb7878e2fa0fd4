"""The system calls that a command in the sandbox may not make.

Everything else is allowed: a filter that names what is good breaks with every release of a C
library. What is named here reaches outside of namespaces, or needs rights that are taken away
anyway, so that a mistake in one wall is caught by the other.
"""

from __future__ import annotations

import errno
import functools
import socket
import stat
import tempfile
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

_REFUSED = (
    *("mount", "umount2", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree"),
    *("mount_setattr", "pivot_root", "chroot", "unshare", "setns", "swapon", "swapoff", "quotactl"),
    *("quotactl_fd", "open_by_handle_at", "name_to_handle_at", "fanotify_init"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load"),
    *("init_module", "finit_module", "delete_module", "reboot", "syslog", "acct", "iopl", "ioperm"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname"),
    *("setdomainname", "vhangup", "personality", "lookup_dcookie", "nfsservctl", "uselib"),
    *("modify_ldt", "vm86", "vm86old", "migrate_pages", "move_pages", "mbind", "set_mempolicy"),
)
_ABSENT = (
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "vmsplice"),
    "clone3",
)
"""Answered as by a kernel without them, so that programs take another way: memory that no limit of
a process counts, and a call whose flags a filter cannot see."""

_NAMESPACES = (0x80, 0x20000, *(1 << bit for bit in range(25, 31)))
"""The flags of ``clone`` that make one: time, mount, cgroup, UTS, IPC, user, pid, network."""
_TERMINAL = (0x5412, 0x541C, 0x5423)
"""TIOCSTI, TIOCLINUX, TIOCSETD: to type for somebody else, to take what is on the screen."""
_BUFFERS = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF, and both with force. A kernel cuts what is asked for, and does not say so
either."""
_PIPE_SIZE = 1031
"""F_SETPIPE_SZ."""
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_MOST_FAMILIES = 64
_LOW = 0xFFFFFFFF
"""The kernel takes an ``int`` from the register, whatever else is in it."""


_KIND = 0xF
"""Of the second argument of ``socketpair``; what else is in it are flags."""


_SHARED = (
    *("msgsnd", "msgrcv", "msgctl", "semop", "semtimedop", "semctl"),
    *("shmat", "shmctl", "mq_open", "mq_unlink"),
)
"""What has names that all of a machine shares, where there is no namespace for it."""
_OTHERS = (
    *(("prlimit64", 0), ("sched_setaffinity", 0), ("sched_setparam", 0)),
    *(("sched_setscheduler", 0), ("sched_setattr", 0), ("setpriority", 1), ("ioprio_set", 1)),
)
"""Calls that concern the process that an argument names, 0 for oneself; and its place."""
_OF_A_USER = (("setpriority", 2), ("ioprio_set", 3))
"""The first argument with which they concern all that a user runs."""


class _Is(NamedTuple):
    """An argument of a call, at its ``place``, that is ``value`` under ``mask``."""

    place: int
    mask: int
    value: int


class _IsNot(NamedTuple):
    place: int
    value: int


@functools.cache
def program(namespaces: bool = True) -> bytes:
    """The filter, as the kernel takes it. Where there are no ``namespaces``, no socket can be made
    but pairs, and nothing be done to other processes of the same user by their numbers. Raises
    OSError where libseccomp is missing."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise OSError(errno.ENOSYS, f"libseccomp cannot be used: {error}") from error
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call, code, *arguments in chain(_rules(), _sizes(), () if namespaces else _alone()):
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, call) >= 0:
            values = [
                seccomp.Arg(each.place, seccomp.MASKED_EQ, each.mask, each.value)
                if isinstance(each, _Is)
                else seccomp.Arg(each.place, seccomp.NE, each.value)
                for each in arguments
            ]
            rules.add_rule(seccomp.ERRNO(code), call, *values)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


_Rule = tuple[str, int, *tuple[_Is | _IsNot, ...]]


def _alone() -> Iterator[_Rule]:
    yield "socket", errno.EAFNOSUPPORT
    # A pair that is not connected for good can be used to send to anybody who has a name.
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        yield "socketpair", errno.ESOCKTNOSUPPORT, _Is(1, _KIND, kind)
    for call in ("connect", "bind"):
        yield call, errno.EPERM
    for call in _SHARED:
        yield call, errno.EPERM
    for call, place in _OTHERS:
        yield call, errno.EPERM, _IsNot(place, 0)
    for call, all_of_a_user in _OF_A_USER:
        yield call, errno.EPERM, _Is(0, _LOW, all_of_a_user)


def _sizes() -> Iterator[_Rule]:
    """What a socket or a pipe may hold stays at what it is at first, so that it can be counted."""
    for option in _BUFFERS:
        yield "setsockopt", 0, _Is(1, _LOW, socket.SOL_SOCKET), _Is(2, _LOW, option)
    yield "fcntl", errno.EPERM, _Is(1, _LOW, _PIPE_SIZE)


def _rules() -> Iterator[_Rule]:
    """Call, what it is answered with, and when: always, or for these arguments."""
    for call in _REFUSED:
        yield call, errno.EPERM
    for call in _ABSENT:
        yield call, errno.ENOSYS
    for bit in _NAMESPACES:
        yield "clone", errno.EPERM, _Is(0, bit, bit)
    for request in _TERMINAL:
        yield "ioctl", errno.EPERM, _Is(1, _LOW, request)
    for device in (stat.S_IFCHR, stat.S_IFBLK):
        yield "mknod", errno.EPERM, _Is(1, 0o170000, device)
        yield "mknodat", errno.EPERM, _Is(2, 0o170000, device)
    for call in ("socket", "socketpair"):
        for family in range(_MOST_FAMILIES):
            if family not in _FAMILIES:
                yield call, errno.EAFNOSUPPORT, _Is(0, _LOW, family)
        for bit in range(_MOST_FAMILIES.bit_length() - 1, 32):
            yield call, errno.EAFNOSUPPORT, _Is(0, 1 << bit, 1 << bit)
