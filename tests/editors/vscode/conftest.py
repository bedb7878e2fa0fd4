"""Fixtures for the real VS Code: a browser for the module, a home and a window for each test."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Playwright, sync_playwright

from . import driver

Window = Callable[..., AbstractContextManager[driver.Workbench]]
ENDING_SECONDS = 10.0


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if reason := driver.missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as running:
        yield running


@pytest.fixture
def home() -> Iterator[Path]:
    # Not tmp_path: the sockets that are made here allow about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="us-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(driver.SAMPLE, tmp_path / "shop"))


@pytest.fixture
def window(playwright: Playwright, home: Path, project: Path, tmp_path: Path) -> Window:
    """Opens VS Code on the project; when it is closed, nothing that it started may be left."""

    @contextmanager
    def opened(
        *,
        interpreter: Path | None = Path(sys.executable),
        patience: float = driver.STEP_SECONDS,
        trust_everything: bool = True,
        prepare: Callable[[driver.CodeServer], None] = lambda _: None,
    ) -> Iterator[driver.Workbench]:
        # The managed environment is made with the Python that runs the tests.
        path = f"{Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}"
        server = driver.CodeServer(
            home,
            interpreter=interpreter,
            trust_everything=trust_everything,
            variables={"PATH": path},
        )
        server.install_extension()
        prepare(server)
        failure = tmp_path / "failure.png"
        with driver.workbench(
            playwright, server, project, patience=patience, failure=failure
        ) as bench:
            yield bench
        _, alive = psutil.wait_procs(server.processes(), timeout=ENDING_SECONDS)
        left = [" ".join(process.cmdline()) for process in alive]
        for process in alive:
            process.kill()
        assert not left, "these outlive VS Code:\n" + "\n".join(left)

    return opened
