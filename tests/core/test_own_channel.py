"""The channel of docs/notifications.md: installed as the page says, and told like any other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from .support import own_environment, tree, understudy, until

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"
BLOCKS = dict(re.findall(r"```(toml|python|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL))
TASKS = """
tasks:
  retryDelaySeconds: 0.2
  retries: 8
  custom:
    bad: {command: ["false"]}
    good: {command: ["true"], notify: [completion]}
triggers: {enabled: false}
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the distribution of the page is installed."""
    source = tree(
        tmp_path_factory.mktemp("source"),
        {"pyproject.toml": BLOCKS["toml"], "pager_for_understudy.py": BLOCKS["python"]},
    )
    site = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-build-isolation", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run(
        [sys.executable, "-P", "-m", "pip", "install", *options, str(source)], check=True
    )
    return site


@pytest.fixture
def device(tmp_path: Path) -> Path:
    return tmp_path / "ttyUSB0"


@pytest.fixture
def run(tmp_path: Path, site: Path, device: Path) -> Run:
    yaml = BLOCKS["yaml"].replace("/dev/ttyUSB0", str(device))
    root = tree(tmp_path / "shop", {".understudy/config.yaml": yaml + TASKS})
    environment = own_environment(tmp_path, PYTHONPATH=str(site))
    return partial(understudy, cwd=root, environment=environment)


@pytest.mark.parametrize(("severity", "said"), [("info", ""), ("error", "error: Hello\n")])
def test_it_is_told_of_what_it_wants(run: Run, device: Path, severity: str, said: str) -> None:
    run("trust", ".")
    device.touch()
    done = run("notify", "--severity", severity, "--title", "Hello")
    assert done.returncode == 0, done.stderr
    assert (done.stdout == "channels:pager: delivered\n") is bool(said)
    assert device.read_text() == said


def test_an_untrusted_workspace_does_not_enable_it(run: Run, device: Path) -> None:
    device.touch()
    assert "No channel takes it" in run("notify", "--severity", "error").stdout
    assert device.read_text() == ""


async def test_a_failure_is_tried_again_as_a_durable_delivery(run: Run, device: Path) -> None:
    run("trust", ".")
    run("start")
    try:
        assert run("run", "good").returncode == 0  # taskCompleted is not among its events
        assert run("run", "bad").returncode == 3
        await until(lambda: f"{device} is not plugged in" in run("log").stdout)
        device.touch()
        await until(device.read_text)
    finally:
        run("stop")
    assert device.read_text() == "error: bad failed\n"
    log = run("log").stdout
    assert "to be retried" in log
