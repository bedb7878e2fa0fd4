"""One workspace folder: its settings, its trust, its store, and what is known of its files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ... import spans
from ...analyzers.complexity import radon
from ...checks import compose
from ...checks.engine import Checks
from ...checks.foreign import Heads
from ...checks.growth import Asking, Growth
from ...checks.jobs import Policy
from ...checks.listing import find_files, left_out, list_files
from ...checks.workspace_scan import WorkspaceScan
from ...discover import Found, LeftOut, around
from ...disk import why
from ...findings.baseline import Baseline
from ...findings.changed import Rows
from ...journal.apply import recover, unread
from ...journal.change import printable
from ...journal.waiting import waiting
from ...link import VIEWS, poke
from ...model import Priority, Report
from ...runner.calls import Urgency
from ...settings import ConfigProblem, Loaded, Settings, project_file
from ...settings.rule_lists import RuleList
from ...store.database import Database
from ...store.measured import FILE as MEASURED_FILE
from ...store.measured import MEASURED, Counts
from ...store.results import RESULTS, Results
from ..results import baseline as baselines
from ..results.comparison import Comparison
from ..results.scan import FileView, Scan, Seen
from . import config
from .lives import Lives
from .stale import Stale
from .tasked import TaskResults
from .under_way import ScanMark

_GROWTH = "growth of files"
"""Among what tasks found; no task has a name with a space."""
_NOTHING = FileView((), (), (), compose.counts(()))


def today() -> date:
    """The day it is where the user is."""
    return datetime.now().astimezone().date()


class Workspace:
    """``loose``: not a folder that the editor opened, only where a single file lies.

    ``files`` holds what is known of files as they are on disk: all of them, once the folder was
    ``scanned``. ``stale`` names files and folders that have to be looked at again. What lies in one
    of the ``inner`` folders is not its own.
    """

    def __init__(
        self,
        root: Path,
        store: Path,
        *,
        trusted: bool,
        loose: bool = False,
        today: Callable[[], date] = today,
    ) -> None:
        self.root = root
        self.today = today
        self._judged = today()
        self.loose = loose
        self.trusted = trusted
        self.settings = Settings()
        self._config_problems: tuple[ConfigProblem, ...] = ()
        self._unused: tuple[ConfigProblem, ...] = ()
        """What is wrong with the settings as the last scan of the whole folder has seen."""
        self.withheld: tuple[Report, ...] = ()
        self.baseline: Baseline | None = None
        self.comparison = Comparison(root)
        self.files: dict[str, FileView] = {}
        self._outdated: set[str] = set()
        """Of ``files``: those to be judged anew before they are seen."""
        self.inner: AbstractSet[str] = frozenset()
        self.scanned = False
        self.stale = Stale()
        self.tasked = TaskResults()
        self._joined: dict[str, FileView] = {}
        """What ``view`` made, for as long as it is made of the same."""
        self._heads = Heads()
        self._growth = Growth(root)
        self._loads = 0
        """How many have begun."""
        self._loaded: Loaded | None = None
        self._interrupted = ""
        self.state = store
        self.scan_mark = ScanMark(store)
        self._database = Database(store / "results.db", RESULTS)
        self.counts = Counts(Database(store / MEASURED_FILE, MEASURED), today)
        self.results = Results(self._database, self.counts, lambda: poke(store / VIEWS))
        self.lives = Lives(root, store)

    @property
    def policy(self) -> Policy:
        return Policy(self.settings, self.trusted)

    @property
    def config_path(self) -> Path:
        return project_file(self.root)

    @property
    def config_problems(self) -> tuple[ConfigProblem, ...]:
        """What is wrong with the settings."""
        return self._config_problems + self._unused

    @property
    def own_problems(self) -> list[ConfigProblem]:
        """Those that are to be seen in the project's settings file."""
        return [each for each in self.config_problems if each.path == self.config_path]

    @property
    def suppressions(self) -> list[ConfigProblem]:
        """Of those: what is no longer of use."""
        return [each for each in self.own_problems if not each.is_flaw]

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that ``load`` reads in the folder."""
        return self.config_path, baselines.baseline_file(self.root)

    @property
    def journal(self) -> Path:
        """Where what stood in the user's files is recorded."""
        return self.state / "journal"

    @property
    def trouble(self) -> str:
        """What is wrong with the store or the journal, for the status; empty when nothing is."""
        return self._database.problem or self.results.problem or self._interrupted

    def known(self, path: str) -> Sequence[str]:
        """The fingerprints that the baseline has for a file."""
        if self.baseline is None:
            return ()
        return self.baseline.known(baselines.name_below(self.root, path))

    def misses(self, gone: Iterable[str]) -> bool:
        """Whether the baseline has one of these files, or one that is known in these folders."""
        paths = frozenset(gone)
        if self.baseline is None or not paths:
            return False
        return any(self.known(path) for path in (*paths, *self.below(paths)))

    async def load(self, editor: Mapping[str, Any] | None) -> bool:
        """Read the settings and the baseline anew; whether they changed.

        When they are wrong, the last good ones stay; at first, every entry that is right holds.
        Who began to read before another did says nothing of what that reads.
        """
        self._loads += 1
        load = self._loads
        if not self._loaded:
            self._interrupted = await asyncio.to_thread(_after_the_last, self.journal, self.root)
        project = None if self.loose else self.root
        loaded = await asyncio.to_thread(
            config.load_settings, project, editor, trusted=self.trusted, today=self.today()
        )
        baseline, wrong = await asyncio.to_thread(config.load_baseline, project)
        if load != self._loads:
            return False
        self._config_problems, self._unused = (*loaded.problems, *wrong), ()
        before, shown_by = self.settings, self._shown_by
        self.withheld = () if self.trusted else config.withheld(loaded)
        if loaded.valid or not self._loaded:
            self.settings = loaded.settings
        if not wrong:
            self.baseline = baseline
        self._loaded = loaded
        if shown_by != self._shown_by:
            self.judge_again()
        return (before, shown_by) != (self.settings, self._shown_by)

    @property
    def _shown_by(self) -> tuple[object, ...]:
        """What decides how findings are shown."""
        own = self.settings
        return own.rules, own.severity, own.baseline, self.baseline, self.withheld

    def circumstances(self, path: str) -> compose.Circumstances:
        """What decides, besides its reports and the settings, what is shown of a file."""
        relative, changed = path.removeprefix(f"{self.root}/"), self.comparison.on_disk(path)
        withheld = frozenset(report.tool for report in self.withheld)
        return compose.Circumstances(relative, self.today(), self.known(path), changed, withheld)

    def seen(self, path: str, reports: tuple[Report, ...]) -> FileView:
        return FileView.of(reports, self.settings, self.circumstances(path))

    async def compare_with(self, revision: str) -> bool:
        """What is not changed since this revision, as git has it now, is known; whether that
        changes anything. For editors: in a terminal nothing is compared so."""
        if not await self.comparison.follow(revision):
            return False
        told = {p for p, view in self.files.items() if any(r.findings for r in view.reports)}
        await self.compare(told | self.tasked.paths)
        self.judge_again()
        return True

    async def compare(self, paths: Iterable[str]) -> set[str]:
        """Look which rows of files are changed on disk; where that is otherwise than before."""
        moved = await self.comparison.look([*paths], self.settings.analysis.max_file_bytes)
        for path in moved:
            self._joined.pop(path, None)
        self._outdated |= moved & self.files.keys()
        return moved

    async def changed_rows(self, path: str, content: bytes) -> Rows:
        """Of what an editor has of a file."""
        return await self.comparison.rows(path, content, self.settings.analysis.max_file_bytes)

    def new_day(self) -> bool:
        """Whether another day has begun since the last call; the files are judged anew then."""
        if (day := self.today()) == self._judged:
            return False
        self._judged = day
        self.judge_again()
        return True

    def judge_again(self) -> None:
        """Other settings hold, or it is another day: each file is judged anew when it is next
        seen, which for thousands at once would keep the loop waiting."""
        self._outdated.update(self.files)
        self._joined.clear()

    def show(self, path: str, reports: tuple[Report, ...]) -> bool:
        """Take note of a file's reports; whether that changes anything."""
        known = self.files.get(path)
        if known is not None and known.reports == reports and path not in self._outdated:
            return False
        self._judge(path, reports)
        return True

    def _judge(self, path: str, reports: tuple[Report, ...]) -> FileView:
        self._outdated.discard(path)
        view = self.files[path] = self.seen(path, reports)
        return view

    def view(self, path: str) -> FileView:
        """What is known and shown of a file that is not open, with what tasks found in it."""
        known = self.files.get(path, _NOTHING)
        if path in self._outdated and path in self.files:
            known = self._judge(path, known.reports)
        found = self.tasked.on(path)
        if not found:
            return known
        reports = (*known.reports, *found)
        joined = self._joined.get(path)
        if joined is None or joined.reports != reports:
            joined = self._joined[path] = self.seen(path, reports)
        return joined

    def paths(self) -> set[str]:
        """Of all files that something is known of."""
        return self.files.keys() | self.tasked.paths

    def knows(self, path: str) -> bool:
        return path in self.files or bool(self.tasked.on(path))

    def views(self) -> dict[str, FileView]:
        """Of all files that something is known of; what is to be judged anew, as it was."""
        tasked = self.tasked.paths
        self._joined = {path: view for path, view in self._joined.items() if path in tasked}
        return self.files | {path: self.view(path) for path in tasked}

    async def scan(
        self,
        checks: Checks,
        paths: Sequence[Path],
        seen: Callable[[Seen], object],
        urgency: Urgency | None = None,
        choose: Callable[[Sequence[Found]], Sequence[Found]] | None = None,
    ) -> Scan:
        """Analyse the files at and below ``paths`` and take note of them; ``seen`` is told of each.
        ``choose``: which of them, called in a thread.

        Raises OSError for a path that cannot be looked at.
        """
        loaded = self._loaded
        files = await asyncio.to_thread(
            list_files, paths, self.root, self.policy, self.inner, self._heads
        )
        chosen = await asyncio.to_thread(choose, files) if choose else files
        async with spans.span("scan", root=str(self.root), file=""):
            views = await self.analyse(checks, chosen, seen, urgency)
        if self.root in paths:
            await self.results.forget_unseen(self.root, [found.path for found in files])
            if not choose:
                self.lives.scanned()
                await self._look_for_unused(views, loaded)
        if any(self.config_path.is_relative_to(path) for path in paths):
            views |= self._of_suppressions(views.get(self.config_path, _NOTHING))
        scan = Scan.of(self.root, views, self.withheld)
        if self.baseline is None:
            return scan
        return await asyncio.to_thread(baselines.compared, scan, self.baseline, paths)

    async def _look_for_unused(self, views: Mapping[Path, FileView], loaded: Loaded | None) -> None:
        """``views`` are of all files, as the settings ``loaded`` have them."""
        if loaded is None or not loaded.valid:
            return
        withheld = {report.tool for report in self.withheld}
        given = loaded, self.root, views, withheld, self.today()
        unused = await asyncio.to_thread(lambda: tuple(config.unused(*given)))
        if self._loaded is loaded:
            self._unused = unused

    def _of_suppressions(self, known: FileView) -> dict[Path, FileView]:
        """The project's settings file, with what is to be said of its ``rules.ignore``; nothing
        where there is nothing."""
        told = self.suppressions
        reports = (*known.reports, config.config_report(told))
        return {self.config_path: self.seen(str(self.config_path), reports)} if told else {}

    async def analyse(
        self,
        checks: Checks,
        files: Sequence[Found],
        seen: Callable[[Seen], object],
        urgency: Urgency | None = None,
    ) -> dict[Path, FileView]:
        """Take note of these files, and tell ``seen`` of each; what is known of them now."""
        views: dict[Path, FileView] = {}
        scan = WorkspaceScan(checks, self.root, self.policy, self.results, urgency)
        async for scanned in scan.run(files):
            if not self.inner.isdisjoint(around(scanned.path)):
                continue  # the inner folder was opened meanwhile
            moved = await self.compare([scanned.path])
            changed = self.show(scanned.path, scanned.reports) or bool(moved)
            view = views[Path(scanned.path)] = self.files[scanned.path]
            if (changed or scanned.fresh) and not self.loose:
                found = scanned.found
                self.lives.seen(scanned.path, view, (found.mtime_ns, found.size))
            seen(Seen(scanned.path, changed, len(views), len(files)))
        reports = {str(path): view.reports for path, view in views.items()}
        for path in await self.look_back(checks, reports, urgency):
            seen(Seen(path, True, len(views), len(files)))
        grown = self.tasked.by(_GROWTH)
        for path in reports.keys() & grown.keys():
            views[Path(path)] = self.seen(path, (*reports[path], grown[path]))
        return views

    async def look_back(
        self,
        checks: Checks,
        reports: Mapping[str, Iterable[Report]],
        urgency: Urgency | None = None,
    ) -> set[str]:
        """Take note of which of these files are far above their past; those of which that is news.
        ``reports``: what the tools said of them."""
        measured = {p: r for p, each in reports.items() for r in each if r.tool == radon.NAME}
        by = urgency or Urgency(Priority.BACKGROUND)
        asking = Asking(checks, self.policy, self.results, by)
        found = await self._growth.of(measured, self.today(), asking)
        before = self.tasked.by(_GROWTH)
        others = {path: report for path, report in before.items() if path not in reports}
        self.tasked.take(_GROWTH, others | found)
        return {path for path in reports if before.get(path) != found.get(path)}

    async def recall(self, checks: Checks, files: Sequence[Found]) -> None:
        """Take note of what is kept of these files, whoever has looked at them; no tool does."""
        scan = WorkspaceScan(checks, self.root, self.policy, self.results)
        async for scanned in scan.recall(files):
            self.show(scanned.path, scanned.reports)
            await asyncio.sleep(0)  # to judge thousands takes its time

    def grown(self, path: str) -> Report | None:
        """What ``look_back`` found of a file."""
        return self.tasked.by(_GROWTH).get(path)

    def find(self, places: AbstractSet[str]) -> list[Found]:
        """The files at and below ``places`` that a scan would find. Looks at the disk: for a
        thread."""
        return find_files(places, self.root, self.policy, self.inner, self._heads)

    def left_out(self, paths: Sequence[Path]) -> list[LeftOut]:
        """What a scan of ``paths`` passes over, and why. Looks at the disk: for a thread."""
        return left_out(paths, self.root, self.policy, self.inner, self._heads)

    def list_rules(self, listed: RuleList, rules: Sequence[str]) -> None:
        """Write the rules into a list in the project's settings file. Raises OSError, ValueError;
        blocks."""
        config.list_rules(self.root, listed, rules, self.journal)

    def below(self, paths: AbstractSet[str]) -> list[str]:
        """The known files that are among ``paths`` or lie in one of them."""
        return [path for path in self.files if not paths.isdisjoint(around(path))]

    async def close(self) -> None:
        await self.results.close()
        await self.counts.close()
        await self.lives.close()


def _after_the_last(journal: Path, root: Path) -> str:
    """What is to be told of changes that an earlier session could not finish."""
    try:
        left = sorted({path for each in recover(journal, root) for path in each.left})
        waits = waiting(journal)
        half_done = [each.told for each in unread(journal) if each.interrupted]
    except OSError as error:
        return f"changes that were interrupted could not be taken back: {why(error)}"
    if waits and not left:
        return "changes were interrupted in another folder of this name: see `understudy journal`"
    if not left:
        return "; ".join(half_done)
    names = ", ".join(map(printable, left))
    return f"changes were interrupted, and {names} edited since: `understudy journal` has the rest"
