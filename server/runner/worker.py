"""A warm worker: serves calls from one socket, one at a time, until the socket closes.

A frame is a 4-byte big-endian length and a pickle. Both ends are this program under the same user,
so the pickle crosses no boundary of trust. Request: ``(function, context, items)``. Answer:
``("done", results, cost)`` or ``("failed", why, cost)``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import resource
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any

from ..model import Cost

_LENGTH = struct.Struct(">I")
_TICKS = os.sysconf("SC_CLK_TCK")


def pack(value: object) -> bytes:
    body = pickle.dumps(value, protocol=5)
    return _LENGTH.pack(len(body)) + body


def unpack_length(prefix: bytes) -> int:
    (length,) = _LENGTH.unpack(prefix)
    return int(length)


def serve(fd: int) -> None:
    """Run in the forked child; returns when the server closes its end."""
    gc.disable()
    with socket.socket(fileno=fd) as connection, connection.makefile("rb") as stream:
        while prefix := stream.read(_LENGTH.size):
            function, context, items = pickle.loads(stream.read(unpack_length(prefix)))  # noqa: S301
            before = _cpu_seconds()
            try:
                frame = pack(("done", resolve(function)(context, items), _spent(before)))
            except Exception as error:  # noqa: BLE001 - a crash is an outcome
                traceback.print_exc(file=sys.stderr)
                frame = pack(("failed", f"{type(error).__name__}: {error}", _spent(before)))
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(frame)
            gc.collect()


def resolve(function: str) -> Callable[..., Any]:
    """The function of this package that ``"package.module:name"`` names. Raises ValueError."""
    module, _, name = function.partition(":")
    if module.partition(".")[0] != __package__.partition(".")[0]:
        raise ValueError(f"{function} is not a function of this program")
    resolved: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return resolved


def _spent(before: float) -> Cost:
    return Cost(max(0.0, _cpu_seconds() - before), _resident_bytes())


def _live_children() -> list[str]:
    with contextlib.suppress(OSError), open("/proc/thread-self/children") as children:
        return children.read().split()
    return []


def _cpu_seconds() -> float:
    """CPU seconds of this worker, of children it waited for, and of those alive now."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + waited.ru_utime + waited.ru_stime
    for pid in _live_children():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _resident_bytes() -> int:
    pages = 0
    for pid in ("self", *_live_children()):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/statm") as statm:
            pages += int(statm.read().split()[1])
    return pages * resource.getpagesize()
