"""What a kernel offers that a command has no need of: each was the way out of somebody's sandbox."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import signal

from .table import UNKNOWN, Control, Evidence, Told, attempt, call, check, libc, number

_RULES = 0x0040000
"""Without random addresses."""
_SESSION = -3
"""The ring of keys of the session, in which one was put from outside."""
_NEW_USER, _NEW_NS, _NEW_NET, _NEW_PID = 0x10000000, 0x20000, 0x40000000, 0x20000000


@attempt(Evidence.NAMESPACE)
def make_a_user_namespace(told: Told) -> None:
    check(libc.unshare(_NEW_USER))


@attempt(Evidence.NAMESPACE)
def make_all_namespaces(told: Told) -> None:
    check(libc.unshare(_NEW_USER | _NEW_NS | _NEW_NET | _NEW_PID))


@attempt(Evidence.NAMESPACE)
def clone_into_a_namespace(told: Told) -> None:
    if not call("clone", _NEW_USER | int(signal.SIGCHLD), 0, 0, 0, 0):
        signal.pause()


@attempt(Evidence.NAMESPACE, optional=True)
def clone_by_the_newer_call(told: Told) -> None:
    arguments = (ctypes.c_uint64 * 11)(_NEW_USER, 0, 0, 0, int(signal.SIGCHLD))
    if not call("clone3", arguments, 88):
        signal.pause()


@attempt(Evidence.PLACE, control=Control.NAMESPACE)
def enter_the_namespaces_of_the_first_process(told: Told) -> None:
    """Where they are its own already, the root of it is what it comes to."""
    check(libc.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0))


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def mount_memory(told: Told) -> None:
    check(libc.mount(b"none", told.inner.encode(), b"tmpfs", 0, None))


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def mount_a_place_again(told: Told) -> None:
    check(libc.mount(b"/", told.inner.encode(), None, 0x5000, None))


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def mount_processes_again(told: Told) -> None:
    check(libc.mount(b"proc", told.inner.encode(), b"proc", 0, None))


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def make_a_mount_writable(told: Told) -> None:
    check(libc.mount(told.inner.encode(), told.inner.encode(), None, 0x1000, None))
    check(libc.mount(None, told.inner.encode(), None, 0x1020, None))


def _put_in_place(tree: int, told: Told) -> None:
    call("move_mount", tree, b"", -100, told.inner.encode(), 4)


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def mount_by_the_newer_calls(told: Told) -> None:
    made = call("fsopen", b"tmpfs", 0)
    call("fsconfig", made, 6, None, None, 0)  # FSCONFIG_CMD_CREATE
    _put_in_place(call("fsmount", made, 0, 0), told)


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def take_a_tree_of_mounts(told: Told) -> None:
    _put_in_place(call("open_tree", -100, b"/", 0x8001), told)  # a clone of it all


@attempt(Evidence.MOUNT, control=Control.NAMESPACE)
def set_the_attributes_of_a_mount(told: Told) -> None:
    tree = call("open_tree", -100, told.inner.encode(), 1)
    call("mount_setattr", tree, b"", 0x1000, (ctypes.c_uint64 * 4)(0, 1, 0, 0), 32)
    _put_in_place(tree, told)


@attempt(Evidence.PLACE, control=Control.NAMESPACE)
def get_out_of_a_root_by_another(told: Told) -> None:
    os.chroot(told.inner)
    for _ in range(64):
        os.chdir("..")


@attempt(Evidence.PLACE, control=Control.NAMESPACE)
def turn_the_root_around(told: Told) -> None:
    libc.unshare(_NEW_NS)  # it would be turned for the others who try, too
    place = told.inner.encode()
    check(libc.mount(place, place, None, 0x1000, None))
    os.chdir(told.inner)
    check(libc.pivot_root(b".", b"."))


@attempt(Evidence.OBJECT, optional=True)
def have_the_kernel_do_it_in_a_ring(told: Told) -> None:
    call("io_uring_setup", 4, ctypes.create_string_buffer(120))


@attempt(Evidence.OBJECT, optional=True, control=Control.ROOT)
def load_a_program_into_the_kernel(told: Told) -> None:
    """What it would share with it: an array of one."""
    call("bpf", 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128)


@attempt(Evidence.OBJECT, optional=True)
def handle_faults_of_pages(told: Told) -> None:
    call("userfaultfd", 1)  # of a user's own


@attempt(Evidence.OBJECT, optional=True, control=Control.ROOT)
def count_what_the_machine_does(told: Told) -> None:
    call("perf_event_open", (ctypes.c_uint32 * 32)(1, 128), -1, 0, -1, 0)


@attempt(Evidence.KEY, optional=True)
def add_a_key(told: Told) -> None:
    call("add_key", b"user", told.mark.encode(), b"x", 1, -2)


def _show_key(key: int) -> None:
    held = ctypes.create_string_buffer(64)
    call("keyctl", 11, key, held, len(held))
    print(held.raw)


@attempt(optional=True)
def read_a_key_of_the_session(told: Told) -> None:
    _show_key(call("keyctl", 10, _SESSION, b"user", told.name.encode(), 0))


@attempt(optional=True)
def ask_for_a_key(told: Told) -> None:
    _show_key(call("request_key", b"user", told.name.encode(), None, 0))


def _x86_64() -> None:
    if os.uname().machine != "x86_64":
        raise OSError(errno.ENOSYS, UNKNOWN)


@attempt(Evidence.PERSONALITY, optional=True)
def call_by_the_numbers_of_x32(told: Told) -> None:
    _x86_64()
    call(0x40000000 | number("personality"), _RULES)


def _machine_code(code: bytes) -> None:
    _x86_64()
    held = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    held.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(held))
    if (result := int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())) < 0:
        raise OSError(-result, os.strerror(-result))


@attempt(Evidence.PERSONALITY, optional=True)
def call_by_the_numbers_of_i386(told: Told) -> None:
    """push rbx; mov eax, 136; mov ebx, _RULES; int 0x80; pop rbx; ret"""
    _machine_code(bytes.fromhex("53b888000000bb00000400cd805bc3"))


@attempt(Evidence.NAMESPACE, optional=True)
def make_a_namespace_by_the_numbers_of_i386(told: Told) -> None:
    """push rbx; mov eax, 310; mov ebx, _NEW_USER; int 0x80; pop rbx; ret"""
    _machine_code(bytes.fromhex("53b836010000bb00000010cd805bc3"))


def _terminal() -> int:
    """The other end of one of our own, taken for the process's own."""
    _, theirs = os.openpty()
    os.setsid()
    libc.ioctl(theirs, ctypes.c_ulong(0x540E), ctypes.c_int(0))  # TIOCSCTTY
    return theirs


@attempt(Evidence.TYPED, optional=True)
def type_for_somebody_else(told: Told) -> None:
    terminal = _terminal()
    for each in b"x", b"\n":
        check(libc.ioctl(terminal, ctypes.c_ulong(0x5412), each))


@attempt(Evidence.TYPED, optional=True)
def type_with_more_bits(told: Told) -> None:
    """A filter may compare 64 of them, where the kernel looks at 32."""
    terminal = _terminal()
    for each in b"x", b"\n":
        call("ioctl", terminal, 0x5412 | 1 << 32, each)


@attempt(Evidence.DISCIPLINE, optional=True)
def set_the_discipline_of_a_terminal(told: Told) -> None:
    null = ctypes.c_int(27)
    check(libc.ioctl(_terminal(), ctypes.c_ulong(0x5423), ctypes.byref(null)))


@attempt(Evidence.FACT, control=Control.ROOT)
def read_what_the_kernel_logs(told: Told) -> None:
    held = ctypes.create_string_buffer(1 << 14)
    length = check(libc.klogctl(3, held, len(held)))
    print("read_what_the_kernel_logs", held.raw[: min(length, 64)].hex())


@attempt(Evidence.READING, control=Control.ROOT)
def read_what_the_kernel_keeps_from_users(told: Told) -> None:
    for name in ("kcore", "slabinfo", "vmallocinfo", "pagetypeinfo", "timer_list", "keys"):
        with contextlib.suppress(OSError):
            os.read(os.open(f"/proc/{name}", os.O_RDONLY), 1)


@attempt(Evidence.OBJECT, control=Control.ROOT, optional=True)
def watch_all_files(told: Told) -> None:
    call("fanotify_init", 0, 0)


@attempt(Evidence.PERSONALITY)
def change_what_it_runs_as(told: Told) -> None:
    check(libc.personality(ctypes.c_ulong(_RULES)))


@attempt(Evidence.ANSWER)
def change_a_table_of_segments(told: Told) -> bool:
    return call("modify_ldt", 0, ctypes.create_string_buffer(16), 16) >= 0


@attempt(Evidence.HOST_NAME, control=Control.NAMESPACE)
def name_the_machine(told: Told) -> None:
    check(libc.sethostname(told.mark.encode(), len(told.mark)))


@attempt(Evidence.OBJECT, optional=True)
def keep_memory_without_a_name(told: Told) -> None:
    call("memfd_create", b"x", 0)  # no limit of a process counts it


@attempt(Evidence.SEGMENT, optional=True)
def keep_memory_of_system_v(told: Told) -> None:
    """For as long as it is in somebody's memory."""
    held = call("shmget", 0, 4096, 0o1600)
    try:
        call("shmat", held, None, 0)
    finally:
        libc.shmctl(held, 0, None)
