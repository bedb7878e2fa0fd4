"""Many files at once: what is known stays, what changed is read and analysed in batches."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

from ..analyzers.base import Analyzer, Configuration
from ..analyzers.table import SOURCES, analyzers, endings
from ..discover import Found, LeftOut, Tell, discover, found_at, mode_of, rediscover
from ..model import Priority, Report, Tier
from ..runner.calls import Status, Urgency
from ..settings import Settings
from ..store.results import FileStamp, Results
from . import compose
from .engine import Checks, analyzers_for, configure
from .files import CachedFiles, FilesOnce
from .foreign import Heads, vendored_by
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
    """One file's reports; ``fresh`` when a tool had to run for it."""

    path: str
    reports: tuple[Report, ...]
    fresh: bool


@dataclass(slots=True)
class _File:
    found: Found
    awaited: int
    reports: list[Report] = field(default_factory=list)
    digest: str = ""
    fresh: bool = False


def list_files(
    paths: Sequence[Path],
    root: Path,
    policy: Policy,
    without: AbstractSet[str] = frozenset(),
    heads: Heads | None = None,
) -> list[Found]:
    """The files at and below ``paths``, but not in the folders ``without``, and what cannot be read
    there; a file that is named is taken whatever the excludes say.

    Raises OSError for a path that does not exist or is something else.
    """
    listed: dict[str, Found] = {}
    for path in paths:
        stat = os.stat(path)
        found: Iterator[Found]
        if path.is_dir():
            own = policy.settings
            told: list[LeftOut] = []
            below = discover(path, root, endings(own), own.analysis.exclude, without, told.append)
            found = chain(_looked_at(below, root, own, heads or Heads()), _failures(told))
        elif not S_ISREG(stat.st_mode):
            raise OSError(0, f"{path} is neither a file nor a folder")
        else:
            found = iter([found_at(str(path), stat)])
        listed.update((each.path, each) for each in found)
    return list(listed.values())


def find_files(
    places: AbstractSet[str], root: Path, policy: Policy, without: AbstractSet[str], heads: Heads
) -> list[Found]:
    """Of what ``list_files`` gives for the root, that which is among ``places`` or below one."""
    own = policy.settings
    told: list[LeftOut] = []
    found = rediscover(places, root, endings(own), own.analysis.exclude, without, told.append)
    return [*_looked_at(found, root, own, heads), *_failures(told)]


def _failures(told: Iterable[LeftOut]) -> Iterator[Found]:
    """What cannot be read: that fails, and is not passed over as what was left out by design is."""
    for path, why, unreadable in told:
        if unreadable:
            yield Found(path.rstrip("/") or "/", 0, 0, 0, 0, why)


def left_out(
    paths: Sequence[Path],
    root: Path,
    policy: Policy,
    without: AbstractSet[str] = frozenset(),
    heads: Heads | None = None,
) -> list[LeftOut]:
    """What ``list_files`` passes over below ``paths`` although a tool would look at such a file,
    and what is too large, in the order of the names. Of a folder that is left out as a whole, not
    what lies in it."""
    told: dict[str, LeftOut] = {}

    def tell(each: LeftOut) -> None:
        told.setdefault(each.path, each)

    own = policy.settings
    limit = own.analysis.max_file_bytes
    for path in filter(os.path.isdir, paths):
        below = discover(path, root, endings(own), own.analysis.exclude, without, tell)
        for found in _looked_at(below, root, own, heads or Heads(), tell):
            if found.size > limit:
                why = f"has {found.size:,} bytes, more than analysis.maxFileBytes ({limit:,})"
                tell(LeftOut(found.path, why))
    return [told[path] for path in sorted(told)]


def _looked_at(
    found: Iterator[Found], root: Path, settings: Settings, heads: Heads, tell: Tell | None = None
) -> Iterator[Found]:
    """A path may end as one that a tool is for, and still be none."""
    wanted = settings.analysis.leave_out
    for each in found:
        if not analyzers_for(each.path, "", settings):
            continue
        relative = each.path.removeprefix(f"{root}/")
        if not (why := heads.why(each, relative, wanted)):
            yield each
        elif tell is not None:
            around = vendored_by(relative) if "vendored" in wanted else ""
            tell(LeftOut(f"{root}/{around}/" if around else each.path, why))


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
        self._urgency = urgency or Urgency(Priority.BACKGROUND)
        self._files: dict[str, _File] = {}
        self._configurations = _Configurations(root, policy.settings, checks.files)
        self._order = {each.name: place for place, each in enumerate(analyzers(policy.settings))}
        self._turns = asyncio.Semaphore(_BATCHES)
        self._strikes: Counter[_Tool] = Counter()
        self._given_up: dict[_Tool, Report] = {}
        self._silent: set[tuple[object, ...]] = set()
        """The programs that did not tell their version; each is asked once in a scan."""

    async def run(self, files: Sequence[Found]) -> AsyncIterator[Scanned]:
        """Each file once, as soon as all its tools have answered. Closing it cancels the rest."""
        stamps = await self._results.stamps({found.path for found in files})
        waiting: dict[tuple[str, Configuration], list[tuple[_File, Analyzer]]] = defaultdict(list)
        for part in _slices(files, _SLICE):
            for scanned in await self._look_up(part, stamps, waiting):
                yield scanned
            await asyncio.sleep(0)
        tasks = [
            asyncio.get_running_loop().create_task(self._in_turn(batch[0][1], key[1], batch))
            for key, group in waiting.items()
            for batch in _slices(group, group[0][1].batch or _BATCH[group[0][1].tier])
        ]
        try:
            for next_batch in asyncio.as_completed(tasks):
                for scanned in await next_batch:
                    yield scanned
        finally:
            for task in tasks:
                task.cancel()

    async def _look_up(
        self,
        part: Sequence[Found],
        stamps: dict[str, FileStamp],
        waiting: dict[tuple[str, Configuration], list[tuple[_File, Analyzer]]],
    ) -> list[Scanned]:
        """Answer from what is known; put into ``waiting`` what is not."""
        folders = {os.path.dirname(found.path) for found in part}
        configured = await asyncio.to_thread(self._configurations.of_all, folders)
        limit = self._policy.settings.analysis.max_file_bytes
        done: list[Scanned] = []
        keyed: list[tuple[_File, Analyzer, Configuration, str]] = []
        for found in part:
            if found.why:
                reports = compose.unreadable(self._order, found.why)
                done.append(Scanned(found.path, tuple(reports), fresh=False))
                continue
            looking = analyzers_for(found.path, "", self._policy.settings)
            if not looking:
                done.append(Scanned(found.path, (), fresh=False))
                continue
            if found.size > limit:
                reports = compose.too_large((each.name for each in looking), found.size, limit)
                done.append(Scanned(found.path, tuple(reports), fresh=False))
                continue
            file = self._files[found.path] = _File(found, len(looking))
            stamp = stamps.get(found.path)
            known = stamp is not None and stamp[:3] == found[1:4]
            here = configured[os.path.dirname(found.path)]
            for analyzer, configuration in _for_mode(here, found.mode):
                if analyzer in looking:
                    digest = stamp.digest if stamp and known else ""
                    version = await self._version(analyzer, configuration)
                    key = digest and key_of(found.path, digest, analyzer, configuration, version)
                    keyed.append((file, analyzer, configuration, key))
        recalled = await self._checks.recall([row[3] for row in keyed if row[3]], self._results)
        for file, analyzer, configuration, key in keyed:
            if (report := recalled.get(key)) is not None:
                done += self._add(file, report)
            else:
                waiting[analyzer.name, configuration].append((file, analyzer))
        return done

    async def _version(self, analyzer: Analyzer, configuration: Configuration) -> str:
        versions, priority = self._checks.versions, self._urgency.priority
        if (known := versions.known(analyzer, configuration)) is not None:
            return known
        program = (analyzer.name, *configuration.programs)
        if program in self._silent:
            return ""
        given = self._root, self._policy, priority
        version = await versions.of(analyzer, configuration, *given)
        if not version:
            self._silent.add(program)
        return version

    async def _in_turn(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        batch: Sequence[tuple[_File, Analyzer]],
    ) -> list[Scanned]:
        async with self._turns:
            return await self._analyse(analyzer, configuration, batch)

    async def _analyse(
        self,
        analyzer: Analyzer,
        configuration: Configuration,
        batch: Sequence[tuple[_File, Analyzer]],
    ) -> list[Scanned]:
        tool = analyzer.name, configuration
        if (given_up := self._given_up.get(tool)) is not None:
            return [scanned for file, _ in batch for scanned in self._add(file, given_up)]
        items = [(file.found.path, None, configuration.hints) for file, _ in batch]
        job = job_for(analyzer, configuration, items, self._policy, self._urgency)
        outcome = await self._checks.execute(job)
        version = await self._version(analyzer, configuration)
        answers = read_outcome(job.task, len(items), outcome, version)
        if outcome.status in (Status.FAILED, Status.TIMED_OUT):
            if len(batch) > 1:  # alone, a bad file spoils only itself
                alone = [await self._analyse(analyzer, configuration, [row]) for row in batch]
                return [scanned for each in alone for scanned in each]
            self._strike(tool, answers[0][1])
        else:
            self._strikes[tool] = 0
        # A tool reads its configuration by itself: what it said under another one is not kept.
        folders = {os.path.dirname(file.found.path) for file, _ in batch}
        now = _Configurations(self._root, self._policy.settings, self._checks.files)
        configured = await asyncio.to_thread(now.of_all, folders)
        modes = await asyncio.to_thread(_modes, [file.found.path for file, _ in batch])
        done: list[Scanned] = []
        stored: dict[str, str] = {}
        stamps: dict[str, FileStamp] = {}
        for (file, _), (digest, report, text) in zip(batch, answers, strict=True):
            file.fresh = True
            if digest and report.state.is_verdict:
                found = file.found
                stamps[found.path] = FileStamp(found.mtime_ns, found.size, found.inode, digest)
                here = configured[os.path.dirname(found.path)]
                if (analyzer, configuration) in _for_mode(here, modes[found.path]):
                    key = key_of(found.path, digest, analyzer, configuration, version)
                    stored[key] = text
                    self._checks.remember(key, report)
            done += self._add(file, report)
        self._results.put(stored)
        self._results.stamp(stamps)
        return done

    def _strike(self, tool: _Tool, report: Report) -> None:
        """A tool that fails on one file after another is not tried on thousands."""
        self._strikes[tool] += 1
        if self._strikes[tool] == _MOST_STRIKES:
            why = f"{report.why}; after {_MOST_STRIKES} files in a row it was not tried again"
            self._given_up[tool] = replace(report, why=why)

    def _add(self, file: _File, report: Report) -> list[Scanned]:
        file.reports.append(report)
        if len(file.reports) < file.awaited:
            return []
        del self._files[file.found.path]
        reports = sorted(file.reports, key=lambda each: self._order[each.tool])
        return [Scanned(file.found.path, tuple(reports), file.fresh)]


def _modes(paths: Iterable[str]) -> dict[str, int]:
    return {path: mode_of(path) for path in paths}


def _for_mode(configured: _Configured, mode: int) -> _Configured:
    return [(analyzer, configuration.for_mode(mode)) for analyzer, configuration in configured]


def _slices(whole: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
