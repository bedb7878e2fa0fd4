"""What shells remember of the commands typed into them: the files of bash, zsh and fish, read as
streams, so that any file is taken in the same memory."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from ..disk import open_regular
from ..store.activity import Activity, Did

GAP = 30 * 60.0
"""Seconds without a command after which the next one begins a session."""
_LONGEST = 1 << 15
"""Bytes of a line, and of a command, that are taken."""
_MOST_BYTES = 1 << 30
"""Of a larger file, its end is read."""
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BASH_TIME = re.compile(rb"#(\d{1,12})")
_ZSH_TIME = re.compile(rb": ?(\d{1,12}):(\d{1,9});")
_FISH_ESCAPE = re.compile(rb"\\([\\n])")


class _Entry(NamedTuple):
    """``command`` is None where what stands there is none; ``at`` is in seconds of the epoch."""

    command: bytes | None
    at: float | None = None
    seconds: float | None = None


class Imported(NamedTuple):
    """The last ones, the oldest first; how many commands there were; how many lines were left out,
    since they were no text, or too long; and whether the beginning of the file was."""

    activities: list[Activity]
    commands: int
    left_out: int
    is_cut: bool


def places(shell: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a shell may keep its history by default, the likeliest first."""
    home = Path(environ.get("HOME", "~")).expanduser()
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    named = environ.get("HISTFILE") if Path(environ.get("SHELL", "")).name == shell else None
    if named and shell != "fish":
        return (Path(named),)
    return {
        "bash": (home / ".bash_history",),
        "zsh": (Path(environ.get("ZDOTDIR") or home) / ".zsh_history", home / ".zhistory"),
        "fish": (data / "fish/fish_history",),
    }[shell]


def read(shell: str, path: Path, most: int) -> Imported:
    """The last ``most`` commands in a history. Those without a time, or with one that has yet to
    come, have that of the file. Raises
    OSError, also for what is no regular file."""
    kept: deque[_Entry] = deque(maxlen=most)
    commands = left_out = 0
    with open_regular(path) as file:
        about = os.fstat(file.fileno())
        is_cut = about.st_size > _MOST_BYTES
        if is_cut:
            file.seek(-_MOST_BYTES, os.SEEK_END)
            file.readline(_LONGEST)
        for entry in _READERS[shell](_lines(file, about.st_size)):
            if entry.command is None:
                left_out += 1
            elif entry.command.strip():
                commands += 1
                kept.append(entry)
    activities = list(_activities(kept, f"{shell} history", about.st_mtime))
    return Imported(activities, commands, left_out, is_cut)


def _activities(entries: deque[_Entry], name: str, otherwise: float) -> Iterator[Activity]:
    before, session, now = -GAP, name, time.time()
    for entry in entries:
        at = otherwise if entry.at is None or entry.at > now else entry.at
        if at == entry.at and abs(at - before) > GAP:
            session = f"{name} {at:.0f}"
        before = at
        text = (entry.command or b"").decode("utf-8", "replace").strip()
        yield Activity(at, Did.COMMAND, text, session, seconds=entry.seconds)


def _lines(file: IO[bytes], end: int) -> Iterator[bytes | None]:
    """Those that begin before the ``end``, without their ends; None for one that is no text, or too
    long. What comes while it is read is of the next time: it may come faster."""
    while file.tell() < end and (line := file.readline(_LONGEST)):
        if not line.endswith(b"\n") and len(line) == _LONGEST:
            while line and not line.endswith(b"\n"):
                line = file.readline(_LONGEST)
            yield None
            continue
        line = line.removesuffix(b"\n")
        yield None if _CONTROLS.search(line) else line


def _bash(lines: Iterator[bytes | None]) -> Iterator[_Entry]:
    """With HISTTIMEFORMAT a time stands before each command, which may then have several lines."""
    at: float | None = None
    parts: list[bytes] = []
    for line in lines:
        if line is None:
            yield _Entry(None)
        elif stamp := _BASH_TIME.fullmatch(line):
            if parts:
                yield _Entry(b"\n".join(parts), at)
            at, parts = float(stamp[1]), []
        elif at is None:
            yield _Entry(line)
        elif sum(map(len, parts)) + len(line) < _LONGEST:
            parts.append(line)
        else:
            yield _Entry(None)
    if parts:
        yield _Entry(b"\n".join(parts), at)


def _zsh(lines: Iterator[bytes | None]) -> Iterator[_Entry]:
    """With EXTENDED_HISTORY begin and duration stand before each command; a backslash at the end of
    a line is followed by the next line of the same command."""
    parts: list[bytes] = []
    for line in lines:
        if line is None:
            yield _Entry(None)
            continue
        goes_on = line.endswith(b"\\") and sum(map(len, parts)) < _LONGEST
        parts.append(line[:-1] if goes_on else line)
        if not goes_on:
            yield _of_zsh(b"\n".join(parts))
            parts = []
    if parts:
        yield _of_zsh(b"\n".join(parts))


def _of_zsh(written: bytes) -> _Entry:
    stamp = _ZSH_TIME.match(written)
    command = _unmetafied(written[stamp.end() :] if stamp else written)
    return _Entry(command, float(stamp[1]), float(stamp[2])) if stamp else _Entry(command)


def _unmetafied(written: bytes) -> bytes:
    """zsh writes some bytes as 0x83 and the byte with another sixth bit."""
    first, *rest = written.split(b"\x83")
    return first + b"".join(bytes((each[0] ^ 32,)) + each[1:] for each in rest if each)


def _fish(lines: Iterator[bytes | None]) -> Iterator[_Entry]:
    command: bytes | None = None
    at: float | None = None
    for line in lines:
        if line is None:
            yield _Entry(None)
        elif line.startswith(b"- cmd: "):
            if command is not None:
                yield _Entry(command, at)
            command = _FISH_ESCAPE.sub(lambda m: b"\n" if m[1] == b"n" else b"\\", line[7:])
            at = None
        elif line.startswith(b"  when: ") and line[8:].isdigit():
            at = float(line[8:20])
        elif not line.startswith(b"  "):
            yield _Entry(None)
    if command is not None:
        yield _Entry(command, at)


_READERS: Mapping[str, Callable[[Iterator[bytes | None]], Iterator[_Entry]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
SHELLS = tuple(_READERS)
