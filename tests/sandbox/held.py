"""What a process holds that has stopped itself, as it looks from outside."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import stat
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from .inside.table import ATTEMPTS, Evidence, Told

_DISCIPLINE = 0x5424
_USUAL = 0
"""What TIOCGETD answers for a terminal that nobody has changed."""
_OWNER = 0xB701
"""NS_GET_USERNS: without its rights nobody enters a namespace."""
_LABEL = "security.selinux"
_OBJECT = re.compile(r"anon_inode:|/memfd:|(?!pipe|socket)[a-z_]+:\[")


class _Held(NamedTuple):
    """A process of an attempt, and the ``first`` of all, that tries nothing itself."""

    pid: int
    first: int
    told: Told

    def status(self, field: str, pid: int = 0) -> list[str]:
        text = Path(f"/proc/{pid or self.pid}/status").read_text()
        return text.partition(f"\n{field}:")[2].partition("\n")[0].split()

    def descriptors(self) -> Iterator[tuple[str, str]]:
        """Those that the first has not: paths that lead to what is open, and what is told of it."""
        inherited = _open(self.first)
        for number, link in _open(self.pid).items():
            if inherited.get(number) != link:
                yield f"/proc/{self.pid}/fd/{number}", link

    def files(self) -> Iterator[tuple[str, int, int]]:
        """Of what is open and is a file: a path, with what flags, and how far it was read."""
        for path, _ in self.descriptors():
            if stat.S_ISREG(os.stat(path).st_mode):
                told = Path(path.replace("/fd/", "/fdinfo/")).read_text().split()
                yield path, int(told[3], 8), int(told[1])

    def terminals(self) -> Iterator[int]:
        for path, link in self.descriptors():
            if "/pts/" in link:
                opened = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
                try:
                    yield opened
                finally:
                    os.close(opened)


def _open(pid: int) -> dict[str, str]:
    folder = f"/proc/{pid}/fd"
    return {number: os.readlink(f"{folder}/{number}") for number in os.listdir(folder)}


def _attribute(held: _Held) -> bool:
    return any({*os.listxattr(path)} - {_LABEL} for path, _ in held.descriptors())


def _device(held: _Held) -> bool:
    modes = (os.stat(path).st_mode for path, _ in held.descriptors())
    return any(stat.S_ISBLK(mode) or stat.S_ISCHR(mode) for mode in modes)


def _discipline(held: _Held) -> bool:
    answers = [fcntl.ioctl(each, _DISCIPLINE, bytes(4)) for each in held.terminals()]
    return any(struct.unpack("i", each)[0] != _USUAL for each in answers)


def _events(held: _Held) -> bool:
    """Those of the judge's own namespace."""
    lines = Path("/proc/self/net/netlink").read_text().splitlines()[1:]
    asking = {f"socket:[{line.split()[9]}]" for line in lines if int(line.split()[3], 16)}
    return any(link in asking for _, link in held.descriptors())


def _host_name(held: _Held) -> bool:
    there = f"/proc/{held.pid}/ns/uts"
    if os.path.samefile(there, "/proc/self/ns/uts"):
        return os.uname().nodename == held.told.mark
    with open(there, "rb") as space, open(fcntl.ioctl(space, _OWNER), "rb") as owner:
        enter = [f"--user=/proc/self/fd/{owner.fileno()}", f"--uts={there}"]
        line = ["nsenter", *enter, "--preserve-credentials", "uname", "-n"]
        told = subprocess.check_output(line, text=True, pass_fds=[owner.fileno()])
    return told.strip() == held.told.mark


def _identity(held: _Held) -> bool:
    started = [each.pid for each in psutil.Process(held.pid).children()]
    first = set(held.status("Uid", held.first))
    return any(set(held.status("Uid", pid)) - first for pid in (held.pid, *started))


def _key(held: _Held) -> bool:
    return f" {held.told.mark}: " in Path("/proc/keys").read_text()


def _mount(held: _Held) -> bool:
    lines = Path(f"/proc/{held.pid}/mountinfo").read_text().splitlines()
    return any(line.split()[4].endswith(f"/{held.told.inner}") for line in lines)


def _namespace(held: _Held) -> bool:
    return _namespaces(held.pid) != _namespaces(held.first)


def _namespaces(pid: int) -> dict[str, str]:
    """One that nobody is in yet has no link."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/ns"):
        with contextlib.suppress(FileNotFoundError):
            found[name] = os.readlink(f"/proc/{pid}/ns/{name}")
    return found


def _new_rights(held: _Held) -> bool:
    return held.status("NoNewPrivs") == ["0"]


def _object(held: _Held) -> bool:
    links = (link for _, link in held.descriptors())
    return any(_OBJECT.match(link) for link in links)


def _personality(held: _Held) -> bool:
    rules = (Path(f"/proc/{pid}/personality").read_text() for pid in (held.pid, held.first))
    return len({*rules}) == 2


def _place(held: _Held) -> bool:
    places = ([f"/proc/{pid}/{each}" for each in ("root", "cwd")] for pid in held[:2])
    return any(not os.path.samefile(*pair) for pair in zip(*places, strict=True))


def _reading(held: _Held) -> bool:
    return any(read for _, _, read in held.files())


def _right(held: _Held) -> bool:
    sets = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    return any(int(held.status(each)[0], 16) for each in sets)


def _segment(held: _Held) -> bool:
    return "/SYSV" in Path(f"/proc/{held.pid}/maps").read_text()


def _socket(held: _Held) -> bool:
    return any(link.startswith("socket:") for _, link in held.descriptors())


def _typed(held: _Held) -> bool:
    for terminal in held.terminals():
        with contextlib.suppress(BlockingIOError):
            if os.read(terminal, 1):
                return True
    return False


def _writing(held: _Held) -> bool:
    return any(flags & os.O_ACCMODE for _, flags, _ in held.files())


_SHOWS: dict[Evidence, Callable[[_Held], bool]] = {
    Evidence.ATTRIBUTE: _attribute,
    Evidence.DEVICE: _device,
    Evidence.DISCIPLINE: _discipline,
    Evidence.EVENTS: _events,
    Evidence.HOST_NAME: _host_name,
    Evidence.IDENTITY: _identity,
    Evidence.KEY: _key,
    Evidence.MOUNT: _mount,
    Evidence.NAMESPACE: _namespace,
    Evidence.NEW_RIGHTS: _new_rights,
    Evidence.OBJECT: _object,
    Evidence.PERSONALITY: _personality,
    Evidence.PLACE: _place,
    Evidence.READING: _reading,
    Evidence.RIGHT: _right,
    Evidence.SEGMENT: _segment,
    Evidence.SOCKET: _socket,
    Evidence.TYPED: _typed,
    Evidence.WRITING: _writing,
}


def holding(told: Mapping[str, Told], first: str, number: int) -> list[str]:
    """The attempts of which the process holds what it was after; all are ended. ``first``: what the
    process is called that started them. Raises RuntimeError when not so many are there, and OSError
    when they cannot be looked at."""
    named: dict[str, list[int]] = {}
    for process in psutil.process_iter(["name"]):
        named.setdefault(process.info["name"], []).append(process.pid)
    found = {
        name: pids
        for name, each in told.items()
        if ATTEMPTS[name].is_held and (pids := named.get(each.mark))
    }
    try:
        if len(found) != number:
            raise RuntimeError(f"{number} are held, and {sorted(found)} were found")
        (main,) = named[first]
        return [
            name
            for name, pids in found.items()
            if (evidence := ATTEMPTS[name].evidence)
            and any(_SHOWS[evidence](_Held(pid, main, told[name])) for pid in pids)
        ]
    finally:
        for pid in {pid for pids in found.values() for pid in pids}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
