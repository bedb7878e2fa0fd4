"""What is learned in the folders that are open, for the core: what is done there is written down,
looked through again and again, and offered."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...automations.trying import TRIALS
from ...checks.engine import Checks
from ...discover import rediscover
from ...disk import why
from ...model import Importance
from ...runner.budget import Conditions, why_not_now
from ...runner.execute import Runner
from ...sandbox.levels import run_here
from ...sandbox.policy import Policy
from ...sandbox.probe import probe
from ...sandbox.trial import Trial
from ...state import state_dir
from ...store.activity import Activity, Did
from ...store.automations import Automation
from ...store.job_rows import Record
from .. import events
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..open.documents import OpenDocuments
from ..trials import Tried
from .cycle import cycle
from .learned import Learned, Ready
from .offers import Offer
from .pages import pattern_page

__all__ = ["Learning", "Offer", "Ready", "as_texts"]

log = logging.getLogger(__name__)

_TWICE_SECONDS = 5.0
"""Of a file that comes, the editor tells and who watches the disk, shortly after each other."""
_MOST_AT_ONCE = 20
"""Of so many files that come or go at once, no hand was in it."""
_FIRST_SECONDS = 10.0
"""After a folder was opened: there is more to do at first."""


class Learning:
    """Belongs to the event loop. ``conditions``: how the machine is; ``clock``: seconds since the
    epoch."""

    def __init__(
        self,
        folders: Folders,
        documents: OpenDocuments,
        checks: Checks,
        runner: Runner,
        conditions: Callable[[], Conditions],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folders = folders
        self._documents = documents
        self._checks = checks
        self._runner = runner
        self._conditions = conditions
        self._clock = clock
        self._learned: dict[Path, Learned] = {}
        self._cycles: dict[Path, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._noting: set[asyncio.Task[Any]] = set()
        """What is being written down."""
        self._told: dict[tuple[Did, str], float] = {}
        self._session = f"editor-{os.getpid()}-{clock():.0f}"
        self._missing: set[str] = set()
        """Documents that are open and were not on disk when they were opened."""

    # ── folders ─────────────────────────────────────────────────────────────────────────────────

    def _follow(self) -> None:
        """Learn in each folder that is open, and in no other."""
        wanted = {each.root: each for each in self._folders if not each.loose}
        for root in self._learned.keys() - wanted.keys():
            self._cycles.pop(root).cancel()
            _ = self._spawn(self._learned.pop(root).close())
        for root, workspace in wanted.items():
            if root not in self._learned:
                learned = Learned(workspace, self._checks, self._sandboxed(root), self._clock)
                self._learned[root] = learned
                self._cycles[root] = self._spawn(self._again_and_again(learned))

    async def close(self) -> None:
        for task in self._cycles.values():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for learned in self._learned.values():
            await learned.close()
        self._learned.clear()

    def of(self, root: Path | None) -> Learned:
        """Raises ValueError, for people, where that is no folder that is open, or one of several
        has to be named."""
        found = [each for place, each in self._learned.items() if root in (None, place)]
        if len(found) != 1:
            folders = ", ".join(map(str, self._learned)) or "none"
            raise ValueError(f"one folder has to be named of those that are open ({folders})")
        return found[0]

    async def _again_and_again(self, learned: Learned) -> None:
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            if not why_not_now(Importance.LOW, self._conditions()):
                await self.cycle(learned)
            await asyncio.sleep(learned.workspace.settings.automations.cycle_minutes * 60)

    async def cycle(self, learned: Learned) -> list[str]:
        """Look through what was done there; what came of it, in sentences."""
        try:
            told = await cycle(learned)
        except (OSError, ValueError, sqlite3.Error) as error:
            log.warning("nothing is learned in %s: %s", learned.workspace.root, why(error))
            return []
        for line in told:
            log.info("%s", line)
        return told

    def _sandboxed(
        self, root: Path
    ) -> Callable[[Sequence[str], Policy, Path | None], Coroutine[Any, Any, Trial]]:
        async def run(argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
            machine = await probe(self._runner, state_dir())
            workspace = self._learned[root].workspace
            place = workspace.state / TRIALS
            return await run_here(argv, folder or root, policy, self._runner, place, machine)

        return run

    # ── what is done ────────────────────────────────────────────────────────────────────────────

    def happened(self, event: events.Event) -> None:
        """The core has taken it."""
        match event:
            case events.Opened():
                self._soon(self._opened(event.path))
            case events.Saved() if (document := self._documents.get(event.uri)) is not None:
                self._saved(document.workspace, document.path)
            case events.FilesTouched():
                self._files(Did.CREATED, [(path,) for path in event.created])
                self._files(Did.DELETED, [(path,) for path in event.deleted])
            case events.FilesRenamed():
                self._files(Did.MOVED, [(new, old) for old, new in event.renames])
            case events.RootsChanged():
                self._follow()
            case _:
                pass

    async def _opened(self, path: str) -> None:
        if not await asyncio.to_thread(os.path.lexists, path):
            self._missing.add(path)

    def _saved(self, workspace: Workspace, path: str) -> None:
        if path in self._missing:
            self._missing.discard(path)
            self._files(Did.CREATED, [(Path(path),)])
        self._note(workspace, Did.SAVED, [path])

    def _files(self, did: Did, concerned: Sequence[tuple[Path, ...]]) -> None:
        """``concerned``: each the path that there is to tell of, then the one before."""
        if len(concerned) > _MOST_AT_ONCE:
            return
        for paths in concerned:
            if (workspace := self._folders.around(str(paths[0]))) is not None:
                self._note(workspace, did, [*map(str, paths)])

    def ended(self, workspace: Workspace, job: Record) -> None:
        """A task has ended; one that was asked for by hand was done by the developer."""
        if any(cause.by_hand for cause in job.causes):
            seconds = job.ended - job.started if job.ended and job.started else None
            activity = Activity(
                job.started or self._clock(),
                Did.TASK,
                job.task,
                self._session,
                seconds=seconds,
                ok=job.status == "done",
                detail=json.dumps(job.parameters, sort_keys=True),
            )
            self._keep(workspace, activity)

    def commanded(self, command: str) -> None:
        """A command of the editor was carried out."""
        for learned in self._learned.values():
            self._keep(
                learned.workspace, Activity(self._clock(), Did.EDITOR, command, self._session)
            )

    def _note(self, workspace: Workspace, did: Did, paths: Sequence[str]) -> None:
        now, key = self._clock(), (did, paths[0])
        is_told = now - self._told.get(key, float("-inf")) < _TWICE_SECONDS
        self._told[key] = now
        if not workspace.loose and not (is_told and did is not Did.SAVED):
            self._soon(self._note_files(workspace, did, paths, now))

    async def _note_files(
        self, workspace: Workspace, did: Did, paths: Sequence[str], now: float
    ) -> None:
        """Of what git ignores nothing is written down."""
        exclude, root = workspace.settings.analysis.exclude, workspace.root
        if did is not Did.DELETED and not await asyncio.to_thread(
            lambda: any(rediscover({paths[0]}, root, ("",), exclude))
        ):
            return
        names = [Path(path).relative_to(root).as_posix() for path in paths if _below(path, root)]
        if names:
            old = names[1] if len(names) > 1 else ""
            await self._written(workspace, Activity(now, did, names[0], self._session, old=old))

    def _keep(self, workspace: Workspace, activity: Activity) -> None:
        self._soon(self._written(workspace, activity))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(work)
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _written(self, workspace: Workspace, activity: Activity) -> None:
        if (learned := self._learned.get(workspace.root)) is None:
            return
        try:
            await learned.note([activity])
        except (OSError, sqlite3.Error) as error:
            log.warning("what was done is not remembered: %s", why(error))

    # ── what is offered ─────────────────────────────────────────────────────────────────────────

    def offers(self, path: str) -> list[Offer]:
        """What fits a file, of the folder that it is in."""
        workspace = self._folders.around(path)
        learned = self._learned.get(workspace.root) if workspace else None
        return learned.offers(path) if learned else []

    # ── what is asked for ───────────────────────────────────────────────────────────────────────

    async def _find(self, root: Path | None, name: str) -> tuple[Learned, Automation]:
        """As it is now, whoever changed it. Raises ValueError, for people."""
        learned = self.of(root)
        await learned.load()
        return learned, learned.find(name)

    async def create(self, root: Path | None, name: str) -> Path:
        """Accept one that is offered: where its script is. Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        return await learned.create(automation)

    async def dismiss(self, root: Path | None, name: str, *, never: bool) -> None:
        """Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        await learned.dismiss(automation, never=never)

    async def ready(self, root: Path | None, name: str, given: Mapping[str, str]) -> Ready:
        """Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        return await learned.ready(automation, given, await probe(self._runner, state_dir()))

    async def ran(self, ready: Ready, tried: Tried) -> int:
        """The number under which the run is kept."""
        return await self.of(tried.root).ran(ready, tried)

    async def applied(self, ready: Ready, run: int, entry: int) -> None:
        """What it would change was made; ``entry``: the journal's number."""
        await self.of(ready.trial.root).applied(run, ready, entry)

    async def runnable(self, root: Path | None) -> list[dict[str, Any]]:
        """Those that a person can run, as JSON."""
        return [each for one in self._all(root) for each in await one.runnable()]

    async def patterns(self) -> str:
        """What repeats, as Markdown."""
        return "\n".join(
            [pattern_page(one.workspace.root, one.patterns) for one in self._all(None)]
        )

    async def listed(self) -> str:
        """The automations, as Markdown."""
        return "\n".join([one.page() for one in self._all(None)])

    async def learn(self) -> list[str]:
        """Look through what was done, now."""
        await asyncio.gather(*self._noting)
        return [line for one in self._all(None) for line in await self.cycle(one)]

    async def toggle_pause(self) -> bool:
        """Whether it is paused now, in all folders."""
        logs = [one.log for one in self._all(None)]
        paused = not all([await each.paused() for each in logs])
        for each in logs:
            await each.pause(paused)
        return paused

    def _all(self, root: Path | None) -> list[Learned]:
        return [each for place, each in self._learned.items() if root in (None, place)]

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _below(path: str, root: Path) -> bool:
    return Path(path).is_relative_to(root)


def as_texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Raises ValueError."""
    if not all(isinstance(each, str | int | float) for each in given.values()):
        raise ValueError("the parameters of an automation are texts")
    return {str(name): str(value) for name, value in given.items()}
