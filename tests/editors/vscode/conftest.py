"""Fixtures for the real VS Code: it runs once for the module, each test has a window of its own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks.dashboard.browser import chromium

from ... import needs
from .code_server import SAMPLE, CodeServer, missing
from .stand_in import bundle_stand_in
from .workbench import Workbench, browser, open_window

Window = Callable[..., AbstractContextManager[Workbench]]
ENDING_SECONDS = 15.0


@pytest.fixture(scope="module")
def vscode() -> Iterator[tuple[CodeServer, BrowserContext]]:
    reason = missing() or (None if chromium() else "Chromium is not installed")
    if reason:
        needs.missing(reason)
    # The managed environment is made with the Python that runs the tests.
    path = f"{Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}"
    # Not a folder of pytest's: a socket's path may have about a hundred characters.
    with (
        tempfile.TemporaryDirectory(prefix="us-", ignore_cleanup_errors=True) as home,
        CodeServer.running(Path(home), PATH=path) as server,
        sync_playwright() as playwright,
        browser(playwright) as context,
    ):
        bundle_stand_in(server.extensions)
        yield server, context
    _, alive = psutil.wait_procs(server.processes(), timeout=ENDING_SECONDS)
    assert not alive, f"these outlive VS Code: {alive}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "shop"))


@pytest.fixture
def window(vscode: tuple[CodeServer, BrowserContext], project: Path, tmp_path: Path) -> Window:
    """Opens a window on the project; when it is closed, its language server has to end.

    What a failed test leaves in `tmp_path`: a picture of the window, and VS Code's logs.
    """
    server, context = vscode

    @contextmanager
    def opened(**options: Any) -> Iterator[Workbench]:
        failure = tmp_path / "failure.png"
        try:
            with open_window(context, server, project, failure=failure, **options) as bench:
                yield bench
        except BaseException:
            shutil.copytree(server.logs, tmp_path / "logs")
            raise
        running = [psutil.Process(pid) for pid in server.language_servers()]
        _, alive = psutil.wait_procs(running, timeout=ENDING_SECONDS)
        assert not alive, f"these outlive their window: {alive}"

    return opened
