"""One content, one tool, one result: found by key, joined when under way, else computed.

``Checks`` knows no documents and no editors. What is asked for twice at once is computed once; when
the last who waits for it gives up, the work itself is cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .. import notebooks, spans
from ..analyzers import secrets
from ..analyzers.base import Analyzer, Configuration, Files, fingerprint
from ..analyzers.table import analyzers
from ..discover import mode_of, why_excluded
from ..findings import codec
from ..model import Priority, Report, State, Tier
from ..runner.calls import Job, Outcome, Status, Urgency
from ..runner.execute import Runner
from ..settings import Settings
from ..store.measured import Counts
from ..store.results import Results
from ..text import digest, encode
from . import compose, jobs
from .files import CachedFiles
from .foreign import HEAD_BYTES, why_foreign
from .jobs import Policy, job_for, key_of, read_outcome
from .versions import Versions

log = logging.getLogger(__name__)

_KEPT_IN_MEMORY = 4_000
_HEAD_START_SECONDS = 0.03
"""In which the fast tier need not share the processors with the deep one, which takes longer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A content to be checked. ``path`` is absolute, or a bare name for a buffer never saved;
    ``language`` is the editor's name of it, for files whose names do not tell. ``loose``: the root
    is no project, only where the file lies."""

    path: str
    root: Path
    content: bytes
    digest: str
    language: str = ""
    loose: bool = False


def subject_of(path: str, root: Path, text: str, language: str, *, loose: bool = False) -> Subject:
    """``text`` is what an editor has: of a notebook the text as ``notebooks`` has it."""
    content = notebooks.encode(text) if notebooks.is_notebook(path) else encode(text)
    return Subject(path, root, content, digest(content), language, loose)


_Configured = tuple[Analyzer, Configuration]


class _Wanted(NamedTuple):
    """What is wanted of one tool after another; ``kept``: where the results go."""

    subject: Subject
    folder: Path
    policy: Policy
    priority: Priority
    results: Results
    kept: Results | None


class _Shared:
    """Work that several may wait for; the last one to give up cancels it."""

    def __init__(self, task: asyncio.Task[Report], urgency: Urgency) -> None:
        self._task = task
        self.urgency = urgency
        self._waiting = 0

    @property
    def joinable(self) -> bool:
        """Not when it was given up: who joined it then would share its end."""
        return not self._task.done() and not self._task.cancelling()

    async def wait(self) -> Report:
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._task.cancel()


class Checks:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.files = CachedFiles()
        self._known: OrderedDict[str, Report] = OrderedDict()
        self._unstored: set[str] = set()
        self._under_way: dict[str, _Shared] = {}
        self.versions = Versions(runner.execute)

    def warm(self) -> None:
        """Start what the first save will need."""
        self._runner.warm(jobs.FAST)
        self._runner.warm(jobs.DEEP)

    def slim(self) -> int:
        """Forget what is held in memory and kept on disk, too; how many reports that were."""
        forgotten = self._known.keys() - self._unstored
        for key in forgotten:
            del self._known[key]
        return len(forgotten)

    async def check(
        self,
        subject: Subject,
        policy: Policy,
        results: Results,
        priority: Priority,
        *,
        keep: bool = True,
        tools: Container[str] | None = None,
    ) -> AsyncIterator[Sequence[Report]]:
        """The reports of all tools that look at such a file, or of those among ``tools``, as soon
        as they are there: first those that are known, together, then each of the others.

        Without ``keep`` they stay in memory, until someone asks for the same who does keep them.
        """
        looking = [
            each
            for each in analyzers_for(subject.path, subject.language, policy.settings)
            if tools is None or each.name in tools
        ]
        if passed_over := await asyncio.to_thread(_passed_over, subject, looking, policy.settings):
            yield passed_over
            return
        folder = Path(subject.path).parent if subject.path.startswith("/") else subject.root
        configured = await asyncio.to_thread(
            _configure, looking, folder, subject, policy.settings, self.files
        )
        wanted = _Wanted(subject, folder, policy, priority, results, results if keep else None)
        keys = self._keys(subject, configured)
        unasked = [k for k in keys.values() if k not in self._under_way]
        async with spans.span("lookup"):
            recalled = await self.recall(unasked, results)
        tasks: dict[Tier, list[asyncio.Task[Report]]] = {tier: [] for tier in Tier}

        def begin(tier: Tier) -> None:
            for analyzer, configuration in configured:
                key = keys.get(analyzer.name, "")
                if analyzer.tier is tier and key not in recalled:
                    work = self._work(wanted, analyzer, configuration, key)
                    tasks[tier].append(asyncio.get_running_loop().create_task(work))

        begin(Tier.FAST)
        self._store(recalled, wanted.kept)
        _recalled(wanted, recalled.values())
        try:
            if recalled:
                yield tuple(recalled.values())
            if tasks[Tier.FAST]:
                await asyncio.wait(tasks[Tier.FAST], timeout=_HEAD_START_SECONDS)
            begin(Tier.DEEP)
            for next_report in asyncio.as_completed([*tasks[Tier.FAST], *tasks[Tier.DEEP]]):
                yield (await next_report,)
        finally:
            for task in (*tasks[Tier.FAST], *tasks[Tier.DEEP]):
                task.cancel()

    async def _work(
        self, wanted: _Wanted, analyzer: Analyzer, configuration: Configuration, key: str
    ) -> Report:
        """``key`` is empty where the version, which is a part of it, has to be asked first."""
        subject, policy = wanted.subject, wanted.policy
        if not key:
            given = subject.root, policy, wanted.priority
            version = await self.versions.of(analyzer, configuration, *given)
            key = _key(subject, analyzer, configuration, version)
            await self.recall([key], wanted.results)
        if (report := self._known.get(key)) is not None:  # which may have come meanwhile
            self._store({key: report}, wanted.kept)
            _recalled(wanted, (report,))
            return report
        item = (subject.path, subject.content, configuration.hints)
        job = job_for(analyzer, configuration, (item,), policy, Urgency(wanted.priority))
        key_now = partial(self._key_now, subject, analyzer, wanted.folder, policy.settings)
        version = self.versions.known(analyzer, configuration) or ""
        shared = self._share(key, job, version, key_now, wanted.results.counts)
        return await self._wait(key, shared, wanted.kept)

    async def execute(self, job: Job) -> Outcome:
        return await self._runner.execute(job)

    async def recall(self, keys: Sequence[str], results: Results) -> dict[str, Report]:
        """The results that memory or the store knows."""
        unknown = [key for key in keys if key not in self._known]
        stored = await results.get(unknown) if unknown else {}
        recalled = ((key, self._recall(key, stored.get(key))) for key in keys)
        return {key: report for key, report in recalled if report is not None}

    def remember(self, key: str, report: Report) -> None:
        self._known[key] = report
        self._known.move_to_end(key)
        if len(self._known) > _KEPT_IN_MEMORY:
            forgotten, _ = self._known.popitem(last=False)
            self._unstored.discard(forgotten)

    def _recall(self, key: str, stored: str | None) -> Report | None:
        if (report := self._known.get(key)) is not None:
            self._known.move_to_end(key)
            return report
        if stored is None:
            return None
        try:
            report = codec.loads(stored)
        except ValueError:
            log.warning("a stored result could not be read and is computed again")
            return None
        self.remember(key, report)
        return report

    def _keys(self, subject: Subject, configured: Iterable[_Configured]) -> dict[str, str]:
        """By tool, where the version is known, which is a part of it."""
        told = [(pair, self.versions.known(*pair)) for pair in configured]
        return {pair[0].name: _key(subject, *pair, ver) for pair, ver in told if ver is not None}

    def _key_now(
        self, subject: Subject, analyzer: Analyzer, folder: Path, settings: Settings
    ) -> str:
        (configured,) = configure(
            (analyzer,), folder, subject.root, settings, self.files, subject.path
        )
        return _key(subject, *configured, self.versions.known(*configured) or "")

    def _share(
        self, key: str, job: Job, version: str, key_now: Callable[[], str], counts: Counts
    ) -> _Shared:
        shared = self._under_way.get(key)
        if shared is not None and shared.joinable:
            shared.urgency.raise_to(job.urgency.priority)
            return shared
        task = asyncio.get_running_loop().create_task(
            self._compute(key, job, version, key_now, counts)
        )
        fresh = self._under_way[key] = _Shared(task, job.urgency)

        def ended(_: asyncio.Task[Report]) -> None:
            if self._under_way.get(key) is fresh:
                del self._under_way[key]

        task.add_done_callback(ended)
        return fresh

    async def _compute(
        self, key: str, job: Job, version: str, key_now: Callable[[], str], counts: Counts
    ) -> Report:
        """A tool reads its configuration by itself: what it said under another one is not kept."""
        outcome = await self._runner.execute(job)
        count(counts, job, 1, outcome)
        with spans.span("parse", tool=job.task):
            ((seen, report, _),) = read_outcome(job.task, 1, outcome, version)
        is_kept = seen and report.state.is_verdict
        if is_kept and await asyncio.to_thread(key_now) == key:
            self.remember(key, report)
            self._unstored.add(key)
        return report

    async def _wait(self, key: str, work: _Shared, results: Results | None) -> Report:
        report = await work.wait()
        self._store({key: report}, results)
        return report

    def _store(self, reports: Mapping[str, Report], results: Results | None) -> None:
        fresh = reports.keys() & self._unstored
        if fresh and results is not None:
            self._unstored -= fresh
            results.put({key: codec.dumps(reports[key]) for key in fresh})


def _recalled(wanted: _Wanted, reports: Iterable[Report]) -> None:
    """What is asked for before anybody wants it is no use of what is known."""
    if wanted.kept is not None:
        for report in reports:
            wanted.kept.counts.recalled(report.tool)


def count(counts: Counts, job: Job, files: int, outcome: Outcome) -> None:
    """What a tool took for so many files."""
    done = files if outcome.status is Status.DONE else 0
    ahead = job.urgency.priority is Priority.IDLE  # nobody has joined who wants it now
    counts.looked(job.task, done, outcome.seconds, outcome.cost, ahead=ahead)


def _passed_over(subject: Subject, looking: Sequence[Analyzer], settings: Settings) -> list[Report]:
    """Why nobody looks at it; empty when they do."""
    size, limit = len(subject.content), settings.analysis.max_file_bytes
    if why := why_left_out(subject, settings):
        return [Report(each.name, State.NOT_ANALYSED, why=why) for each in looking]
    if size > limit:
        return compose.too_large((each.name for each in looking), size, limit)
    return []


def why_left_out(subject: Subject, settings: Settings) -> str:
    """Why nobody looks at a file, whatever its size; empty when they do."""
    own = settings.analysis
    if why := why_excluded(subject.path, subject.root, own.exclude):
        return why
    relative = subject.path.removeprefix(f"{subject.root}/")
    why = why_foreign(relative, subject.content[:HEAD_BYTES], own.leave_out)
    return f"the file {why}; analysis.leaveOut" if why else ""


def analyzers_for(path: str, language: str, settings: Settings) -> tuple[Analyzer, ...]:
    """The tools that look at such a file."""
    return tuple(each for each in analyzers(settings) if each.looks_at(path, language))


def judges(path: str, language: str, settings: Settings) -> frozenset[str]:
    """Those of them that can look at a text that is not on disk."""
    looking = analyzers_for(path, language, settings)
    return frozenset(each.name for each in looking if not each.reads_disk)


def configure(
    analyzers: Iterable[Analyzer],
    folder: Path,
    root: Path,
    settings: Settings,
    files: Files,
    path: str | None = None,
) -> list[tuple[Analyzer, Configuration]]:
    """What holds in ``folder``, or for the file at ``path`` in it, of which there need be none.

    Looks at the disk: to be called in a thread.
    """
    configured = [(each, each.configure(folder, root, settings, files)) for each in analyzers]
    if settings.secrets.enabled:
        rules = secrets.masking(folder, root, settings, files)
        # What was said under other rules, or none, may quote a secret.
        named = f"masked {fingerprint(rules)}"
        configured = [
            (each, replace(own, masking=rules, key=f"{own.key} {named}"))
            for each, own in configured
        ]
    if path is None:
        return configured
    mode = mode_of(path)
    return [(each, configuration.for_mode(mode)) for each, configuration in configured]


def _configure(
    looking: Iterable[Analyzer], folder: Path, subject: Subject, settings: Settings, files: Files
) -> list[tuple[Analyzer, Configuration]]:
    configured = configure(looking, folder, subject.root, settings, files, subject.path)
    return [(each, found.loosened()) for each, found in configured] if subject.loose else configured


def _key(subject: Subject, analyzer: Analyzer, configuration: Configuration, version: str) -> str:
    return key_of(subject.path, subject.digest, analyzer, configuration, version)
