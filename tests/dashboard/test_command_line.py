"""``understudy dashboard`` as a person in a terminal has it."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest
from click.testing import CliRunner

from understudy.cli import dashboard as command

from ..core.support import own_environment, understudy

PATIENCE = 20.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Whose browser writes down what it is to open."""
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {tmp_path}/opened.new\nmv {tmp_path}/opened.new {tmp_path}/opened\necho open\n'
    )
    browser.chmod(0o755)
    return own_environment(tmp_path, BROWSER=str(browser))


@contextmanager
def dashboard(
    environment: dict[str, str], folder: Path, *words: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "understudy", "dashboard", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> str:
    """The next address."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("The dashboard, for one browser within a minute: http://127.0.0.1:")
    assert process.stdout.readline() == "Enter prints another address.\n"
    return line.split()[-1]


def status(link: str) -> int:
    try:
        with urllib.request.urlopen(link, timeout=PATIENCE) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_addresses_and_ends_when_it_is_asked_to(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with dashboard(environment, tmp_path, "--no-open") as process:
        first = told(process)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        second = told(process)
        assert first != second
        assert [status(each) for each in (second, second, first)] == [200, 403, 200]
        process.stdin.close()
        assert status(first) == 403, "without an input it goes on"
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    assert not (tmp_path / "opened").exists()


def test_without_any_input_it_is_served(environment: dict[str, str], tmp_path: Path) -> None:
    own = f"{sys.executable} -P -m understudy dashboard --no-open"
    with subprocess.Popen(
        ["bash", "-c", f"exec {own} <&-"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert status(told(process)) == 200
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def test_it_opens_the_browser(environment: dict[str, str], tmp_path: Path) -> None:
    with dashboard(environment, tmp_path) as process:
        link = told(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert (tmp_path / "opened").read_text().strip() == link
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("words", "name", "trusted"),
    [(("--json", "--untrusted", "link"), "link", False), ((), "real", None)],
)
def test_a_folder_behind_a_link_is_one(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    name: str,
    trusted: bool | None,
) -> None:
    """An editor names its own, and findings are known by its paths; in a terminal it is the real
    one."""
    served: list[Mapping[Path, bool | None]] = []

    async def serve(roots: Mapping[Path, bool | None], *_: object, **__: object) -> None:
        served.append(dict(roots))

    monkeypatch.setattr(command, "_serve", serve)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    given = [str(tmp_path / each) if each == "link" else each for each in ("--in", "link", *words)]
    assert CliRunner().invoke(command.dashboard, given).exit_code == 0
    assert served == [{tmp_path / name: trusted}]


def test_a_port_that_is_taken_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    with dashboard(environment, tmp_path, "--no-open") as process:
        port = told(process).split(":")[2].partition("/")[0]
        words = ("dashboard", "--no-open", "--port", port)
        done = understudy(*words, cwd=tmp_path, environment=environment)
        assert done.returncode == 3
        assert "in use" in done.stderr
