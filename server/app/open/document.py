"""One open document: when it is analysed, and what is known of it at its present positions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from ... import spans
from ...analyzers.complexity.growth import NAME as GROWTH
from ...analyzers.table import MEASURING
from ...checks.engine import Checks, Subject, analyzers_for, judges, subject_of
from ...checks.jobs import Policy
from ...model import Edit, Figure, Priority, Problem, Report, State
from ...runner.calls import Urgency
from ..folder.workspace import Workspace
from ..install.missing import notes
from ..sinks import Progress
from .edit_log import EditLog
from .placed import PlacedReports

log = logging.getLogger(__name__)


class Looked(NamedTuple):
    """A text, and what all tools said of it, at its own positions."""

    subject: Subject
    reports: tuple[Report, ...]


class OpenDocument:
    """Belongs to the event loop. ``changed`` is called whenever what is to be shown has changed.

    A save supersedes the analysis of the save before it; an edit supersedes the speculation on the
    text before it. Edits do not end the analysis of a save: its findings move with them.
    """

    def __init__(
        self,
        uri: str,
        path: str,
        text: str,
        version: int,
        language: str,
        workspace: Workspace,
        checks: Checks,
        changed: Callable[[OpenDocument], None],
        slow: Callable[[str, Callable[[], object]], AbstractContextManager[Progress]],
    ) -> None:
        self.uri = uri
        self.path = path
        self.text = text
        self.version = version
        self.language = language
        self.workspace = workspace
        self.placed = PlacedReports(lambda: self.workspace.circumstances(self.path))
        self.unanswered: frozenset[str] = frozenset()
        self.looked: Looked | None = None
        """The last look, once it has ended, whatever was edited since; None when it was given up,
        or is under way."""
        self._checks = checks
        self._changed = changed
        self._slow = slow
        self._edits = EditLog()
        self._edited = False
        """Whether the text is another than the one that was analysed last, or will be."""
        self._compared: list[Edit] | None = None
        """The newest look for changed rows."""
        self._comparing: asyncio.Task[None] | None = None
        self._undone = False
        self._analysis: asyncio.Task[None] | None = None
        self._analysed = ""
        self._speculation: asyncio.Task[None] | None = None
        self._looking_back: asyncio.Task[None] | None = None
        self._save_timer: asyncio.TimerHandle | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    # ── what happens to it ──────────────────────────────────────────────────────────────────────

    def analyse(self, *, again: bool = False) -> None:
        """Analyse the text as it stands, now; what was under way for another text is cancelled.

        ``again``: something else than the text has changed.
        """
        self._stop_timers()
        subject = self.subject()
        if self._is_busy and subject.digest == self._analysed and not again:
            self._undone |= self._edited
            return
        self._cancel(self._analysis)
        self._analysed, self._undone, self._edited = subject.digest, False, False
        self.looked = None
        settings = self.policy.settings
        analysers = analyzers_for(subject.path, self.language, settings)
        self.unanswered = frozenset(each.name for each in analysers)
        since = self._edits.begin()
        self._analysis = self._look(self._analyse(subject, since), since)

    def edited(self, text: str, version: int, edits: Sequence[Edit]) -> None:
        self.text, self.version = text, version
        self._edited |= bool(edits)
        self._edits.edited(edits)
        self.placed.edited(edits)
        self._cancel(self._speculation)
        settings = self.workspace.settings.analysis
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if settings.on_idle:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(settings.idle_delay_ms / 1000, self._speculate)

    def saved(self) -> None:
        """At once when nothing else is pending, else after the last save's debounce."""
        settings = self.workspace.settings.analysis
        if not settings.on_save:
            return
        if self._save_timer is None and not self._is_busy:
            self.analyse()
            return
        if self.subject().digest != self._analysed:
            self._cancel(self._analysis)
            self._analysis = None  # superseded, not given up
        if self._save_timer is not None:
            self._save_timer.cancel()
        loop = asyncio.get_running_loop()
        self._save_timer = loop.call_later(
            settings.debounce_ms / 1000, self._debounced, spans.mark()
        )

    def _debounced(self, saved: float) -> None:
        spans.add("debounce", saved, file=self.path, root=str(self.workspace.root))
        self.analyse()

    def tasked(self) -> None:
        """A task has found something here, or does not any more."""
        settings = self.policy.settings
        found = self.workspace.tasked.on(self.path)
        analysing = {each.name for each in analyzers_for(self.path, self.language, settings)}
        self.placed.keep(analysing | {report.tool for report in found}, settings)
        self.placed.answered(found, (), settings)
        self._changed(self)

    def show_anew(self) -> None:
        """The same reports are seen otherwise: under other settings, on another day, or since git
        has something else to compare with."""
        self.placed.show_under(self.policy.settings)
        self._changed(self)
        self._cancel(self._comparing)
        self._comparing = asyncio.get_running_loop().create_task(self._compare())

    def cancel(self) -> None:
        """The user does not want to wait; what is already known stays."""
        self._cancel(self._analysis)

    def close(self) -> None:
        """Cancel all that was under way for it."""
        self._stop_timers()
        self._cancel(self._analysis)
        self._cancel(self._speculation)
        self._cancel(self._comparing)
        self._cancel(self._looking_back)

    # ── what is known of it ─────────────────────────────────────────────────────────────────────

    def subject(self) -> Subject:
        loose = self.workspace.loose
        return subject_of(self.path, self.workspace.root, self.text, self.language, loose=loose)

    def known(self) -> tuple[Report, ...]:
        """What is known of the text as it stands: everything once it has been analysed, else what
        those tools said, as far as it moved since, that look at it only when it is saved."""
        settings = self.policy.settings
        looking = {each.name for each in analyzers_for(self.path, self.language, settings)}
        if not self.is_analysed:
            looking -= judges(self.path, self.language, settings)
        return tuple(report for report in self.placed.moved() if report.tool in looking)

    async def measured(self) -> tuple[Figure, ...]:
        """What is measured of the text as it stands."""
        answers = self._checks.check(
            self.subject(),
            self.policy,
            self.workspace.results,
            Priority.INTERACTIVE,
            keep=False,
            tools=MEASURING,
        )
        return tuple(
            [figure async for reports in answers for each in reports for figure in each.figures]
        )

    def problems(self) -> tuple[Problem, ...]:
        """What is to be seen, at the present positions."""
        settings, here = self.policy.settings, self.workspace.circumstances(self.path)
        found = self.placed.problems(settings)
        return (*notes(self.placed.reports, settings, here), *found)

    @property
    def is_analysed(self) -> bool:
        """Whether all has been said of this text; not if that was given up, or not begun."""
        analysis = self._analysis
        if analysis is None or not analysis.done() or analysis.cancelled():
            return False
        return not self._edited

    @property
    def versions(self) -> dict[str, str]:
        """Of the tools that have looked at it, by their names."""
        return {report.tool: report.version for report in self.placed.reports}

    # ── how it is analysed ──────────────────────────────────────────────────────────────────────

    @property
    def _is_busy(self) -> bool:
        return self._analysis is not None and not self._analysis.done()

    def _look(self, work: Coroutine[None, None, None], since: list[Edit]) -> asyncio.Task[None]:
        """At a text; ``since`` is what was edited after it, until the look has ended."""
        look = asyncio.get_running_loop().create_task(work)
        look.add_done_callback(lambda _: self._edits.end(since))
        return look

    async def _analyse(self, subject: Subject, since: Sequence[Edit]) -> None:
        tasked = {report.tool for report in self.workspace.tasked.on(self.path)}
        if self.placed.keep(self.unanswered | tasked, self.policy.settings):
            self._changed(self)
        name, said = subject.path.rpartition("/")[2], list[Report]()
        try:
            async with spans.span("analysis", **self._place):
                with self._slow(f"Analysing {name}", self.cancel) as progress:
                    await self._compare()
                    async for reports in self._checks.check(
                        subject, self.policy, self.workspace.results, Priority.INTERACTIVE
                    ):
                        said += reports
                        self._answered(reports, since)
                        progress.report(", ".join(sorted(self.unanswered)), 0.0)
            self.looked = Looked(subject, tuple(said))
        except asyncio.CancelledError:
            if asyncio.current_task() is self._analysis:
                self._given_up(since)
            raise
        except Exception as error:
            log.exception("the analysis of %s broke", subject.path)
            why = f"internal error: {error}"
            failed = [Report(tool, State.FAILED, why=why) for tool in self.unanswered]
            self._answered(failed, since)
        self._cancel(self._looking_back)
        since = self._edits.begin(since)  # which goes on when this one has ended
        self._looking_back = self._look(self._look_back(since), since)
        if self._undone:
            # The text is again the one that was analysed: the results are known, at their places.
            asyncio.get_running_loop().call_soon(self.analyse)

    async def _compare(self) -> None:
        """Look which rows are changed, for who compares."""
        since, rows = self._edits.begin(), None
        self._compared = since
        try:
            if self.workspace.comparison.is_on:
                rows = await self.workspace.changed_rows(self.path, self.subject().content)
        finally:
            self._edits.end(since)
        if since is not self._compared:
            return  # a later one looks at a later text
        if self.placed.compared(rows, since, self.policy.settings) and self.placed.reports:
            self._changed(self)

    async def _look_back(self, since: Sequence[Edit]) -> None:
        """With its own past. Nobody waits for it: the document is no longer busy."""
        reports = {self.path: tuple(self.placed.reports)}
        await self.workspace.look_back(self._checks, reports, Urgency(Priority.IDLE))
        found = self.workspace.grown(self.path)
        if found is not None or GROWTH in self.placed:
            self._answered([found or Report.of(GROWTH, ())], since)

    def _given_up(self, since: Sequence[Edit]) -> None:
        """What a tool said before stays in sight; that one never spoke is no verdict."""
        silent = [tool for tool in self.unanswered if tool not in self.placed]
        why = "the analysis was cancelled"
        missing = [Report(tool, State.NOT_ANALYSED, why=why) for tool in silent]
        self.unanswered = frozenset()
        self.placed.answered(missing, since, self.policy.settings)
        self._changed(self)

    def _answered(self, reports: Sequence[Report], since: Sequence[Edit]) -> None:
        self.unanswered -= {report.tool for report in reports}
        self.placed.answered(reports, since, self.policy.settings)
        self._changed(self)

    @property
    def policy(self) -> Policy:
        return self.workspace.policy

    def _speculate(self) -> None:
        self._idle_timer = None
        self._speculation = asyncio.get_running_loop().create_task(self._check_quietly())

    async def _check_quietly(self) -> None:
        """Only so that the save finds the result."""
        results = self.workspace.results
        async with spans.span("speculation", **self._place):
            async for _ in self._checks.check(
                self.subject(), self.policy, results, Priority.IDLE, keep=False
            ):
                pass

    @property
    def _place(self) -> dict[str, str]:
        """Of spans."""
        return {"file": self.path, "root": str(self.workspace.root)}

    def _stop_timers(self) -> None:
        for timer in (self._save_timer, self._idle_timer):
            if timer is not None:
                timer.cancel()
        self._save_timer = self._idle_timer = None

    @staticmethod
    def _cancel(task: asyncio.Task[None] | None) -> None:
        if task is not None:
            task.cancel()
