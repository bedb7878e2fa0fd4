"""What the tools said of a document, at the places where it stands now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ...checks import compose
from ...checks.compose import Circumstances
from ...findings.changed import Rows, carry_rows
from ...findings.shift import carry, carry_suppressions
from ...model import Edit, Problem, Report
from ...settings import Settings

_MOST_PENDING = 100
"""Edits after which findings are moved although nobody asks, so that no ask takes long."""


class PlacedReports:
    """Reports follow edits. They are moved when somebody looks, not at every keystroke."""

    def __init__(self, circumstances: Callable[[], Circumstances]) -> None:
        self._circumstances = circumstances
        self._reports: dict[str, Report] = {}
        self._pending: list[Edit] = []
        self._rows: Rows = None
        self._problems: tuple[Problem, ...] | None = ()
        self.counts: Mapping[str, int] = compose.counts(())

    @property
    def reports(self) -> Collection[Report]:
        """For their states; the places are those of ``problems``."""
        return self._reports.values()

    def moved(self) -> Collection[Report]:
        """The reports, at the present places."""
        self._settle()
        return self._reports.values()

    def __contains__(self, tool: str) -> bool:
        return tool in self._reports

    def edited(self, edits: Iterable[Edit]) -> None:
        self._pending += edits
        if len(self._pending) > _MOST_PENDING:
            self._settle()

    def keep(self, tools: Collection[str], settings: Settings) -> bool:
        """Forget what other tools said; whether there was any."""
        kept = {tool: each for tool, each in self._reports.items() if tool in tools}
        forgot = len(kept) < len(self._reports)
        self._reports = kept
        self.show_under(settings)
        return forgot

    def answered(
        self, reports: Iterable[Report], since: Sequence[Edit], settings: Settings
    ) -> None:
        """Take reports on a text that ``since`` made what it is now."""
        self._settle()
        self._reports |= {report.tool: _moved(report, since) for report in reports}
        self.show_under(settings)

    def compared(self, rows: Rows, since: Sequence[Edit], settings: Settings) -> bool:
        """Take the changed rows of a text that ``since`` made what it is now; whether they are
        others than were thought."""
        self._settle()
        before, self._rows = self._rows, carry_rows(rows, since)
        if before == self._rows:
            return False
        self.show_under(settings)
        return True

    def problems(self, settings: Settings) -> tuple[Problem, ...]:
        self._settle()
        if self._problems is None:
            reports, here = self._reports.values(), self._circumstances()
            here = here._replace(changed=self._rows)
            found = compose.problems(reports, settings, here)
            self._problems = compose.visible(found, settings)
        return self._problems

    def show_under(self, settings: Settings) -> None:
        """These settings hold from now on."""
        self._problems = None
        self.counts = compose.counts([compose.counted(self.problems(settings), settings)])

    def _settle(self) -> None:
        if self._pending:
            edits, self._pending = self._pending, []
            self._reports = {tool: _moved(each, edits) for tool, each in self._reports.items()}
            self._rows = carry_rows(self._rows, edits)
            self._problems = None


def _moved(report: Report, edits: Sequence[Edit]) -> Report:
    if not edits:
        return report
    return replace(
        report,
        findings=carry(report.findings, edits),
        suppressions=carry_suppressions(report.suppressions, edits),
    )
