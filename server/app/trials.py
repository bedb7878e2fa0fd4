"""Commands that are tried in the sandbox from an editor, and what the last one would change."""

from __future__ import annotations

import asyncio
import codecs
import shlex
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..findings.redact_text import redacted
from ..journal.beneath import Beneath
from ..journal.check import Checked, admit, check
from ..journal.record import Record
from ..runner.execute import Runner
from ..state import state_dir
from .changes import Change, printable
from .folder.folders import Folders
from .sandboxing import (
    Level,
    Machine,
    Policy,
    Sandbox,
    Status,
    Trial,
    diff,
    history,
    payload,
    probe,
    words,
)
from .sinks import Sink, when_slow
from .undoing import (
    Undoing,
    answered,
    does,
    entries,
    hand_over,
    needed,
    plan,
    run_by_others,
    standing,
    title,
    undo,
    write,
)

_LAST = 4_096
"""Bytes of what was printed, in which its last line is looked for."""


class Ready(NamedTuple):
    """What is about to be tried, and at which level. ``question``: what the user has to agree to
    first; empty where nothing is."""

    root: Path
    argv: tuple[str, ...]
    machine: Machine
    policy: Policy = Policy()
    title: str = ""
    """What it is called where that is not its command."""

    @property
    def question(self) -> str:
        if self.machine.level is Level.ISOLATED:
            return ""
        said = self.machine.said()
        named = self.title or shlex.join(self.argv)
        return f"Level {self.machine.level}. {said} Run {named} all the same?"


class Tried(NamedTuple):
    """What came of it. ``at``: when it began, in seconds since the epoch. ``unsaved``: the files
    that it did not see as the editor has them."""

    root: Path
    at: float
    argv: tuple[str, ...]
    trial: Trial
    unsaved: tuple[str, ...] = ()
    what: str = ""
    """What it is called; empty: a command that was tried."""

    @property
    def said(self) -> str:
        """In a few sentences, for people."""
        trial = self.trial
        notes = [*trial.notes, *(f"{each} was taken as it is on disk" for each in self.unsaved)]
        told = (f"Note: {each}." for each in notes)
        is_told = self.what and trial.status is Status.FAILED and trial.last_line
        printed = [f"“{redacted(trial.last_line)}”."] if is_told else []
        return " ".join((*printed, f"Level {trial.level}. {trial.said}", *told))

    @property
    def failing(self) -> str:
        """``said``, with the last line that it printed: a script tells there how far it came."""
        lines = self.trial.output[-_LAST:].decode(errors="replace").strip().splitlines() or [""]
        last = printable(redacted(lines[-1]))
        return f"{self.said} It printed last: {last}" if last else self.said

    @property
    def payload(self) -> Mapping[str, Any]:
        """As JSON."""
        return {**payload(self.trial), "root": str(self.root), "said": self.said}


class Applying(NamedTuple):
    """What is about to be made so: ``changes`` lead from what stands there now, with what somebody
    has edited meanwhile in it (in the files that are ``merged``). ``what``: a line for people.
    ``consents``: those that it takes; ``awake``: the files that they are for, and who runs them.
    ``undoes``: the entry that it takes back, 0 for none."""

    root: Path
    what: str
    changes: tuple[Change, ...]
    merged: tuple[str, ...] = ()
    consents: frozenset[str] = frozenset()
    awake: tuple[tuple[str, str], ...] = ()
    undoes: int = 0

    @property
    def label(self) -> str:
        """What an editor is to call it."""
        return f"undo: {self.what}" if self.undoes else self.what

    @property
    def does(self) -> str:
        """As ``does`` of its changes."""
        return does(self.changes)

    @property
    def paths(self) -> frozenset[str]:
        """Every file that is concerned, as an absolute path."""
        return frozenset(str(self.root / path) for each in self.changes for path in each.paths)


class Trials:
    """Those of all folders that are open, of which the last one is looked at."""

    def __init__(self, folders: Folders, runner: Runner, sink: Sink) -> None:
        self._folders = folders
        self._runner = runner
        self._sink = sink
        self._last: Tried | None = None

    async def ready(self, line: str, root: Path | None) -> Ready:
        """``line``: see ``words``. Raises ValueError, for people, and OSError."""
        argv = words(line)
        found = [
            each.root for each in self._folders if not each.loose and root in (None, each.root)
        ]
        if len(found) != 1:
            folders = ", ".join(map(str, found)) or "none"
            raise ValueError(f"one folder has to be named of those that are open ({folders})")
        return Ready(found[0], argv, await probe(self._runner, state_dir()))

    async def run(self, ready: Ready, unsaved: Iterable[str]) -> Tried:
        """The user has agreed to its question. ``unsaved``: the paths of documents that are not as
        on disk. Raises ValueError when the user cancels it, and OSError."""
        told = codecs.getincrementaldecoder("utf-8")(errors="replace")

        def listen(chunk: bytes) -> None:
            self._sink.trial_output(ready.root, told.decode(chunk))

        at = time.time()
        sandbox = Sandbox(ready.root, self._runner, ready.machine)
        least = ready.machine.level
        work = asyncio.ensure_future(
            sandbox.run(ready.argv, ready.policy, least=least, listen=listen)
        )
        shown = ready.title or f"Sandbox: {shlex.join(ready.argv)}"
        with when_slow(self._sink, shown, work.cancel):
            try:
                await asyncio.wait((work,))
            finally:
                work.cancel()  # whoever is cancelled here does not wait until it is cleared away
        if work.cancelled():
            raise ValueError("it was cancelled")
        trial = work.result()
        inside = (Path(each) for each in unsaved)
        names = tuple(
            printable(str(each.relative_to(ready.root)))
            for each in inside
            if each.is_relative_to(ready.root)
        )
        tried = Tried(ready.root, at, ready.argv, trial, names, ready.title)
        if not ready.title:
            self._last = tried
        return tried

    async def last(self) -> Tried:
        """Of the folders that are open, whoever tried it: here, in a terminal, or as a task. Raises
        ValueError when there is none, and OSError."""
        roots = [each.root for each in self._folders if not each.loose]
        return await asyncio.to_thread(_last, roots, self._last)

    async def changes(self, tried: Tried | None = None) -> str:
        """A diff of what one would change, by default the last. Raises ValueError, OSError."""
        trial = (tried or await self.last()).trial
        return await asyncio.to_thread(diff, (*trial.seen, *trial.passed_over))

    async def applying(self, tried: Tried | None = None) -> Applying:
        """What making one so comes to, by default the last, as the files are now. Raises ValueError
        when it is not clean, and OSError with the files that stand against it."""
        tried = tried or await self.last()
        if not tried.trial.is_clean:
            how = tried.trial.status
            raise ValueError(f"only what ended clean is applied, and this ended otherwise ({how})")
        return await asyncio.to_thread(_applying, tried)

    async def apply(self, applying: Applying) -> Record | None:
        """On disk, whatever was tried meanwhile; None when all is so already. Raises OSError; then
        nothing was changed."""
        return await asyncio.to_thread(
            write, applying.changes, applying.root, applying.what, applying.consents
        )

    async def hand_over(self, applying: Applying) -> Record:
        """Have on record what the editor is about to be asked to make. Raises OSError."""
        checked = Checked(applying.changes, applying.merged)
        root, what, undoes = applying.root, applying.what, applying.undoes
        return await asyncio.to_thread(hand_over, root, checked, what, undoes)

    async def answered(self, root: Path, record: Record, *, made: bool) -> None:
        """What the editor said to it. Raises OSError, LookupError."""
        await asyncio.to_thread(answered, root, record, made=made)

    async def undoing(self, unsaved: Mapping[str, str]) -> tuple[Applying, Undoing] | None:
        """The newest entry of the folders that are open of which something still stands, and what
        taking it back comes to. ``unsaved``: texts of documents that are not as on disk, by their
        paths. Raises OSError."""
        roots = [each.root for each in self._folders if not each.loose]
        return await asyncio.to_thread(_newest, roots, unsaved)

    async def undo(self, applying: Applying) -> Record | None:
        """On disk. Raises OSError."""
        return await asyncio.to_thread(undo, applying.root, applying.undoes)


def _last(roots: Iterable[Path], here: Tried | None) -> Tried:
    newest = ((root, history(root).newest()) for root in roots)
    kept = [Tried(root, past.at, past.argv, past.trial) for root, past in newest if past]
    if not (found := [*([here] if here else []), *kept]):
        raise ValueError("nothing was tried in the sandbox")
    return max(found, key=lambda tried: tried.at)


def _applying(tried: Tried) -> Applying:
    changes, consents = tried.trial.changes, needed(tried.trial, tried.root)
    with Beneath(tried.root) as place:
        admit(place, changes, consents)
        checked = check(place, changes)
    awake = run_by_others(tried.trial, tried.root)
    return Applying(tried.root, tried.what or title(tried.argv), *checked, consents, awake)


def _newest(roots: Iterable[Path], unsaved: Mapping[str, str]) -> tuple[Applying, Undoing] | None:
    found = [(root, each) for root in roots for each in standing(entries(root))]
    for root, record in sorted(found, key=lambda of: (of[1].at, of[1].id), reverse=True):
        undoing = plan(root, record, _below(root, unsaved))
        if undoing.changes:
            what, number = record.what, record.id
            return Applying(root, what, undoing.changes, undoing.merged, undoes=number), undoing
    return None


def _below(root: Path, texts: Mapping[str, str]) -> Mapping[str, bytes]:
    return {
        Path(path).relative_to(root).as_posix(): text.encode(errors="surrogatepass")
        for path, text in texts.items()
        if Path(path).is_relative_to(root)
    }
