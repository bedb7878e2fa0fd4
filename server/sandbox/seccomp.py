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
_ABSENT = ("memfd_create", "memfd_secret", "shmget", "clone3")
"""Answered as by a kernel without them, so that programs take another way: memory that no limit of
a process counts, and a call whose flags a filter cannot see."""

_NAMESPACES = (0x80, 0x20000, *(1 << bit for bit in range(25, 31)))
"""The flags of ``clone`` that make one: time, mount, cgroup, UTS, IPC, user, pid, network."""
_TERMINAL = (0x5412, 0x541C, 0x5423)
"""TIOCSTI, TIOCLINUX, TIOCSETD: to type for somebody else, to take what is on the screen."""
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_MOST_FAMILIES = 64
_LOW = 0xFFFFFFFF
"""The kernel takes an ``int`` from the register, whatever else is in it."""


_Argument = tuple[int, int, int]


@functools.cache
def program() -> bytes:
    """The filter, as the kernel takes it. Raises OSError where libseccomp is missing."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise OSError(errno.ENOSYS, f"libseccomp cannot be used: {error}") from error
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call, code, *arguments in _rules():
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, call) >= 0:
            values = [seccomp.Arg(place, seccomp.MASKED_EQ, *rest) for place, *rest in arguments]
            rules.add_rule(seccomp.ERRNO(code), call, *values)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _rules() -> Iterator[tuple[str, int, *tuple[_Argument, ...]]]:
    """Call, what it is answered with, and when: (place of an argument, mask, value), or always."""
    for call in _REFUSED:
        yield call, errno.EPERM
    for call in _ABSENT:
        yield call, errno.ENOSYS
    for bit in _NAMESPACES:
        yield "clone", errno.EPERM, (0, bit, bit)
    for request in _TERMINAL:
        yield "ioctl", errno.EPERM, (1, _LOW, request)
    for device in (stat.S_IFCHR, stat.S_IFBLK):
        yield "mknod", errno.EPERM, (1, 0o170000, device)
        yield "mknodat", errno.EPERM, (2, 0o170000, device)
    for call in ("socket", "socketpair"):
        for family in range(_MOST_FAMILIES):
            if family not in _FAMILIES:
                yield call, errno.EAFNOSUPPORT, (0, _LOW, family)
        for bit in range(_MOST_FAMILIES.bit_length() - 1, 32):
            yield call, errno.EAFNOSUPPORT, (0, 1 << bit, 1 << bit)
