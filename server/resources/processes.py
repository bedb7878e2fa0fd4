"""Who uses the machine: processes, as people know them."""

from __future__ import annotations

import os
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from .use import Kind

OURS = "Understudy itself"
_INTERPRETERS = re.compile(r"(?:python|pypy|node|bun|deno|ruby|perl|bash|sh)[\d.]*")
_GIVES_CODE = re.compile(r"-[a-zA-Z]*[cep][a-zA-Z]*|--(?:command|eval|print)")
"""Options, alone or among others (``bash -lc``), whose word is no script but what is to be run."""
_FIELDS = ["pid", "ppid", "name", "memory_info", "cpu_times", "create_time", "io_counters"]
_TOLD = 3
_CAUSES_SECONDS = 600.0
"""So far back a look at the processes says who is behind a trend."""
_APART_SECONDS = 60.0
"""Of looks that follow each other faster, few are kept: there may be thousands of processes."""
_LONGEST = 60
"""Characters of a name: a process may call itself whatever it likes."""


class Process(NamedTuple):
    """``words``: its program, and what that runs, without any argument that could be private.
    ``memory``: resident bytes; ``cpu``: seconds; ``written``: bytes to disks; ``files``: open."""

    pid: int
    born: float
    words: str
    memory: int = 0
    cpu: float = 0.0
    written: int = 0
    files: int = 0


class Cause(NamedTuple):
    """``more``: bytes or pieces that all ``processes`` of that name took since an earlier look."""

    words: str
    processes: int
    more: float


def processes() -> Iterator[Process]:
    """Those that may be looked at."""
    import psutil

    found = list(psutil.process_iter(_FIELDS))
    parents = {each.pid: each.info["ppid"] for each in found}
    for each in found:
        told = each.info
        if (memory := told["memory_info"]) is None:
            continue  # it is gone, or another's
        try:
            words = OURS if _is_ours(each.pid, parents) else _words(told["name"], each.cmdline())
            files = each.num_fds()
        except psutil.Error:
            words, files = _words(told["name"], ()), 0
        cpu, written = told["cpu_times"], told["io_counters"]
        yield Process(
            each.pid,
            told["create_time"] or 0.0,
            words,
            memory.rss,
            cpu.user + cpu.system if cpu else 0.0,
            getattr(written, "write_bytes", 0),
            files,
        )


def _is_ours(pid: int, parents: dict[int, int | None]) -> bool:
    """Whether it is this process, or was started by it."""
    seen: set[int] = set()
    at: int | None = pid
    while at and at not in seen:
        if at == os.getpid():
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def _words(name: str, line: Sequence[str]) -> str:
    """Of an interpreter the script, or the module, too. What would steer a terminal is left out."""
    plain = "".join(each if each.isprintable() else "?" for each in _called(name, line))
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _called(name: str, line: Sequence[str]) -> str:
    title = line[0].split() if line else []
    if not title:
        return name or "?"
    program = PurePath(title[0]).name or name
    if not _INTERPRETERS.fullmatch(program):
        return program
    rest = iter(line[1:])
    for word in rest:
        if word == "-m":
            return f"{program} -m {next(rest, '')}".strip()
        if not word.startswith("-"):
            return f"{program} {PurePath(word).name}"
        if _GIVES_CODE.fullmatch(word):
            break
    return program


_MEASURES: dict[Kind, Callable[[Process], float]] = {
    Kind.MEMORY: lambda each: each.memory,
    Kind.SWAP: lambda each: each.memory,
    Kind.DISK: lambda each: each.written,
    Kind.INODES: lambda each: each.written,
    Kind.FILES: lambda each: each.files,
}


def causes(kind: Kind, before: Iterable[Process], now: Iterable[Process]) -> tuple[Cause, ...]:
    """Who took most of it between two looks, the most first; empty where nobody can tell."""
    return _grown(_MEASURES[kind], before, now) if kind in _MEASURES else ()


def busiest(before: Iterable[Process], now: Iterable[Process]) -> tuple[Cause, ...]:
    """Who used the processors most between two looks; ``more`` is in CPU seconds."""
    return _grown(lambda each: each.cpu, before, now)


class Processes:
    """What was seen of processes, as far back as it says who is behind what happens now."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, tuple[Process, ...]]] = deque()

    def __len__(self) -> int:
        """How many looks are kept."""
        return len(self._looks)

    def add(self, at: float, found: tuple[Process, ...] | None) -> None:
        """A look, later than all before; None: they were not looked at. A clock that went back
        begins anew."""
        looks = self._looks
        if looks and at < looks[-1][0]:
            looks.clear()
        if found is not None:
            if len(looks) > 2 and looks[-2][0] - looks[-3][0] < _APART_SECONDS:
                del looks[-2]
            looks.append((at, found))
        while len(looks) > 2 and looks[1][0] <= at - _CAUSES_SECONDS:
            looks.popleft()

    def causes(self, kind: Kind) -> tuple[Cause, ...]:
        """As ``causes``, in the last ten minutes."""
        return causes(kind, self._looks[0][1], self._looks[-1][1]) if len(self) > 1 else ()

    def busiest(self) -> tuple[Cause, ...]:
        """As ``busiest``, between the last two looks."""
        return busiest(self._looks[-2][1], self._looks[-1][1]) if len(self) > 1 else ()


def _grown(
    measure: Callable[[Process], float], before: Iterable[Process], now: Iterable[Process]
) -> tuple[Cause, ...]:
    old = {(each.pid, each.born): measure(each) for each in before}
    more: defaultdict[str, list[float]] = defaultdict(list)
    for each in now:
        grown = measure(each) - old.get((each.pid, each.born), 0)
        if grown > 0:
            more[each.words].append(grown)
    found = [Cause(words, len(each), sum(each)) for words, each in more.items()]
    return tuple(sorted(found, key=lambda each: (-each.more, each.words))[:_TOLD])
