"""What a kernel offers that a command has no need of: each was the way out of somebody's sandbox."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal

from .table import Control, Told, attempt, call, check, libc

_NEW_USER, _NEW_NS, _NEW_NET, _NEW_PID = 0x10000000, 0x20000, 0x40000000, 0x20000000


@attempt()
def make_a_user_namespace(told: Told) -> bool:
    return check(libc.unshare(_NEW_USER)) == 0


@attempt()
def make_all_namespaces(told: Told) -> bool:
    return check(libc.unshare(_NEW_USER | _NEW_NS | _NEW_NET | _NEW_PID)) == 0


@attempt()
def clone_into_a_namespace(told: Told) -> bool:
    pid = call(56, _NEW_USER | int(signal.SIGCHLD), 0, 0, 0, 0)
    if not pid:
        os._exit(0)
    return True


@attempt(optional=True)
def clone_by_the_newer_call(told: Told) -> bool:
    arguments = (ctypes.c_uint64 * 11)(_NEW_USER, 0, 0, 0, int(signal.SIGCHLD))
    pid = call(435, arguments, 88)
    if not pid:
        os._exit(0)
    return True


@attempt(control=Control.NAMESPACE)
def enter_the_namespaces_of_the_first_process(told: Told) -> bool:
    descriptor = os.open("/proc/1/ns/mnt", os.O_RDONLY)
    return check(libc.setns(descriptor, 0)) == 0


@attempt(control=Control.NAMESPACE)
def mount_memory(told: Told) -> bool:
    return check(libc.mount(b"none", told.inner.encode(), b"tmpfs", 0, None)) == 0


@attempt(control=Control.NAMESPACE)
def mount_a_place_again(told: Told) -> bool:
    return check(libc.mount(b"/", told.inner.encode(), None, 0x5000, None)) == 0


@attempt(control=Control.NAMESPACE)
def mount_processes_again(told: Told) -> bool:
    return check(libc.mount(b"proc", told.inner.encode(), b"proc", 0, None)) == 0


@attempt(control=Control.NAMESPACE)
def make_a_mount_writable(told: Told) -> bool:
    check(libc.mount(told.inner.encode(), told.inner.encode(), None, 0x1000, None))
    return check(libc.mount(None, told.inner.encode(), None, 0x1020, None)) == 0


@attempt(control=Control.NAMESPACE)
def mount_by_the_newer_calls(told: Told) -> bool:
    return call(430, b"tmpfs", 0) >= 0  # fsopen


@attempt(control=Control.NAMESPACE)
def take_a_tree_of_mounts(told: Told) -> bool:
    return call(428, -100, b"/", 0x8001) >= 0  # open_tree, a clone of it all


@attempt(control=Control.NAMESPACE)
def set_the_attributes_of_a_mount(told: Told) -> bool:
    check(libc.mount(told.inner.encode(), told.inner.encode(), None, 0x1000, None))
    attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    return call(442, -100, told.inner.encode(), 0, attributes, 32) == 0


@attempt(control=Control.NAMESPACE)
def get_out_of_a_root_by_another(told: Told) -> bool:
    os.chroot(told.inner)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return True


@attempt(control=Control.NAMESPACE)
def turn_the_root_around(told: Told) -> bool:
    libc.unshare(_NEW_NS)  # it would be turned for the others who try, too
    place = told.inner.encode()
    check(libc.mount(place, place, None, 0x1000, None))
    os.chdir(told.inner)
    return check(libc.pivot_root(b".", b".")) == 0


@attempt(optional=True)
def have_the_kernel_do_it_in_a_ring(told: Told) -> bool:
    return call(425, 4, ctypes.create_string_buffer(120)) >= 0  # io_uring_setup


@attempt(optional=True, control=Control.ROOT)
def load_a_program_into_the_kernel(told: Told) -> bool:
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)  # an array of one
    return call(321, 0, attributes, 128) >= 0  # bpf


@attempt(optional=True)
def handle_faults_of_pages(told: Told) -> bool:
    return call(323, 1) >= 0  # userfaultfd, of a user's own


@attempt(optional=True, control=Control.ROOT)
def count_what_the_machine_does(told: Told) -> bool:
    attributes = (ctypes.c_uint32 * 32)(1, 128)
    return call(298, attributes, -1, 0, -1, 0) >= 0  # perf_event_open


@attempt(optional=True)
def add_a_key(told: Told) -> bool:
    return call(248, b"user", told.name.encode(), b"x", 1, -2) >= 0


@attempt(optional=True)
def read_the_keys_of_the_session(told: Told) -> bool:
    return call(250, 0, -3, 0) >= 0  # keyctl: the serial number of the session's keyring


@attempt(optional=True)
def ask_for_a_key(told: Told) -> bool:
    try:
        return call(249, b"user", b"none of this name", None, 0) >= 0
    except OSError as error:
        return error.errno == 126  # ENOKEY: it was looked for


@attempt(optional=True)
def call_by_the_numbers_of_x32(told: Told) -> bool:
    return call(0x40000000 | 39) == os.getpid()


def _machine_code(code: bytes) -> int:
    held = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    held.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(held))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())


@attempt(optional=True)
def call_by_the_numbers_of_i386(told: Told) -> bool:
    """mov eax, 20; int 0x80; ret"""
    return os.uname().machine == "x86_64" and _machine_code(bytes.fromhex("b814000000cd80c3")) > 0


@attempt(optional=True)
def make_a_namespace_by_the_numbers_of_i386(told: Told) -> bool:
    """push rbx; mov eax, 310; mov ebx, CLONE_NEWUSER; int 0x80; pop rbx; ret"""
    code = bytes.fromhex("53b836010000bb00000010cd805bc3")
    return os.uname().machine == "x86_64" and _machine_code(code) == 0


def _terminal() -> int:
    """The other end of one of our own, taken for the process's own."""
    _, theirs = os.openpty()
    os.setsid()
    libc.ioctl(theirs, ctypes.c_ulong(0x540E), ctypes.c_int(0))  # TIOCSCTTY
    return theirs


@attempt(optional=True)
def type_for_somebody_else(told: Told) -> bool:
    return check(libc.ioctl(_terminal(), ctypes.c_ulong(0x5412), b"x")) == 0


@attempt(optional=True)
def type_with_more_bits(told: Told) -> bool:
    """A filter may compare 64 of them, where the kernel looks at 32."""
    return call(16, _terminal(), 0x5412 | 1 << 32, b"x") == 0


@attempt(optional=True)
def set_the_discipline_of_a_terminal(told: Told) -> bool:
    return (
        check(libc.ioctl(_terminal(), ctypes.c_ulong(0x5423), ctypes.byref(ctypes.c_int(0)))) == 0
    )


@attempt(control=Control.ROOT)
def read_what_the_kernel_logs(told: Told) -> bool:
    return check(libc.klogctl(10, None, 0)) >= 0


@attempt(control=Control.ROOT)
def read_what_the_kernel_keeps_from_users(told: Told) -> bool:
    for name in ("kcore", "kmsg", "slabinfo", "vmallocinfo", "pagetypeinfo", "timer_list", "keys"):
        with contextlib.suppress(OSError), open(f"/proc/{name}", "rb", 0) as file:
            os.set_blocking(file.fileno(), False)
            if file.read(1):
                return True
    return False


@attempt(control=Control.ROOT, optional=True)
def watch_all_files(told: Told) -> bool:
    return call(300, 0, 0) >= 0  # fanotify_init


@attempt()
def change_what_it_runs_as(told: Told) -> bool:
    return check(libc.personality(ctypes.c_ulong(0x0040000))) >= 0  # without random addresses


@attempt()
def change_a_table_of_segments(told: Told) -> bool:
    return call(154, 0, ctypes.create_string_buffer(16), 16) >= 0  # modify_ldt


@attempt(control=Control.NAMESPACE)
def name_the_machine(told: Told) -> bool:
    return check(libc.sethostname(b"other", 5)) == 0


@attempt(optional=True)
def keep_memory_without_a_name(told: Told) -> bool:
    return call(319, b"x", 0) >= 0  # memfd_create: no limit of a process counts it


@attempt(optional=True)
def keep_memory_of_system_v(told: Told) -> bool:
    held = call(29, 0, 4096, 0o1600)  # shmget
    call(31, held, 0, None)  # and let it go
    return True
