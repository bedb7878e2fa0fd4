"""The trials of one workspace on disk: a private folder each, by number, with what it wrote and
what came of it. They can be shown and applied later, also by another process.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from ..disk import read_regular, why
from ..findings.redact_output import told_without_secrets, without_secrets
from ..findings.redact_text import SECRET, redacted_words
from ..journal.encoding import amount, change_of, moment, plain_of, texts, want
from ..state import LOCK_SECONDS, locked, private, private_folder, take
from .plan import REPORT, WORKING
from .trees import remove
from .trial import Change, Level, Status, Trial, Usage

TRIALS = "trials"
"""The name of their folder in the state folder of a workspace."""
_VERSION = 3
_TRIAL = "trial.json"
_OUTPUT = "output"
_SIZE = "size"
_PLAIN = ("status", "level", "launcher", "backend", "exit_code", "why")
_LISTS = ("notes", "ignored", "hidden", "started", "in_turn")
_USAGE = ("seconds", "cpu_seconds", "peak_bytes")
_RUNNING = "running"
"""Locked by the process whose trial it is, until that has come to its end."""


class Bounds(NamedTuple):
    """So many ``trials`` of so many ``bytes`` in all are kept; always the newest."""

    trials: int = 20
    bytes: int = 2 << 30


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Past:
    """A trial that came to its end. ``at``: when it began, in seconds since the epoch. ``argv``:
    without secrets."""

    id: int
    at: float
    argv: tuple[str, ...]
    trial: Trial


class Place:
    """Where one run keeps what it makes. Everything raises OSError."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(0o700)
        self._folder = folder
        self._lock = take(folder / _RUNNING)

    def room(self, name: str) -> str:
        """A new and empty folder in it."""
        (room := self._folder / name).mkdir(0o700)
        return str(room)

    def clear(self, name: str) -> None:
        """Take a room away, with what is in it."""
        remove(self._folder / name)

    def keep(
        self, at: float, argv: Sequence[str], trial: Trial, secrets: Sequence[str] = ()
    ) -> Trial:
        """Write down what came of it, without secrets, of which some are known; the trial, with its
        number. A room without a report holds what a stage left that was killed."""
        for room in _rooms(self._folder):
            if not (room / REPORT).exists():
                _discard(room)
        trial = replace(trial, id=int(self._folder.name))
        output = without_secrets(trial.output, secrets)
        self._write(_OUTPUT, output)
        states = (state for each in trial.changes for state in (each.before, each.after) if state)
        self._write(_SIZE, b"%d" % (len(output) + sum(each.size for each in states)))
        self._write(_TRIAL, _encoded(at, _told(argv, secrets), trial))
        return trial

    def _write(self, name: str, content: bytes) -> None:
        """What power loss took of it is noticed when it is read, and no workspace depends on it."""
        with open(self._folder / name, "wb", opener=private) as file:
            file.write(content)

    def close(self) -> None:
        """What was not kept goes, at the latest when a later one begins: not before nobody works in
        it any more."""
        try:
            if not (self._folder / _TRIAL).exists():
                for room in _rooms(self._folder):
                    with locked(room / WORKING, LOCK_SECONDS):
                        pass
                _discard(self._folder)
        except TimeoutError:
            pass
        finally:
            if self._lock is not None:
                os.close(self._lock)


class History:
    """Those in one folder, made when missing. Everything raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)

    def begin(self, bounds: Bounds = BOUNDS) -> Place:
        """A place for the next one, with a number of its own. Older ones go."""
        with locked(self._folder / "lock", LOCK_SECONDS):
            numbers = self.numbers()
            self._prune(numbers, bounds)
            return Place(self._folder / str(max(numbers, default=0) + 1))

    def all(self) -> list[Past]:
        """The newest first. One that runs, or cannot be read, is left out."""
        return list(self._past())

    def load(self, number: int) -> Past:
        """Raises LookupError when there is none."""
        try:
            return _decoded(number, self._folder / str(number))
        except FileNotFoundError as error:
            raise LookupError(number) from error

    def numbers(self) -> list[int]:
        """Of all, the newest first: also of those that cannot be read."""
        return sorted(map(int, filter(str.isdecimal, os.listdir(self._folder))), reverse=True)

    def since(self, at: float) -> list[int]:
        """The numbers of those that began then or later, in seconds since the epoch."""
        return [past.id for past in self._past() if past.at >= at]

    def take_out(self, numbers: Iterable[int]) -> None:
        """Those that do not run."""
        for number in numbers:
            folder = self._folder / str(number)
            if folder.is_dir() and not _runs(folder):
                _discard(folder)

    def newest(self) -> Past | None:
        return next(self._past(), None)

    def _past(self) -> Iterator[Past]:
        for number in self.numbers():
            with contextlib.suppress(OSError):
                yield _decoded(number, self._folder / str(number))

    def _prune(self, numbers: Sequence[int], bounds: Bounds) -> None:
        """The one that begins will be the newest."""
        size = 0
        for at, number in enumerate(numbers, 1):
            folder = self._folder / str(number)
            size += _size(folder)
            is_kept = at < bounds.trials and size <= bounds.bytes and (folder / _TRIAL).exists()
            if not is_kept and not _runs(folder):
                _discard(folder)


def _discard(folder: Path) -> None:
    """What cannot be removed now may be next time."""
    with contextlib.suppress(OSError):
        remove(folder)


def _size(folder: Path) -> int:
    """Bytes that it holds, about; 0 where that is not known."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / _SIZE).read_bytes())
    return 0


def _runs(folder: Path) -> bool:
    """The locks go with the processes that hold them, however those end. Nobody runs behind a
    link, and nothing is looked at there."""
    if folder.is_symlink():
        return False
    for lock in (folder / _RUNNING, *(room / WORKING for room in _rooms(folder))):
        if (descriptor := take(lock)) is None:
            return True
        os.close(descriptor)
    return False


def _rooms(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]


def _told(argv: Sequence[str], secrets: Sequence[str]) -> tuple[str, ...]:
    words = [*argv]
    for secret in secrets:
        words = [word.replace(secret, SECRET) if secret else word for word in words]
    return redacted_words(words)


def _encoded(at: float, argv: Sequence[str], trial: Trial) -> bytes:
    plain = {
        "version": _VERSION,
        "at": at,
        "argv": argv,
        "usage": asdict(trial.usage),
        "changes": [_plain(each) for each in trial.changes],
        **{name: getattr(trial, name) for name in (*_PLAIN, *_LISTS)},
        "why": told_without_secrets(trial.why),
        "notes": [*map(told_without_secrets, trial.notes)],
    }
    return json.dumps(plain).encode()


def _plain(change: Change) -> dict[str, Any]:
    """With where the contents are."""
    plain = plain_of(change)
    for side, state in (("before", change.before), ("after", change.after)):
        if state is not None:
            plain[side]["place"] = state.place
    return plain


def _decoded(number: int, folder: Path) -> Past:
    path = folder / _TRIAL
    try:
        plain = json.loads(read_regular(path))
        if plain["version"] != _VERSION:
            raise ValueError("another version of Understudy wrote it")
        want(plain, dict.fromkeys(("launcher", "backend", "why"), str))
        if plain["exit_code"] is not None:
            amount(plain["exit_code"])
        seconds, cpu, peak = (amount(plain["usage"][each]) for each in _USAGE)
        own = {
            **{name: plain[name] for name in _PLAIN},
            "id": number,
            "status": Status(plain["status"]),
            "level": Level(plain["level"]),
            **{name: texts(plain[name]) for name in _LISTS},
            "usage": Usage(seconds, cpu, int(peak)),
            "changes": tuple(change_of(each, itemgetter("place")) for each in plain["changes"]),
            "output": read_regular(folder / _OUTPUT),
        }
        return Past(number, moment(plain["at"]), texts(plain["argv"]), Trial(**own))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise OSError(f"{path} cannot be read: {why(error)}") from error
