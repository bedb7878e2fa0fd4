"""A workplace for a terminal editor: a copy of the sample, its own home, a watch on processes."""

from __future__ import annotations

import contextlib
import math
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ...needs import missing

REPOSITORY = Path(__file__).parents[3]
EDITORS = Path(os.environ.get("UNDERSTUDY_EDITORS", REPOSITORY / ".cache" / "editors"))
BROKEN_SERVER = REPOSITORY / "tests" / "editors" / "broken_server.py"
ENDING_SECONDS = 10.0


@dataclass(frozen=True)
class Ended:
    """What a program left: its exit code and everything that it printed; ``at``: when, in seconds
    since the epoch."""

    code: int
    output: str
    at: float


@dataclass(frozen=True)
class Workplace:
    """A project to edit and the environment of an editor; nothing of the user's is reached."""

    project: Path
    environment: dict[str, str]

    def run(self, argv: list[str], seconds: float, **environment: str) -> Ended:
        """Run to the end; a program that outlasts `seconds` is killed and told of in the output."""
        process = subprocess.Popen(
            argv,
            cwd=self.project,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            output += f"\nkilled: {argv[0]} did not end within {seconds:g} s"
        return Ended(process.returncode, output, time.time())

    def living(self) -> list[psutil.Process]:
        """Every process started with this workplace's environment, detached ones included."""
        mark = self.environment["UNDERSTUDY_STATE_DIR"]
        return [process for process in psutil.process_iter(["cmdline"]) if _state(process) == mark]

    def await_quiet(self) -> None:
        """Fails when something that the editor started is still there after `ENDING_SECONDS`."""
        deadline = time.monotonic() + ENDING_SECONDS
        while (living := self.living()) and time.monotonic() < deadline:
            await_end(living[0].pid, deadline - time.monotonic())
        for process in living:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert not living, f"these outlive their editor: {[each.info for each in living]}"


def is_alive(pid: int, since: float = math.inf) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not. ``since``: no
    other that was given its number after this time, in seconds since the epoch."""
    try:
        process = psutil.Process(pid)
        return process.create_time() <= since and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_end(pid: int, seconds: float = ENDING_SECONDS) -> None:
    """Returns after so long at the latest."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)


def _state(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("UNDERSTUDY_STATE_DIR") if is_alive(process.pid) else None
    except psutil.Error:
        return None


def furnish(folder: Path) -> Workplace:
    """A workplace in the new folder `folder`."""
    shutil.copytree(REPOSITORY / "tests" / "samples" / "shop", folder / "shop")
    kept = ("PATH", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "UNDERSTUDY_STATE_DIR": str(folder / "state"),
    }
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        environment[f"XDG_{kind}_HOME"] = str(folder / "home" / kind.lower())
    own = folder / "home" / "config" / "understudy"
    own.mkdir(parents=True)
    # Tasks start when a test asks for them.
    (own / "config.yaml").write_text("triggers: {enabled: false}\n")
    return Workplace(folder / "shop", environment)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return furnish(tmp_path)


@pytest.fixture
def editor() -> Callable[[str], str]:
    """From a wrapper's name to its path; the test is skipped where the editor is missing."""

    def find(name: str) -> str:
        program = EDITORS / "bin" / name
        if not program.exists():
            listed = EDITORS / "missing.txt"
            reasons = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
            prefix = f"missing: {name}: "
            reason = next((line for line in reasons if line.startswith(prefix)), None)
            missing(reason or f"{prefix}not installed; run tests/editors/install_nvim.sh")
        return str(program)

    return find


@pytest.fixture
def server() -> list[str]:
    return [sys.executable, "-P", "-m", "understudy", "lsp"]
