"""Which files are far above their own past, as git has it.

A file is compared with the version of median size among those that were committed of late: that one
alone is measured, once, and kept by its blob's name. Of nothing that git does not know is anything
told: no repository, no git, a clone without history.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..analyzers.base import Item, fingerprint
from ..analyzers.complexity import radon
from ..analyzers.complexity.growth import (
    LEAST_LINES,
    LEAST_VERSIONS,
    NAME,
    Past,
    Size,
    finding,
    growth_of,
    is_far_above,
)
from ..disk import LARGEST_FILE, read_regular
from ..findings.fingerprint import fingerprinted
from ..git import Blob, GitError, Repository
from ..model import Report
from ..runner.calls import Urgency
from ..store.results import Results
from ..text import canonical, digest
from .engine import Checks
from .files import FilesOnce
from .jobs import Policy, measuring, read_outcome

log = logging.getLogger(__name__)

_SUFFIXES = tuple(radon.ANALYZER.suffixes)
_BATCH = 25
"""Versions measured in one call."""


class _Usual(NamedTuple):
    """The version of median size of a file, and among how many."""

    blob: Blob
    size: int
    versions: int


class _History(NamedTuple):
    """``usual`` is by path. ``asked``: the commit, the day and the days that it is of."""

    asked: tuple[str, date, int]
    repository: Repository
    usual: Mapping[str, _Usual]


class _Compared(NamedTuple):
    """A file that is larger than its usual version."""

    usual: _Usual
    no_assert: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """Who measures, under which settings, where that is kept, and for whom."""

    checks: Checks
    policy: Policy
    results: Results
    urgency: Urgency


class Growth:
    """Of the files of one workspace folder. Belongs to the event loop."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._history: _History | None = None
        self._looking_back = asyncio.Lock()

    async def of(
        self, measured: Mapping[str, Report], today: date, asking: Asking
    ) -> dict[str, Report]:
        """Reports on those files that are far above their past, or could not be compared with it,
        by path. ``measured``: what Radon said of each file that is to be compared."""
        own = asking.policy.settings.complexity
        if not (own.enabled and own.growth.enabled and measured):
            return {}
        try:
            async with self._looking_back:
                history = await asyncio.to_thread(self._look_back, today, own.growth.days)
            changing = measured.keys() & history.usual.keys()
            sizes = {path: Size.of(measured[path]) for path in changing}
            large = [path for path, size in sizes.items() if size.lines >= LEAST_LINES]
            compared = await asyncio.to_thread(self._larger, large, history, asking)
            then = await _then(compared, history.repository, asking)
        except GitError as error:
            log.info("no file is compared with its past: %s", error)
            return {}
        factor = own.growth.factor
        far = [path for path in then if is_far_above(sizes[path], Size.of(then[path]), factor)]
        contents = await asyncio.to_thread(_read, far)
        now = await _now(contents, compared, asking)
        told = {path: report for path, report in then.items() if report.state.needs_attention}
        for path in now:
            versions = compared[path].usual.versions
            past = Past(Size.of(then[path]), versions, own.growth.days)
            came = growth_of(now[path].figures, then[path].figures)
            found = finding(sizes[path], past, factor, came)
            text = contents[path].decode("utf-8", "replace")
            told[path] = Report.of(NAME, fingerprinted((found,), text))
        return told

    # ── what git knows ──────────────────────────────────────────────────────────────────────────

    def _look_back(self, today: date, days: int) -> _History:
        """Raises GitError. For a thread."""
        repository = Repository.at(self._root)
        asked = (repository.head().commit, today, days)
        if self._history is not None and self._history.asked == asked:
            return self._history
        below = Path(os.path.realpath(self._root)).relative_to(repository.root)
        since = datetime.combine(today - timedelta(days), time()).astimezone()
        inside = "" if below == Path() else below.as_posix()
        found = repository.versions(int(since.timestamp()), inside)
        often = {
            name: oids
            for name, oids in found.items()
            if len(oids) >= LEAST_VERSIONS and name.endswith(_SUFFIXES)
        }
        sizes = repository.sizes({oid for oids in often.values() for oid in oids})
        usual = {}
        for name, oids in often.items():
            known = sorted((sizes[oid], oid) for oid in oids if oid in sizes)
            if len(known) >= LEAST_VERSIONS:
                size, oid = known[(len(known) - 1) // 2]
                path = str(self._root / Path(name).relative_to(below))
                usual[path] = _Usual(Blob(name, oid), size, len(known))
        self._history = _History(asked, repository, usual)
        return self._history

    def _larger(
        self, paths: Iterable[str], history: _History, asking: Asking
    ) -> dict[str, _Compared]:
        """For a thread."""
        given = self._root, asking.policy.settings, FilesOnce(asking.checks.files)

        @cache
        def no_assert(folder: Path) -> bool:
            return radon.Context(*radon.ANALYZER.configure(folder, *given).context).no_assert

        usual = ((path, history.usual[path]) for path in paths)
        larger = ((path, each) for path, each in usual if _size(path) > each.size)
        return {path: _Compared(each, no_assert(Path(path).parent)) for path, each in larger}


# ── what is measured ────────────────────────────────────────────────────────────────────────────


async def _then(
    compared: Mapping[str, _Compared], repository: Repository, asking: Asking
) -> dict[str, Report]:
    """Of each file's usual version. Raises GitError."""

    def read(paths: Sequence[str]) -> dict[str, bytes]:
        blobs = {compared[path].usual.blob: path for path in paths}
        return {blobs[blob]: content for blob, content in repository.contents(list(blobs))}

    named = {path: (each.usual.blob.oid, each.no_assert) for path, each in compared.items()}
    return await _measured(named, read, asking)


async def _now(
    contents: Mapping[str, bytes], compared: Mapping[str, _Compared], asking: Asking
) -> dict[str, Report]:
    named = {path: (digest(each), compared[path].no_assert) for path, each in contents.items()}
    return await _measured(named, lambda _: contents, asking)


async def _measured(
    named: Mapping[str, tuple[str, bool]],
    read: Callable[[Sequence[str]], Mapping[str, bytes]],
    asking: Asking,
) -> dict[str, Report]:
    """By path, of what has these names: from memory or the store, else measured and kept there.
    ``named``: with whether assertions do not count; ``read`` is called in a thread."""
    version = radon.ANALYZER.version()
    keys = {path: fingerprint(NAME, *each, version) for path, each in named.items()}
    known = await asking.checks.recall(list(keys.values()), asking.results)
    missing = [path for path, key in keys.items() if key not in known]
    contents = await asyncio.to_thread(read, missing) if missing else {}
    waiting: dict[bool, list[str]] = defaultdict(list)
    for path in missing:
        waiting[named[path][1]].append(path)
    calls = [
        (no_assert, paths[start : start + _BATCH])
        for no_assert, paths in waiting.items()
        for start in range(0, len(paths), _BATCH)
    ]

    async def measure(no_assert: bool, paths: Sequence[str]) -> None:
        items: list[Item] = [(path, contents[path], ()) for path in paths]
        job = measuring((no_assert,), items, asking.urgency)
        outcome = await asking.checks.execute(job)
        answers = read_outcome(NAME, len(items), outcome, "")
        for path, (_, report, text) in zip(paths, answers, strict=True):
            known[keys[path]] = report
            if report.state.is_verdict:
                asking.checks.remember(keys[path], report)
                asking.results.put({keys[path]: text})

    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(measure(*call))
    return {path: known[key] for path, key in keys.items()}


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _read(paths: Iterable[str]) -> dict[str, bytes]:
    """Those that can still be read."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path] = canonical(read_regular(path, LARGEST_FILE))
    return found
