"""Many files at once: what is known stays, what changed is read and analysed in batches."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from .. import spans
from ..analyzers.answers import no_verdict
from ..analyzers.base import Analyzer, Configuration
from ..analyzers.table import SOURCES, analyzers
from ..discover import Found, found_at, mode_of
from ..model import Priority, Report, State, Tier
from ..runner.calls import Status, Urgency
from ..settings import Settings
from ..store.measured import Counts
from ..store.results import FileStamp, Results
from . import compose
from .engine import Checks, analyzers_for, configure, count
from .files import CachedFiles, FilesOnce
from .jobs import Policy, job_for, key_of, read_outcome

_T = TypeVar("_T")

_SLICE = 400
"""Files looked up together: between two slices the loop serves others."""

_BATCHES = 6
"""Calls asked for at a time: enough to keep the workers busy, few enough to stop in time."""

_MOST_STRIKES = 3

_Tool = tuple[str, Configuration]

_BATCH = {Tier.FAST: 100, Tier.DEEP: 12}
"""Files per call: Ruff reads them in parallel by itself, Bandit one after another."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One file's reports; ``fresh`` when a tool had to run for it. ``found``: how it was before
    they were made."""

    found: Found
    reports: tuple[Report, ...]
    fresh: bool

    @property
    def path(self) -> str:
        return self.found.path


@dataclass(slots=True)
class _File:
    found: Found
    awaited: int
    reports: list[Report] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)
    """Of the contents that the tools have seen."""
    fresh: bool = False


class _Wanted(NamedTuple):
    """One tool's report on one file; ``digest`` is that of its content, where that is known."""

    file: _File
    analyzer: Analyzer
    configuration: Configuration
    digest: str

    @property
    def tool(self) -> _Tool:
        return self.analyzer.name, self.configuration


_ByTool = defaultdict[_Tool, list[_Wanted]]


_Configured = list[tuple[Analyzer, Configuration]]


class _Configurations:
    """Of the folders of one root, as they are now: nothing is looked at twice. For one thread at a
    time."""

    def __init__(self, root: Path, settings: Settings, files: CachedFiles) -> None:
        self._root = root
        self._settings = settings
        self._analyzers = analyzers(settings)
        self._files = FilesOnce(files)
        self._known: dict[str, _Configured] = {}

    def of_all(self, folders: Iterable[str]) -> dict[str, _Configured]:
        return {folder: self._of(folder) for folder in folders}

    def _of(self, folder: str) -> _Configured:
        """A folder without a configuration of its own has its parent's, up to the root."""
        way = [folder]
        while way[-1] not in self._known and self._has_its_parents(way[-1]):
            way.append(os.path.dirname(way[-1]))
        found = self._known.get(way[-1])
        if found is None:
            place = Path(way[-1])
            found = configure(self._analyzers, place, self._root, self._settings, self._files)
        self._known.update(dict.fromkeys(way, found))
        return found

    def _has_its_parents(self, folder: str) -> bool:
        inside = folder.startswith(f"{self._root}/")
        return inside and not any(os.path.lexists(f"{folder}/{name}") for name in SOURCES)


class WorkspaceScan:
    """One pass over the files of one root, for whom the ``urgency`` says."""

    def __init__(
        self,
        checks: Checks,
        root: Path,
        policy: Policy,
        results: Results,
        urgency: Urgency | None = None,
    ) -> None:
        self._checks = checks
        self._root = root
        self._policy = policy
        self._results = results
        self._counts = results.counts
        self._urgency = urgency or Urgency(Priority.BACKGROUND)
        self._files: dict[str, _File] = {}
        self._configurations = _Configurations(root, policy.settings, checks.files)
        self._order = {each.name: place for place, each in enumerate(analyzers(policy.settings))}
        self._turns = asyncio.Semaphore(_BATCHES)
        self._strikes: Counter[_Tool] = Counter()
        self._given_up: dict[_Tool, Report] = {}
        self._silent: set[tuple[object, ...]] = set()
        """The programs that did not tell their version; each is asked once in a scan."""
        self._asking = asyncio.Semaphore()
        """For one program at a time: one that hangs takes a worker away from all others."""
        self._under_way: set[asyncio.Task[list[Scanned]]] = set()
        self._ended: asyncio.Queue[asyncio.Task[list[Scanned]]] = asyncio.Queue()
        self._changing: list[str] | None = []
        """The files that changed from tool to tool, to be looked at again; None: not any more."""

    async def run(self, files: Sequence[Found]) -> AsyncIterator[Scanned]:
        """Each file once, as soon as all its tools have answered, and of the same content. Closing
        it cancels the rest."""
        async with aclosing(self._look_at(files)) as first:
            async for scanned in first:
                yield scanned
        if self._changing:
            there = await asyncio.to_thread(_there, self._changing)
            self._changing = None
            async with aclosing(self._look_at(there)) as again:
                async for scanned in again:
                    yield scanned

    async def recall(self, files: Sequence[Found]) -> AsyncIterator[Scanned]:
        """Each file once, with what is kept of its content; no tool looks at it. Of one of which
        nothing is kept, that is said."""
        self._counts = Counts()  # nobody wanted a tool to look, so none was spared
        stamps = await self._results.stamps({found.path for found in files})
        unknown, unasked = _ByTool(list), _ByTool(list)
        for part in _slices(files, _SLICE):
            for scanned in await self._look_up(part, stamps, unknown, unasked):
                yield scanned
        for group in unasked.values():
            await self._version(group[0].analyzer, group[0].configuration)
            for scanned in await self._recall(group, unknown):
                yield scanned
        for each in chain.from_iterable(unknown.values()):
            why = "nothing is kept of what it says of this content"
            # Not as ``no_verdict``: that would be a problem of the file.
            report = Report(each.analyzer.name, State.NOT_ANALYSED, why=why)
            for scanned in self._add(each.file, report):
                yield scanned

    async def _look_at(self, files: Sequence[Found]) -> AsyncGenerator[Scanned, None]:
        stamps = await self._results.stamps({found.path for found in files})
        waiting, unasked = _ByTool(list), _ByTool(list)
        for part in _slices(files, _SLICE):
            for scanned in await self._look_up(part, stamps, waiting, unasked):
                yield scanned
            await asyncio.sleep(0)
        try:
            self._begin_batches(waiting)
            for group in unasked.values():
                self._begin(self._ask(group))
            while self._under_way:
                task = await self._ended.get()
                self._under_way.discard(task)
                for scanned in task.result():
                    yield scanned
        finally:
            for task in self._under_way:
                task.cancel()

    def _begin(self, work: Coroutine[object, object, list[Scanned]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended.put_nowait)

    def _begin_batches(self, waiting: _ByTool) -> None:
        for group in waiting.values():
            analyzer, configuration = group[0].analyzer, group[0].configuration
            for batch in _slices(group, analyzer.batch or _BATCH[analyzer.tier]):
                files = [each.file for each in batch]
                self._begin(self._in_turn(analyzer, configuration, files))

    async def _ask(self, group: Sequence[_Wanted]) -> list[Scanned]:
        """For files of a tool whose version, by which results are known, has to be asked first."""
        async with self._asking:
            await self._version(group[0].analyzer, group[0].configuration)
        waiting = _ByTool(list)
        done = await self._recall(group, waiting)
        self._begin_batches(waiting)
        return done

    async def _look_up(
        self,
        part: Sequence[Found],
        stamps: dict[str, FileStamp],
        waiting: _ByTool,
        unasked: _ByTool,
    ) -> list[Scanned]:
        """Answer from what is known; put into ``waiting`` what is not, and into ``unasked`` that of
        which this cannot be told yet."""
        folders = {os.path.dirname(found.path) for found in part}
        configured = await asyncio.to_thread(self._configurations.of_all, folders)
        limit = self._policy.settings.analysis.max_file_bytes
        done: list[Scanned] = []
        wanted: list[_Wanted] = []
        for found in part:
            if found.why:
                reports = compose.unreadable(self._order, found.why)
                done.append(Scanned(found, tuple(reports), fresh=False))
                continue
            looking = analyzers_for(found.path, "", self._policy.settings)
            if not looking:
                done.append(Scanned(found, (), fresh=False))
                continue
            if found.size > limit:
                reports = compose.too_large((each.name for each in looking), found.size, limit)
                done.append(Scanned(found, tuple(reports), fresh=False))
                continue
            file = self._files[found.path] = _File(found, len(looking))
            stamp = stamps.get(found.path)
            digest = stamp.digest if stamp is not None and stamp[:3] == found[1:4] else ""
            here = configured[os.path.dirname(found.path)]
            for analyzer, configuration in _for_mode(here, found.mode):
                if analyzer in looking:
                    each = _Wanted(file, analyzer, configuration, digest)
                    is_known = self._known_version(analyzer, configuration) is not None
                    wanted.append(each) if is_known else unasked[each.tool].append(each)
        return done + await self._recall(wanted, waiting)

    async def _recall(self, wanted: Sequence[_Wanted], waiting: _ByTool) -> list[Scanned]:
        """Of tools whose versions are known; what no tool has said yet is put into ``waiting``."""
        keys = [self._key(each) for each in wanted]
        async with spans.span("lookup"):
            recalled = await self._checks.recall(list(filter(None, keys)), self._results)
        done: list[Scanned] = []
        known: Counter[str] = Counter()
        for each, key in zip(wanted, keys, strict=True):
            if (report := recalled.get(key)) is not None:
                known[report.tool] += 1
                done += self._add(each.file, report, each.digest)
            else:
                waiting[each.tool].append(each)
        for name, files in known.items():
            self._counts.recalled(name, files)
        return done

    def _key(self, wanted: _Wanted) -> str:
        file, analyzer, configuration, digest = wanted
        if not digest:
            return ""
        version = self._known_version(analyzer, configuration) or ""
        return key_of(file.found.path, digest, analyzer, configuration, version)

    def _known_version(self, analyzer: Analyzer, configuration: Configuration) -> str | None:
        """Empty: it was asked, and did not tell; None: it was not asked."""
        known = self._checks.versions.known(analyzer, configuration)
        is_silent = known is None and (analyzer.name, *configuration.programs) in self._silent
        return "" if is_silent else known

    async def _version(self, analyzer: Analyzer, configuration: Configuration) -> str:
        if (known := self._known_version(analyzer, configuration)) is not None:
            return known
        given = self._root, self._policy, self._urgency.priority
        version = await self._checks.versions.of(analyzer, configuration, *given)
        if not version:
            self._silent.add((analyzer.name, *configuration.programs))
        return version

    async def _in_turn(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        batch: Sequence[_File],
    ) -> list[Scanned]:
        async with self._turns:
            return await self._analyse(analyzer, configuration, batch)

    async def _analyse(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        batch: Sequence[_File],
    ) -> list[Scanned]:
        tool = analyzer.name, configuration
        if (given_up := self._given_up.get(tool)) is not None:
            return [scanned for file in batch for scanned in self._add(file, given_up)]
        items = [(file.found.path, None, configuration.hints) for file in batch]
        job = job_for(analyzer, configuration, items, self._policy, self._urgency)
        outcome = await self._checks.execute(job)
        count(self._counts, job, len(items), outcome)
        version = await self._version(analyzer, configuration)
        with spans.span("parse", tool=job.task):
            answers = read_outcome(job.task, len(items), outcome, version)
        if outcome.status in (Status.FAILED, Status.TIMED_OUT):
            if len(batch) > 1:  # alone, a bad file spoils only itself
                alone = [await self._analyse(analyzer, configuration, [file]) for file in batch]
                return [scanned for each in alone for scanned in each]
            self._strike(tool, answers[0][1])
        else:
            self._strikes[tool] = 0
        # A tool reads its configuration by itself: what it said under another one is not kept.
        folders = {os.path.dirname(file.found.path) for file in batch}
        now = _Configurations(self._root, self._policy.settings, self._checks.files)
        configured = await asyncio.to_thread(now.of_all, folders)
        modes = await asyncio.to_thread(_modes, [file.found.path for file in batch])
        done: list[Scanned] = []
        stored: dict[str, str] = {}
        stamps: dict[str, FileStamp] = {}
        for file, (digest, report, text) in zip(batch, answers, strict=True):
            file.fresh = True
            if digest and report.state.is_verdict:
                found = file.found
                stamps[found.path] = FileStamp(found.mtime_ns, found.size, found.inode, digest)
                here = configured[os.path.dirname(found.path)]
                if (analyzer, configuration) in _for_mode(here, modes[found.path]):
                    key = key_of(found.path, digest, analyzer, configuration, version)
                    stored[key] = text
                    self._checks.remember(key, report)
            done += self._add(file, report, digest)
        self._results.put(stored)
        self._results.stamp(stamps)
        return done

    def _strike(self, tool: _Tool, report: Report) -> None:
        """A tool that fails on one file after another is not tried on thousands."""
        self._strikes[tool] += 1
        if self._strikes[tool] == _MOST_STRIKES:
            why = f"{report.why}; after {_MOST_STRIKES} files in a row it was not tried again"
            self._given_up[tool] = replace(report, why=why)

    def _add(self, file: _File, report: Report, digest: str = "") -> list[Scanned]:
        """``digest``: of what the tool has seen, where that is known."""
        file.reports.append(report)
        if digest and report.state.is_verdict:
            file.digests.add(digest)
        if len(file.reports) < file.awaited:
            return []
        path = file.found.path
        del self._files[path]
        reports = sorted(file.reports, key=lambda each: self._order[each.tool])
        if len(file.digests) > 1:
            if self._changing is not None:
                self._changing.append(path)
                return []
            why = "the file changes while it is looked at"
            reports = [no_verdict(each.tool, State.NOT_ANALYSED, why) for each in reports]
        return [Scanned(file.found, tuple(reports), file.fresh)]


def _there(paths: Iterable[str]) -> list[Found]:
    """Those of them that still are."""
    found: list[Found] = []
    for path in paths:
        with suppress(OSError):
            found.append(found_at(path, os.stat(path)))
    return found


def _modes(paths: Iterable[str]) -> dict[str, int]:
    return {path: mode_of(path) for path in paths}


def _for_mode(configured: _Configured, mode: int) -> _Configured:
    return [(analyzer, configuration.for_mode(mode)) for analyzer, configuration in configured]


def _slices(whole: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
