"""The lines that our reporters write, read as they come. They are not trusted to be well formed."""

from __future__ import annotations

import json
import math
from typing import Any

from .results import TestOutcome, TestReport, TestResult, one_each

_MOST_LINE = 1 << 20
_MOST_TESTS = 200_000
_OUTCOMES = frozenset(outcome.value for outcome in TestOutcome)


class Events:
    """What has been told so far. ``feed`` pieces of the file in their order.

    ``prefix`` leads from the workspace to the folder that the runner works in ("" or "web/").
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._rest = b""
        self._results: list[TestResult] = []
        self._ended: bool | None = None
        self._why = ""
        self.collected: int | None = None
        """How many tests will run, once that is known."""

    def feed(self, piece: bytes) -> tuple[TestResult, ...]:
        """The results that the piece completes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > _MOST_LINE:
            self._rest = b""
            self._why = "the runner told of a test in a line without end"
        before = len(self._results)
        for line in lines:
            self._take(line)
        return tuple(self._results[before:])

    def report(self) -> TestReport:
        """What it comes to, once the runner has ended."""
        why = self._why
        if self._ended is None:
            why = why or "the runner ended before its tests did"
        return TestReport(one_each(self._results), bool(self._ended) and not why, why)

    def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line) if line else None
        except (ValueError, RecursionError):
            return
        match event:
            case {"collected": int(count)}:
                self.collected = count
            case {"end": {"complete": bool(complete), "why": str(why)}}:
                self._ended = complete
                self._why = self._why or why
            case {"test": str(id_), "outcome": str(outcome)} if outcome in _OUTCOMES:
                if len(self._results) >= _MOST_TESTS:
                    self._why = f"only the first {_MOST_TESTS:,} tests are told of"
                else:
                    self._results.append(self._result(id_, TestOutcome(outcome), event or {}))

    def _result(self, id_: str, outcome: TestOutcome, event: dict[str, Any]) -> TestResult:
        line, seconds = event.get("line"), event.get("seconds")
        return TestResult(
            id=self._prefix + id_,
            outcome=outcome,
            seconds=seconds_of(seconds),
            file=self._inside(_text(event, "file")),
            line=max(0, line - 1) if isinstance(line, int) else 0,
            message=_text(event, "message"),
            text=_text(event, "text"),
        )

    def _inside(self, path: str) -> str:
        """The path from the workspace; empty when it leads out of it."""
        path = self._prefix + path if path else ""
        return "" if path.startswith(("/", "../")) or "/../" in path else path


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def seconds_of(value: object) -> float:
    """0 for what is no duration."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return seconds if math.isfinite(seconds) and seconds >= 0 else 0.0
