"""What is done in the folders that are open, on its way into their logs.

Of files that come and go is waited until no more do: then it is known whether a hand was in it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...discover import why_left_out
from ...disk import why
from ...store.activity import Activity, Did
from ...store.job_rows import DROPPED, MERGED, Record
from .. import events
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..open.documents import OpenDocuments
from .learned import Learned

log = logging.getLogger(__name__)

SCAN = "scan"
"""The task that a scan of the workspace is."""
_QUIET_SECONDS = 1.0
_TWICE_SECONDS = 5.0
"""Of a file that comes, the editor tells and who watches the disk, shortly after each other."""
_MOST_AT_ONCE = 20
"""Of so many files that come or go at once, no hand was in it."""
_MOST_HELD = 2_000
_AROUND_SECONDS = 3.0
"""Files that come and go so shortly around what git writes do so because of it."""


class _Op(NamedTuple):
    """``old``: the path before, of what was moved."""

    at: float
    did: Did
    path: str
    old: str = ""


class Recording:
    """Belongs to the event loop, which never waits for it. ``learned``: the folders by their roots;
    ``clock``: seconds since the epoch."""

    def __init__(
        self,
        folders: Folders,
        documents: OpenDocuments,
        learned: Mapping[Path, Learned],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folders = folders
        self._documents = documents
        self._learned = learned
        self._clock = clock
        self._session = f"editor-{os.getpid()}-{clock():.0f}"
        self._writing: set[asyncio.Task[None]] = set()
        self._held: list[_Op] = []
        self._timer: asyncio.TimerHandle | None = None
        self._told: dict[tuple[Did, str], float] = {}
        self._missing: set[str] = set()
        """Documents that are open and were not on disk when they were opened."""

    def happened(self, event: events.Event) -> None:
        """The core has taken it. Cheap enough for every keystroke."""
        match event:
            case events.Edited():
                pass
            case events.Opened():
                self._soon(self._opened(event.path))
            case events.Saved() if (document := self._documents.get(event.uri)) is not None:
                self._saved(document.workspace, document.path)
            case events.FilesTouched():
                self._files((Did.CREATED, str(path), "") for path in event.created)
                self._files((Did.DELETED, str(path), "") for path in event.deleted)
            case events.FilesRenamed():
                self._files((Did.MOVED, str(new), str(old)) for old, new in event.renames)
            case events.CommandEnded():
                self._typed(event)
            case _:
                pass

    async def settled(self) -> None:
        """Write down what there is, now."""
        self._quiet()
        await asyncio.gather(*self._writing)

    # ── what was asked for ──────────────────────────────────────────────────────────────────────

    def ended(self, workspace: Workspace, job: Record) -> None:
        """A task has ended; one that was asked for by hand was done by the developer."""
        ran = job.started is not None and job.status not in (MERGED, DROPPED)
        if ran and any(cause.by_hand for cause in job.causes):
            detail = json.dumps(job.parameters, sort_keys=True)
            self._task(workspace, job.task, job.started, job.ended, job.status == "done", detail)

    def scanned(self, since: float, *, ok: bool) -> None:
        """A scan of all folders was asked for, and has ended; ``since``: of the epoch."""
        for learned in self._learned.values():
            self._task(learned.workspace, SCAN, since, self._clock(), ok)

    def commanded(self, command: str, path: str) -> None:
        """A command of the editor was carried out for a file or folder."""
        if (workspace := self._folders.around(path)) is not None:
            self._keep(workspace, Activity(self._clock(), Did.EDITOR, command, self._session))

    def fixed(self, path: str, rule: str) -> None:
        """A quick fix was taken."""
        workspace = self._folders.around(path)
        if workspace is not None and not workspace.loose:
            old = Path(path).relative_to(workspace.root).as_posix()
            done = Activity(self._clock(), Did.FIXED, rule, self._session, old=old)
            self._soon(self._write_files(workspace, [(path, done)]))

    def _task(
        self,
        workspace: Workspace,
        name: str,
        began: float | None,
        ended: float | None,
        ok: bool,
        detail: str = "",
    ) -> None:
        seconds = ended - began if ended is not None and began is not None else None
        at = self._clock() if began is None else began
        done = Activity(at, Did.TASK, name, self._session, seconds=seconds, ok=ok, detail=detail)
        self._keep(workspace, done)

    def _typed(self, event: events.CommandEnded) -> None:
        """Only where its user wants it, and what was not kept from a shell's history either."""
        workspace = self._folders.around(str(event.cwd))
        if workspace is None or not workspace.settings.activity.terminal:
            return
        if not event.line.strip() or event.line[0].isspace():
            return
        below = event.cwd.relative_to(workspace.root).as_posix()
        done = Activity(
            self._clock() - (event.seconds or 0.0),
            Did.COMMAND,
            event.line,
            f"{self._session}-{event.terminal}",
            cwd="" if below == "." else below,
            seconds=event.seconds,
            ok=None if event.exit_code is None else event.exit_code == 0,
        )
        self._keep(workspace, done)

    # ── files ───────────────────────────────────────────────────────────────────────────────────

    async def _opened(self, path: str) -> None:
        if await asyncio.to_thread(os.path.lexists, path):
            self._missing.discard(path)
        elif path.startswith("/"):
            self._missing.add(path)

    def _saved(self, workspace: Workspace, path: str) -> None:
        if path in self._missing:
            self._missing.discard(path)
            self._files([(Did.CREATED, path, "")])
        name = _below(path, workspace.root)
        if name and not workspace.loose:
            done = Activity(self._clock(), Did.SAVED, name, self._session)
            self._soon(self._write_files(workspace, [(path, done)]))

    def _files(self, done: Iterable[tuple[Did, str, str]]) -> None:
        now, before = self._clock(), len(self._held)
        for did, path, old in done:
            if 0 <= now - self._told.get((did, path), float("-inf")) < _TWICE_SECONDS:
                continue
            self._told[did, path] = now
            if did is Did.MOVED:  # which who watches the disk takes for two
                self._told[Did.CREATED, path] = self._told[Did.DELETED, old] = now
            if len(self._held) < _MOST_HELD:
                self._held.append(_Op(now, did, path, old))
        if len(self._held) > before:
            if self._timer is not None:
                self._timer.cancel()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_QUIET_SECONDS, self._quiet)

    def _quiet(self) -> None:
        """No more files come or go for now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, []
        now = self._clock()
        self._told = {key: at for key, at in self._told.items() if 0 <= now - at < _TWICE_SECONDS}
        found: dict[Workspace, list[_Op]] = {}
        for op in _by_hand(held):
            workspace = self._folders.around(op.path)
            if workspace is not None and not workspace.loose:
                found.setdefault(workspace, []).append(op)
        for workspace, ops in found.items():
            self._soon(self._note_files(workspace, ops))

    async def _note_files(self, workspace: Workspace, ops: Sequence[_Op]) -> None:
        learned, root = self._learned.get(workspace.root), workspace.root
        if learned is None:
            return
        since, until = ops[0].at - _AROUND_SECONDS, self._clock() + _AROUND_SECONDS
        if await learned.watching.git_wrote(since, until):
            return
        done = [
            (op.path, Activity(op.at, op.did, below, self._session, old=_below(op.old, root)))
            for op in ops
            if (below := _below(op.path, root))
        ]
        await self._write_files(workspace, done, _MOST_AT_ONCE)

    async def _write_files(
        self, workspace: Workspace, done: Sequence[tuple[str, Activity]], most: int = 1
    ) -> None:
        """Of what git ignores nothing is written down; nor of more than ``most``."""
        exclude, root = workspace.settings.analysis.exclude, workspace.root

        def work() -> list[Activity]:
            return [
                activity
                for path, activity in done
                if not why_left_out(path, root, exclude)
                and not (activity.did is Did.CREATED and os.path.isdir(path))
            ]

        kept = await asyncio.to_thread(work)
        if len(kept) <= most:
            await self._write(workspace, kept)

    # ── the log ─────────────────────────────────────────────────────────────────────────────────

    def _keep(self, workspace: Workspace, activity: Activity) -> None:
        self._soon(self._write(workspace, [activity]))

    async def _write(self, workspace: Workspace, done: Sequence[Activity]) -> None:
        if (learned := self._learned.get(workspace.root)) is not None:
            await learned.watching.note(done)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_told_of(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def _told_of(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (OSError, sqlite3.Error) as error:
        log.warning("what was done is not remembered: %s", why(error))


def _by_hand(held: Sequence[_Op]) -> list[_Op]:
    """Without what came and went again at once, as programs write files."""
    did: dict[str, set[Did]] = {}
    for op in held:
        did.setdefault(op.path, set()).add(op.did)
    return [op for op in held if not {Did.CREATED, Did.DELETED} <= did[op.path]]


def _below(path: str, root: Path) -> str:
    """With slashes; empty outside."""
    return Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else ""
