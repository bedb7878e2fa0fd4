"""Programs as analyzers: how they are called, and what their end and their answer mean.

Only what is understood is a verdict: a status that means "I ran", an answer in the form that was
agreed, no complaint instead of an answer, and a finding where the status tells of one.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from ...model import Finding, Report, State
from ...text import Lines, canonical, digest
from ..answers import answer, no_verdict, read_content, unreadable
from ..base import Answer, Item
from ..installations import Installation, stamp_of, standing
from ..process import MOST_MEMORY, Done, end_of, run
from .output import read
from .rows import Answered, Reading, Row, clean

Input = Literal["file", "files", "stdin"]

PLACES = frozenset({"root", "file", "files"})
_PLACE = re.compile(r"\$\{\{\s*(root|files?)\s*\}\}")
_MOST_FAILURES = 3
_NOT_THERE = (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR)


class Piped(NamedTuple):
    """``arguments`` with which a text is taken on standard input, in which ``folder``."""

    arguments: tuple[str, ...]
    folder: str


class Program(NamedTuple):
    """The context of ``check``. ``argv``: the program, resolved, and its arguments, in which
    ``${{ root }}``, ``${{ file }}`` and, as a word alone, ``${{ files }}`` have their values; where
    none of the last two is and no text is handed in, the files follow at the end.

    ``input``: a file a call, any number of files, or a text on standard input. ``ok``: the
    statuses with which it has looked, ``found`` those that tell of findings. ``needed`` tells what
    to do when it is missing, or older than ``least``. ``self_contained``: what it says of a file
    depends on no other. ``piped``: how it is told a text that is not on disk; None: it cannot be.
    ``tells``: with what it tells its version. ``special``: a file that it would read and that may
    have no end; empty: none. ``memory``: the bytes of data that it may take.
    """

    tool: str
    title: str
    argv: tuple[str, ...]
    root: str
    reading: Reading
    input: Input = "file"
    ok: tuple[int, ...] = (0,)
    found: tuple[int, ...] = (1,)
    needed: str = ""
    least: tuple[int, ...] = ()
    self_contained: bool = True
    piped: Piped | None = None
    tells: tuple[str, ...] = ("--version",)
    special: str = ""
    memory: int = MOST_MEMORY

    def installation(self) -> Installation:
        named = self.argv[0]
        return Installation(
            (named, *self.tells),
            (stamp_of(named),),
            self.least,
            called=named,
            missing=_advised(self, f"{named} was not found, or cannot be run"),
            remedy=self.needed,
        )

    def for_text(self) -> Program:
        """What is called for a text that is not on disk."""
        if self.piped is None:
            return self
        arguments, folder = self.piped
        return self._replace(argv=(self.argv[0], *arguments), root=folder, input="stdin")


class _File(NamedTuple):
    path: str
    content: bytes


def check(program: Program, items: tuple[Item, ...]) -> list[Answer]:
    unusable = _unusable(program)
    answers: dict[int, Answer] = {}
    files: dict[int, _File] = {}
    texts: dict[int, _File] = {}
    for index, item in enumerate(items):
        try:
            content = read_content(item)
        except OSError as error:
            answers[index] = unreadable(program.tool, error)
            continue
        if unusable is not None:
            answers[index] = answer(content, unusable)
        elif program.input == "stdin" or _is_on_disk(item[0], content):
            files[index] = _File(item[0], content)
        elif program.piped is not None and os.path.isdir(program.piped.folder):
            texts[index] = _File(item[0], content)
        else:
            answers[index] = answer(content, _not_saved(program))
    for called, some in ((program, files), (program.for_text(), texts)):
        reports = _reports(called, list(some.values()))
        for (index, file), report in zip(some.items(), reports, strict=True):
            seen, told = answer(file.content, report)
            answers[index] = (seen if program.self_contained else "", told)
    return [answers[index] for index in range(len(items))]


def _is_on_disk(path: str, content: bytes) -> bool:
    try:
        return os.path.isabs(path) and digest(read_content((path, None, ()))) == digest(content)
    except OSError:
        return False


def _not_saved(program: Program) -> Report:
    why = (
        f"{program.title} reads files from the disk, where this text is not: "
        "it looks at the file when it is saved, as UTF-8."
    )
    return no_verdict(program.tool, State.NOT_ANALYSED, why)


def _failed(program: Program, why: str) -> Report:
    text = f"{program.title} did not check this file: {why}"
    return no_verdict(program.tool, State.FAILED, text)


def _missing(program: Program, why: str) -> Report:
    return Report(program.tool, State.MISSING, why=_advised(program, why))


def _advised(program: Program, why: str) -> str:
    return "; ".join(filter(None, (why, program.needed)))


# ── whether it can be used ──────────────────────────────────────────────────────────────────────


def _unusable(program: Program) -> Report | None:
    if program.special:
        return _failed(
            program, f"{program.special}, from which it is configured, is no regular file"
        )
    told = standing(program.installation())
    if not told.state:
        return None
    if told.state == State.FAILED:
        return _failed(program, told.why)
    return Report(program.tool, State(told.state), why=told.why)


# ── calls ───────────────────────────────────────────────────────────────────────────────────────


def _reports(program: Program, files: Sequence[_File]) -> list[Report]:
    """One per file; a call that fails for many is made for each alone, while that helps."""
    if program.input == "files" and len(files) > 1:
        together = _call(program, files)
        if all(report.state.is_verdict for report in together):
            return together
    reports: list[Report] = []
    for file in files:
        last = reports[-_MOST_FAILURES:]
        if len(last) == _MOST_FAILURES and len({(each.state, each.why) for each in last}) == 1:
            given_up = last[-1].state in (State.FAILED, State.MISSING)
            if given_up:
                reports.append(last[-1])
                continue
        reports += _call(program, [file])
    return reports


def _call(program: Program, files: Sequence[_File]) -> list[Report]:
    content = files[0].content if program.input == "stdin" else b""
    try:
        done = run(_argv(program, files), Path(program.root), content, memory=program.memory)
    except ValueError as error:
        return [_failed(program, str(error)) for _ in files]
    except OSError as error:
        why = f"{program.argv[0]} cannot be started ({error.strerror})"
        told = _missing if error.errno in _NOT_THERE else _failed
        return [told(program, why) for _ in files]
    answered = read(program.reading, done.output, done.errors)
    why = _why_failed(program, done, answered)
    found: list[list[Finding]] = [[] for _ in files]
    owner = _Owners(program, files)
    lines = [Lines(file.content.decode("utf-8", "replace")) for file in files]
    for row in answered.rows:
        index = owner.of(row)
        if index is not None:
            found[index].append(row.finding(program.tool, lines[index]))
        elif not row.path:
            why = why or f"it does not say of which file: {row.message}"
    if not any(found):  # who names files as they are elsewhere may mean these
        astray = next((row for row in answered.rows if owner.is_nowhere(row.path)), None)
        if astray is not None:
            why = why or f"it names {clean(astray.path)}, where there is no file: {astray.message}"
    return [
        _report(program, file, tuple(dict.fromkeys(findings)), why)
        for file, findings in zip(files, found, strict=True)
    ]


def _argv(program: Program, files: Sequence[_File]) -> list[str]:
    """Paths are absolute, or begin with a dot: none can be taken for an option."""
    paths = [each.path if os.path.isabs(each.path) else f"./{each.path}" for each in files]
    values = {"root": program.root, "file": paths[0], "files": " ".join(paths)}
    named = {found[1] for word in program.argv for found in _PLACE.finditer(word)}
    argv: list[str] = []
    for word in program.argv:
        whole = _PLACE.fullmatch(word)
        alone = whole is not None and whole[1] == "files"
        argv += paths if alone else [_PLACE.sub(lambda found: values[found[1]], word)]
    placed = program.input == "stdin" or not named.isdisjoint(("file", "files"))
    return argv if placed else [*argv, *paths]


def _why_failed(program: Program, done: Done, answered: Answered) -> str:
    """Empty when it has looked, and all that it found is known."""
    said = _said(done)
    known = done.status in (*program.ok, *program.found)
    if done.status < 0:
        return end_of(done.status)
    if answered.trouble:
        heard = bool(done.errors.strip()) or not known
        return f"{answered.trouble} ({said})" if heard else answered.trouble
    if not known:
        return said if done.errors.strip() else end_of(done.status)
    if done.status in program.found and not answered.rows:
        return f"it ended with status {done.status}, but no finding can be read in its answer"
    return ""


def _said(done: Done) -> str:
    """What it had to say for itself, without where in its own code that was."""
    told, _, trace = done.errors.partition(b"\nStack backtrace:")
    return done._replace(errors=told if trace else done.errors).complaint


class _Owners:
    """Which of the files a finding is about, by the name that was printed."""

    def __init__(self, program: Program, files: Sequence[_File]) -> None:
        self._one = program.input == "stdin"
        self._root = program.root
        self._files = files
        self._by_path = {os.path.realpath(each.path): i for i, each in enumerate(files)}
        self._known: dict[str, int | None] = {}

    def of(self, row: Row) -> int | None:
        """None for what is no business of theirs."""
        if not row.path and len(self._files) == 1:
            return 0
        if self._one and not self._is_another(row.path):
            return 0
        if row.path not in self._known:
            self._known[row.path] = self._look(row.path) if row.path else None
        return self._known[row.path]

    def is_nowhere(self, name: str) -> bool:
        return "\0" in name or not os.path.lexists(os.path.join(self._root, name))

    def _is_another(self, name: str) -> bool:
        """Whether a tool that was given a text, which it may call anything, names a file that is
        certainly not that: what it was included from, say."""
        far = os.path.isabs(name) or ".." in name.split("/")
        return far and not self.is_nowhere(name) and self._look(name) is None

    def _look(self, name: str) -> int | None:
        """A name that leads nowhere is taken for the end of a path, if of one alone."""
        if "\0" in name:
            return None
        path = os.path.join(self._root, name)
        found = self._by_path.get(os.path.realpath(path))
        if found is not None or os.path.lexists(path):
            return found
        end = f"/{name.removeprefix('./')}"
        alike = [i for i, each in enumerate(self._files) if each.path.endswith(end)]
        return alike[0] if len(alike) == 1 else None


def _report(program: Program, file: _File, findings: Sequence[Finding], why: str) -> Report:
    """What was found stays in sight, also where more may be missing."""
    if why:
        failed = _failed(program, why)
        return replace(failed, findings=(*findings, *failed.findings))
    if program.input != "stdin" and not _is_on_disk(file.path, canonical(file.content)):
        return Report(
            program.tool, State.NOT_ANALYSED, why=f"it changed while {program.title} looked at it"
        )
    return Report.of(program.tool, tuple(findings))
