"""What fails, as it is kept with a job: known to the next run, also of another process. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .detect import TestRunner
from .results import TestOutcome, TestResult

KEY = "failing"
"""Where it stands in what a run of the tests leaves with its job."""

_MOST_TOLD = 1_000
_MOST_MESSAGE = 1_000

Failing = Mapping[str, TestResult]
"""By the id of the test."""


def load(value: Any, runners: Iterable[TestRunner]) -> dict[str, Failing]:
    """What fails by each of the runners, by its name. ``value`` is what a run left; None: none."""
    stored = value.get(KEY) if isinstance(value, dict) else None
    rows = stored if isinstance(stored, dict) else {}
    return {each.name: dict(map(_loaded, rows.get(each.name, ()))) for each in runners}


def dump(failing: Mapping[str, Failing]) -> dict[str, Any]:
    """As JSON. Of very many only their names: those can be run again all the same."""
    return {
        name: [
            [each.id, each.outcome.value, each.file, each.line, each.message[:_MOST_MESSAGE]]
            if number < _MOST_TOLD
            else [each.id, each.outcome.value]
            for number, each in enumerate(known.values())
        ]
        for name, known in failing.items()
    }


def _loaded(row: list[Any]) -> tuple[str, TestResult]:
    id_, outcome, file, line, message = [*row, "", 0, ""][:5]
    return id_, TestResult(id_, TestOutcome(outcome), file=file, line=line, message=message)
