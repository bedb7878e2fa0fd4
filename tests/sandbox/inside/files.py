"""Writes outside of the workspace, reads of what is hidden, and forged changes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import stat
from pathlib import Path

from .table import Control, Evidence, Told, attempt, call, check, libc, overwrite, show

_O_PATH = 0x200000
_DESCRIPTORS = range(3, 256)


@attempt()
def write_by_absolute_path(told: Told) -> None:
    overwrite(told.victim)


@attempt()
def write_by_way_of_parents(told: Told) -> None:
    overwrite(os.path.relpath(told.victim))


@attempt()
def write_through_an_old_link(told: Told) -> None:
    overwrite(f"{told.inner}/old")


@attempt()
def write_through_a_new_link(told: Told) -> None:
    os.symlink(told.victim, f"{told.inner}/new")
    overwrite(f"{told.inner}/new")


@attempt()
def write_through_a_link_to_a_folder(told: Told) -> None:
    os.symlink(told.folder, f"{told.inner}/new")
    overwrite(f"{told.inner}/new/created")


@attempt()
def write_through_the_root_of_a_process(told: Told) -> None:
    overwrite(f"/proc/self/root{told.victim}")


@attempt()
def write_through_an_old_hard_link(told: Told) -> None:
    overwrite(f"{told.inner}/hard")


@attempt()
def write_in_place_of_an_old_hard_link_by_map(told: Told) -> None:
    import mmap

    with open(f"{told.inner}/hard", "r+b") as file, mmap.mmap(file.fileno(), 0) as held:
        held[:4] = b"ours"


@attempt()
def change_the_mode_of_an_old_hard_link(told: Told) -> None:
    os.chmod(f"{told.inner}/hard", 0o777)


@attempt()
def make_a_hard_link(told: Told) -> None:
    os.link(told.victim, f"{told.inner}/new")


@attempt()
def move_over(told: Told) -> None:
    overwrite(f"{told.inner}/mine")
    os.rename(f"{told.inner}/mine", told.victim)


@attempt()
def move_away(told: Told) -> None:
    os.rename(told.victim, f"{told.folder}/taken")


@attempt()
def exchange(told: Told) -> None:
    overwrite(f"{told.inner}/mine")
    mine, theirs = (each.encode() for each in (f"{told.inner}/mine", told.victim))
    check(libc.renameat2(-100, mine, -100, theirs, 2))


@attempt()
def delete(told: Told) -> None:
    os.unlink(told.victim)


@attempt()
def make_a_folder(told: Told) -> None:
    os.mkdir(f"{told.folder}/created")


@attempt()
def remove_a_folder(told: Told) -> None:
    os.rmdir(f"{told.folder}/empty")


@attempt()
def truncate(told: Told) -> None:
    os.truncate(told.victim, 1)


@attempt()
def link_a_file_without_a_name(told: Told) -> None:
    descriptor = os.open(told.folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    path = f"/proc/self/fd/{descriptor}"
    os.link(path, f"{told.folder}/created", src_dir_fd=descriptor, follow_symlinks=True)


@attempt()
def make_a_pipe(told: Told) -> None:
    os.mkfifo(f"{told.folder}/created")


@attempt()
def make_a_socket(told: Told) -> None:
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(f"{told.folder}/created")


@attempt(level_b=False)
def change_the_mode(told: Told) -> None:
    os.chmod(told.victim, 0o777)


@attempt(level_b=False)
def change_the_times(told: Told) -> None:
    os.utime(told.victim, (1, 1))


@attempt(level_b=False, optional=True)
def set_an_attribute(told: Told) -> None:
    os.setxattr(told.victim, "user.mark", b"x")


@attempt(level_b=False)
def change_the_mode_through_a_path_descriptor(told: Told) -> None:
    descriptor = os.open(told.victim, _O_PATH)
    os.chmod(f"/proc/self/fd/{descriptor}", 0o777)


@attempt()
def read_by_absolute_path(told: Told) -> None:
    show(told.secret)


@attempt()
def read_through_a_link(told: Told) -> None:
    os.symlink(told.secret, f"{told.inner}/new")
    show(f"{told.inner}/new")


@attempt()
def take_a_copy_along(told: Told) -> None:
    shutil.copyfile(told.secret, f"{told.inner}/copy")


@attempt()
def read_from_an_inherited_file(told: Told) -> None:
    for descriptor in _DESCRIPTORS:
        with contextlib.suppress(OSError):
            print(os.pread(descriptor, 1 << 12, 0))


@attempt()
def read_below_an_inherited_folder(told: Told) -> None:
    for descriptor in _DESCRIPTORS:
        with contextlib.suppress(OSError):
            inner = os.open("secret", os.O_RDONLY, dir_fd=descriptor)
            print(os.read(inner, 1 << 12))


@attempt()
def read_what_is_hidden(told: Told) -> None:
    show(f"{told.inner}/.env")


@attempt()
def read_a_hidden_key_deep_down(told: Told) -> None:
    show(f"{told.inner}/deep/.ssh/id_rsa")


@attempt()
def read_what_is_hidden_after_its_mode_was_changed(told: Told) -> None:
    with contextlib.suppress(OSError):
        os.chmod(f"{told.inner}/.env", 0o666)
    show(f"{told.inner}/.env")


@attempt()
def read_what_is_hidden_under_another_name(told: Told) -> None:
    os.rename(f"{told.inner}/.env", f"{told.inner}/open")
    show(f"{told.inner}/open")


@attempt()
def read_what_is_hidden_by_a_hard_link(told: Told) -> None:
    os.link(f"{told.inner}/.env", f"{told.inner}/open")
    show(f"{told.inner}/open")


@attempt()
def read_what_is_hidden_after_its_folder_moved(told: Told) -> None:
    os.rename(told.inner, f"{told.inner}.moved")
    show(f"{told.inner}.moved/.env")


@attempt(control=Control.NAMESPACE)
def read_what_is_hidden_below_its_cover(told: Told) -> None:
    path = f"{told.inner}/.env".encode()
    check(libc.mount(b"/dev/null", path, None, 0x1000, None))
    check(libc.umount2(path, 2))
    show(f"{told.inner}/.env")


@attempt(control=Control.NAMESPACE)
def read_what_is_hidden_from_a_namespace_of_its_own(told: Told) -> None:
    check(libc.unshare(0x10000000 | 0x20000))
    libc.umount2(f"{told.inner}/.env".encode(), 2)
    show(f"{told.inner}/.env")


@attempt()
def read_from_the_layers_of_the_view(told: Told) -> None:
    places = {os.getcwd()}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        for option in line.replace(":", ",").replace("\\040", " ").split(","):
            places.add(option.partition("=")[2] or option.split()[-1])
        places.update(line.split()[3:5])
    for place in places:
        with contextlib.suppress(OSError):
            show(f"{place}/{told.inner}/.env")


def _hunt(folder: str, name: str, left: int) -> None:
    """For what is in a folder of that name: the others have secrets of their own."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name == name:
                with contextlib.suppress(OSError):
                    show(f"{entry.path}/secret")
            elif left and entry.is_dir(follow_symlinks=False):
                _hunt(entry.path, name, left - 1)


@attempt()
def look_for_it_around(told: Told) -> None:
    around, name = os.path.split(told.folder)
    _hunt(os.path.dirname(around), name, 1)
    _hunt(os.path.relpath(around), name, 1)


@attempt()
def write_a_git_hook(told: Told) -> None:
    overwrite(f"{told.inner}/.git/hooks/pre-commit")


@attempt()
def write_the_git_configuration(told: Told) -> None:
    with contextlib.suppress(OSError):
        os.chmod(f"{told.inner}/.git/config", 0o600)
    with open(f"{told.inner}/.git/config", "a", encoding="ascii") as file:
        file.write('[core]\n\tfsmonitor = "touch x"\n')


@attempt()
def move_over_the_git_configuration(told: Told) -> None:
    for each in (".git", ".git/config"):
        with contextlib.suppress(OSError):
            os.chmod(f"{told.inner}/{each}", 0o700)
    overwrite(f"{told.inner}/config")
    os.rename(f"{told.inner}/config", f"{told.inner}/.git/config")


@attempt()
def put_another_git_in_its_place(told: Told) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(f"{told.inner}/.git")
    with contextlib.suppress(OSError):
        os.rename(f"{told.inner}/.git", f"{told.inner}/other")
    overwrite(f"{told.inner}/.git")


@attempt()
def put_another_folder_around_git(told: Told) -> None:
    with contextlib.suppress(OSError):
        os.rename(told.inner, f"{told.inner}.away")
    os.makedirs(f"{told.inner}/.git/hooks")
    overwrite(f"{told.inner}/.git/hooks/pre-commit")


@attempt(control=Control.NAMESPACE)
def make_what_is_kept_writable(told: Told) -> None:
    path = f"{told.inner}/.git".encode()
    check(libc.mount(path, path, None, 0x1000, None))
    check(libc.mount(None, path, None, 0x20 | 0x1000, None))
    overwrite(f"{told.inner}/.git/config")


@attempt(control=Control.ROOT, optional=True)
def open_by_handle(told: Told) -> None:
    class Handle(ctypes.Structure):
        _fields_ = (("size", ctypes.c_uint), ("kind", ctypes.c_int), ("it", ctypes.c_char * 128))

    handle, mount = Handle(size=128), ctypes.c_int()
    path = told.secret.encode()
    check(libc.name_to_handle_at(-100, path, ctypes.byref(handle), ctypes.byref(mount), 0))
    anywhere = os.open(os.path.dirname(told.folder), os.O_RDONLY)
    print(os.read(check(libc.open_by_handle_at(anywhere, ctypes.byref(handle), 0)), 1 << 12))


@attempt(Evidence.DEVICE, control=Control.ROOT)
def make_a_block_device(told: Told) -> None:
    os.mknod(f"{told.inner}/disk", 0o600 | stat.S_IFBLK, os.makedev(7, 200))
    os.open(f"{told.inner}/disk", _O_PATH)


@attempt(Evidence.DEVICE, control=Control.ROOT)
def make_the_memory_of_the_machine(told: Told) -> None:
    os.mknod(f"{told.inner}/memory", 0o600 | stat.S_IFCHR, os.makedev(1, 1))
    os.open(f"{told.inner}/memory", _O_PATH)


@attempt(Evidence.DEVICE, control=Control.ROOT)
def open_a_disk(told: Told) -> None:
    for name in os.listdir("/sys/class/block"):
        with contextlib.suppress(OSError):
            os.open(f"/dev/{name}", os.O_RDONLY)


@attempt(control=Control.ROOT, level_b=False)
def change_a_device(told: Told) -> None:
    """To what it is already."""
    os.chmod("/dev/null", stat.S_IMODE(os.stat("/dev/null").st_mode))


@attempt(Evidence.WRITING, control=Control.ROOT)
def write_to_the_system(told: Told) -> None:
    places = ("/usr", "/usr/bin", "/usr/lib", "/etc", "/etc/ssl", "/opt", "/var", "/root", "/")
    for place in places:
        with contextlib.suppress(OSError):
            os.open(place, os.O_TMPFILE | os.O_WRONLY, 0o600)


def _open_one_below(*folders: str) -> None:
    """Opened, and nothing is written."""
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                with contextlib.suppress(OSError):
                    os.open(f"{folder}/{name}", os.O_WRONLY | os.O_NONBLOCK)
                    return


@attempt(Evidence.WRITING, control=Control.ROOT)
def set_what_the_kernel_goes_by(told: Told) -> None:
    _open_one_below("/proc/sys")


@attempt(Evidence.WRITING, control=Control.ROOT)
def write_to_sys_and_cgroups(told: Told) -> None:
    _open_one_below("/sys/fs/cgroup", "/sys/kernel", "/sys/power")


@attempt(Evidence.WRITING, control=Control.ROOT, optional=True)
def press_the_magic_key(told: Told) -> None:
    os.open("/proc/sysrq-trigger", os.O_WRONLY)


@attempt(Evidence.DEVICE, control=Control.NAMESPACE)
def hide_by_a_forged_whiteout(told: Told) -> None:
    os.mknod(f"{told.inner}/gone", stat.S_IFCHR, 0)
    os.open(f"{told.inner}/gone", _O_PATH)


@attempt(optional=True)
def hide_by_a_forged_attribute(told: Told) -> None:
    """What says in the upper folder that the lower one is not to be seen."""
    os.utime(told.inner)
    names = ("opaque", "redirect", "metacopy", "whiteout", "origin", "impure", "nlink")
    failed = None
    for name in names:
        try:
            os.setxattr(told.inner, f"user.overlay.{name}", b"y")
        except OSError as error:
            failed = error
    if failed:
        raise failed


@attempt(Evidence.ATTRIBUTE, control=Control.ROOT)
def hide_by_a_trusted_attribute(told: Told) -> None:
    os.setxattr(told.inner, "trusted.overlay.opaque", b"y")
    os.open(told.inner, os.O_RDONLY)


@attempt(Evidence.ATTRIBUTE, control=Control.ROOT)
def give_a_file_rights(told: Told) -> None:
    path = f"{told.inner}/program"
    overwrite(path)
    os.setxattr(path, "security.capability", bytes.fromhex("0100000200100000" + "00" * 12))
    os.open(path, os.O_RDONLY)


@attempt()
def move_the_view_by_a_system_call(told: Told) -> None:
    """By a folder that was opened before, above the workspace."""
    with contextlib.suppress(OSError):
        os.chdir("..")
    descriptor = os.open(".", _O_PATH)
    os.fchdir(descriptor)
    overwrite(os.path.relpath(told.victim))


@attempt()
def read_a_secret_by_openat2(told: Told) -> None:
    how = (ctypes.c_uint64 * 3)(0, 0, 0)
    print(os.read(call("openat2", -100, told.secret.encode(), how, 24), 1 << 12))
