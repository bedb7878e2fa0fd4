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
from playwright.sync_api import sync_playwright

from .driver import SAMPLE, VSCode, Workbench, missing
from .stand_in import bundle_stand_in

Window = Callable[..., AbstractContextManager[Workbench]]
ENDING_SECONDS = 15.0


@pytest.fixture(scope="module")
def vscode() -> Iterator[VSCode]:
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # The managed environment is made with the Python that runs the tests.
    path = f"{Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}"
    # Not a folder of pytest's: a socket's path may have about a hundred characters.
    with (
        tempfile.TemporaryDirectory(prefix="us-", ignore_cleanup_errors=True) as home,
        sync_playwright() as playwright,
        VSCode.running(playwright, Path(home), {"PATH": path}) as running,
    ):
        bundle_stand_in(running.extensions)
        yield running
    assert not running.processes(), "VS Code left something running"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "shop"))


@pytest.fixture
def window(vscode: VSCode, project: Path, tmp_path: Path) -> Window:
    """Opens a window on the project; when it is closed, its language server has to end."""

    @contextmanager
    def opened(**options: Any) -> Iterator[Workbench]:
        failure = tmp_path / "failure.png"
        with vscode.window(project, failure=failure, **options) as bench:
            yield bench
        servers = [psutil.Process(pid) for pid in vscode.language_servers()]
        _, alive = psutil.wait_procs(servers, timeout=ENDING_SECONDS)
        assert not alive, f"these outlive their window: {alive}"

    return opened
