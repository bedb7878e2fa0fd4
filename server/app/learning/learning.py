"""What is learned in the folders that are open, for the core: what is done there is written down,
looked through again and again, and offered."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ...checks.engine import Checks
from ...disk import why
from ...model import Importance
from ...runner.budget import Conditions, why_not_now
from ...runner.execute import Runner
from ...sandbox.probe import probe
from ...state import state_dir
from ...store.automations import Automation, Purpose
from .. import events
from ..feature import Feature
from ..folder.folders import Folders
from ..open.documents import OpenDocuments
from ..scripts.confined import sandboxed
from ..trials import Tried
from .learned import Learned, Ready
from .offers import Offer, nothing_new
from .recording import Recording
from .view import nothing

__all__ = ["Learning", "Offer", "Ready"]

log = logging.getLogger(__name__)

_WAIT_SECONDS = 5.0
"""Until it is looked again whether now is a time for it."""
_FIRST_SECONDS = 10.0
"""After a folder was opened: there is more to do at first."""


class Learning(Feature):
    """Belongs to the event loop. ``conditions``: how the machine is; ``tell``: hears what is
    learned in a folder when that has changed; ``clock``: seconds since the epoch."""

    def __init__(
        self,
        folders: Folders,
        documents: OpenDocuments,
        checks: Checks,
        runner: Runner,
        conditions: Callable[[], Conditions],
        tell: Callable[[Mapping[str, Any]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folders = folders
        self._checks = checks
        self._runner = runner
        self._conditions = conditions
        self._tell = tell
        self._telling: set[Path] = set()
        self._clock = clock
        self._learned: dict[Path, Learned] = {}
        self._lives: dict[Path, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.recording = Recording(folders, documents, self._learned, clock)

    def happened(self, event: events.Event) -> None:
        """The core has taken it."""
        self.recording.happened(event)

    # ── folders ─────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Learn in each folder that is open, and in no other."""
        wanted = {each.root: each for each in self._folders if not each.loose}
        for root in self._learned.keys() - wanted.keys():
            self._lives.pop(root).cancel()
            del self._learned[root]
            self._tell(nothing(root))
        for root, workspace in wanted.items():
            if root not in self._learned:
                run = sandboxed(workspace, self._runner)
                learned = Learned(workspace, self._checks, run, self._clock)
                learned.changed = partial(self._tell_soon, learned)
                self._learned[root] = learned
                self._lives[root] = self._spawn(self._live(learned))

    async def close(self) -> None:
        await self.recording.settled()
        for task in self._lives.values():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._learned.clear()

    def of(self, root: Path | None) -> Learned:
        """Raises ValueError, for people, where that is no folder that is open, or one of several
        has to be named."""
        found = [each for place, each in self._learned.items() if root in (None, place)]
        if len(found) != 1:
            folders = ", ".join(map(str, self._learned)) or "none"
            raise ValueError(f"one folder has to be named of those that are open ({folders})")
        return found[0]

    async def _live(self, learned: Learned) -> None:
        """As long as its folder is open: until this is cancelled."""
        try:
            with logged(f"what was learned in {learned.workspace.root} is not seen"):
                await learned.load()
            await self._look_at_git(learned)
            await self._again_and_again(learned)
        finally:
            await learned.close()

    def _tell_soon(self, learned: Learned) -> None:
        """What changes together is told of once."""
        root = learned.workspace.root
        if root not in self._telling:
            self._telling.add(root)
            _ = self._spawn(self._tell_of(learned))

    async def _tell_of(self, learned: Learned) -> None:
        await asyncio.sleep(0)
        root = learned.workspace.root
        self._telling.discard(root)
        with logged("what is learned cannot be listed"):
            listing = await learned.listing()
            if self._learned.get(root) is learned:  # its folder is open still
                self._tell(listing)

    async def _again_and_again(self, learned: Learned) -> None:
        seconds = _FIRST_SECONDS
        while True:
            await asyncio.sleep(seconds)
            seconds = _WAIT_SECONDS
            if not why_not_now(Importance.LOW, self._conditions()):
                await self.cycle(learned)
                seconds = learned.workspace.settings.automations.cycle_minutes * 60

    async def heed(self) -> None:
        """Write down what was committed by now; cheap where nothing was."""
        for learned in tuple(self._learned.values()):
            if learned.watching.follows_git:
                await self._look_at_git(learned)

    async def _look_at_git(self, learned: Learned) -> None:
        with logged(f"the commits of {learned.workspace.root} are not seen"):
            await learned.watching.look_at_git()

    async def cycle(self, learned: Learned, *, wait: bool = False) -> list[str]:
        """Look through what was done there; what came of it, in sentences. ``wait``: for somebody
        else who does so just now."""
        root = learned.workspace.root
        try:
            told = await (await asyncio.to_thread(_cycle))(learned, wait=wait)
        except (OSError, ValueError, sqlite3.Error) as error:
            log.warning("nothing is learned in %s: %s", root, why(error))
            return [f"Nothing is learned in {root}: {why(error)}."]
        except Exception as error:  # one look that goes wrong must not end all that come after it
            log.exception("nothing is learned in %s", root)
            return [f"Nothing is learned in {root}, by a mistake of Understudy's own: {error}"]
        for line in told:
            log.info("%s", line)
        return told

    @property
    def troubles(self) -> list[str]:
        """What is wrong with what is learned, for the status."""
        return [each.problem for each in self._learned.values()]

    # ── what is offered ─────────────────────────────────────────────────────────────────────────

    async def offers(self, path: str) -> list[Offer]:
        """What fits a file, of the folder that it is in."""
        workspace = self._folders.around(path)
        learned = self._learned.get(workspace.root) if workspace else None
        return await learned.offers(path) if learned else []

    def fixes(self, path: str) -> Mapping[str, int]:
        """The rules of which is offered there that they are fixed after each save, and how often
        the fix of each was taken."""
        workspace = self._folders.around(path)
        learned = self._learned.get(workspace.root) if workspace else None
        return learned.fixes() if learned else {}

    async def dismiss_fix(self, path: str, rule: str, *, never: bool) -> None:
        """Do not offer that any more there. Raises sqlite3.Error."""
        workspace = self._folders.around(path)
        if workspace and (learned := self._learned.get(workspace.root)):
            await learned.dismiss_fix(rule, never=never)

    # ── what is asked for ───────────────────────────────────────────────────────────────────────

    async def _find(self, root: Path | None, name: str) -> tuple[Learned, Automation]:
        """As it is now, whoever changed it. Raises ValueError, for people."""
        learned = self.of(root)
        await learned.load()
        return learned, learned.find(name)

    async def accept(self, root: Path | None, name: str) -> Path:
        """Let one be run, after a trial where none stands: where its script is. Raises ValueError,
        OSError."""
        learned, automation = await self._find(root, name)
        return learned.runs.script_of(await learned.accept(automation))

    async def dismiss(self, root: Path | None, name: str, *, never: bool) -> None:
        """Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        await learned.dismiss(automation, never=never)

    async def disable(self, root: Path | None, name: str) -> None:
        """Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        await learned.disable(automation)

    async def ready(
        self, root: Path | None, name: str, given: Mapping[str, Any], *, is_preview: bool
    ) -> Ready:
        """To be looked at, or run. Raises ValueError, OSError."""
        learned, automation = await self._find(root, name)
        machine = await probe(self._runner, state_dir())
        return await learned.ready(automation, _texts(given), machine, _purpose(is_preview))

    async def ran(self, ready: Ready, tried: Tried) -> int:
        """The number under which the run is kept."""
        return await self.of(tried.root).ran(ready, tried)

    async def applied(self, ready: Ready, run: int, entry: int) -> None:
        """What it would change is so now; ``entry``: the journal's number, 0 for none."""
        await self.of(ready.trial.root).applied(run, ready, entry)

    async def runnable(self, root: Path | None, *, is_preview: bool) -> list[dict[str, Any]]:
        """Those that a person can look at, or run, as JSON."""
        purpose = _purpose(is_preview)
        return [each for one in self._all(root) for each in await one.runnable(purpose)]

    async def patterns(self) -> str:
        """What repeats, as Markdown."""
        return "\n".join([one.pattern_page() for one in self._all(None)])

    async def listed(self) -> str:
        """The automations, as Markdown."""
        return "\n".join([one.page() for one in self._all(None)])

    async def learn(self) -> list[str]:
        """Look through what was done, now; what came of it, or why nothing did, in sentences."""
        await self.recording.settled()
        return [line for one in self._all(None) for line in await self._learn(one)]

    async def _learn(self, learned: Learned) -> list[str]:
        if not learned.workspace.settings.automations.enabled:
            root = learned.workspace.root
            return [f"Nothing is looked for in {root}: automations.enabled is off in the settings."]
        return await self.cycle(learned, wait=True) or [nothing_new(learned.automations)]

    async def toggle_pause(self) -> bool:
        """Whether it is paused now, in all folders."""
        folders = self._all(None)
        paused = not all([await each.log.paused() for each in folders])
        for each in folders:
            await each.log.pause(paused)
            each.changed()
        return paused

    def _all(self, root: Path | None) -> list[Learned]:
        return [each for place, each in self._learned.items() if root in (None, place)]

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


@contextmanager
def logged(what: str) -> Iterator[None]:
    """What goes wrong inside is told in the log, after ``what`` comes of that."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        log.warning("%s: %s", what, why(error))


def _purpose(is_preview: bool) -> Purpose:
    return Purpose.PREVIEW if is_preview else Purpose.RUN


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    """Raises ValueError."""
    if not all(isinstance(each, str | int | float) for each in given.values()):
        raise ValueError("the parameters of an automation are texts")
    return {str(name): str(value) for name, value in given.items()}


def _cycle() -> Callable[..., Coroutine[Any, Any, list[str]]]:
    """For a thread: it takes long to import."""
    from .cycle import cycle

    return cycle
