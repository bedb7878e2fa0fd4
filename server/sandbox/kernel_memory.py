"""Memory that the kernel holds for a command and that no process of it maps: what is in sockets and
pipes, and page tables. The filter of system calls keeps each of them at the size that it has at
first (``seccomp``), so that they can be counted.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PIPE = 2 * _PAGE
"""What a pipe holds at most when its user has many, as the kernel sees to itself."""
_TCP = 10 << 20
"""What a connection holds at most, both ways: TCP sizes its buffers by itself."""


class Held(NamedTuple):
    """By the whole machine, whoever uses it, or what came since: bytes that are ``shared`` and of
    ``tcp``; open ``files``; ``sockets`` in the network of this process."""

    shared: int
    tcp: int
    files: int
    sockets: int

    @classmethod
    def now(cls) -> Self:
        """What the kernel does not tell counts as nothing."""
        shared = _number(r"Shmem: +(\d+)", _told("/proc/meminfo")) << 10
        files = _number(r"(\d+)", _told("/proc/sys/fs/file-nr"))
        sockets, tcp = _sockets("self")
        return cls(shared, tcp, files, sockets)

    def since(self, before: Held) -> Held:
        return Held(*(max(0, now - then) for now, then in zip(self, before, strict=True)))

    def buffers(self, pids: Sequence[int], files: int = sys.maxsize) -> int:
        """Bytes that may be in the sockets and pipes of ``pids``, the nearest first, which have so
        many open ``files`` at most: of what came meanwhile, where only the machine's is known."""
        sockets = self.sockets
        with contextlib.suppress(OSError):
            if pids and not os.path.samefile(f"/proc/{pids[-1]}/ns/net", "/proc/self/ns/net"):
                sockets, _ = _sockets(str(pids[-1]))
        in_sockets = sockets * _most_sent() + min(self.tcp, sockets * _TCP)
        return in_sockets + min(self.files, files) * _PIPE


def tables_of(pid: int) -> int:
    """Bytes. Raises OSError."""
    return _number(r"\nVmPTE:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) << 10


def files_of(pid: int) -> int:
    """How many it has open. Raises OSError."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def _sockets(pid: str) -> tuple[int, int]:
    """How many there are in its network, and the bytes of TCP on the machine."""
    told = _told(f"/proc/{pid}/net/sockstat")
    return _number(r"sockets: used (\d+)", told), _number(r"TCP:.* mem (\d+)", told) * _PAGE


@functools.cache
def _most_sent() -> int:
    """Bytes that a socket holds at most."""
    return _number(r"(\d+)", _told("/proc/sys/net/core/wmem_default"))


def _told(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text()
    return ""


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
