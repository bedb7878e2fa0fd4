"""What holds for all tests: the same examples every time, however busy the machine is; and what
this machine cannot form is listed with its reason."""

from __future__ import annotations

import os
import sys
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, settings

from .needs import NOT_APPLICABLE

# What Python compiled is kept, whatever the shell says: else each process that a test starts
# compiles all of the server again, which is a third of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile(
    "understudy",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("understudy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: no worker is left with it when the others have done."""
    items.sort(key=lambda item: "editors/vscode" not in item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tests: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.getreports("skipped"):
        if isinstance(report.longrepr, tuple):
            reason = str(report.longrepr[2]).removeprefix("Skipped: ")
            if reason.startswith(NOT_APPLICABLE):
                tests[reason.removeprefix(NOT_APPLICABLE)].append(report.nodeid)
    if tests:
        terminalreporter.section("not applicable on this machine")
    for reason, names in tests.items():
        terminalreporter.line(reason)
        for name in names:
            terminalreporter.line(f"  {name}")
