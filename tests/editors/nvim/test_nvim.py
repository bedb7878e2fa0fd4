"""Real Neovims do the main road with the real server, and notice when that server is spoilt."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import BROKEN_SERVER, REPOSITORY, Ended, Workplace, is_alive

pytestmark = pytest.mark.editor

HERE = Path(__file__).parent
CLIENT = REPOSITORY / "client-nvim"
VERSIONS = ("nvim-0.7", "nvim-0.10", "nvim-0.12")


def play(nvim: str, scenario: str, workplace: Workplace, **environment: str) -> Ended:
    """One headless Neovim on one scenario: exit code 0, or 1 with the reason in the output."""
    argv = [nvim, "--clean", "--headless", "-n", "-i", "NONE"]
    argv += ["--cmd", f"let g:understudy_python = '{sys.executable}'"]
    argv += ["--cmd", f"set runtimepath^={CLIENT}"]
    argv += ["-c", f"autocmd VimEnter * ++nested luafile {HERE / scenario}"]
    support = str(HERE / "support.lua")
    return workplace.run(argv, seconds=60, UNDERSTUDY_TEST_SUPPORT=support, **environment)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("scenario", ["road.lua", "trust.lua", "commands.lua"])
def test_scenario(
    scenario: str, version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    ended = play(editor(version), scenario, workplace)
    assert ended.code == 0, ended.output
    assert_servers_end(ended, workplace)


def test_killed_editor(editor: Callable[[str], str], workplace: Workplace) -> None:
    ended = play(editor(VERSIONS[-1]), "killed.lua", workplace)
    assert ended.code == -signal.SIGKILL, ended.output
    assert_servers_end(ended, workplace)


def assert_servers_end(ended: Ended, workplace: Workplace) -> None:
    servers = [int(pid) for pid in re.findall(r"^server (\d+)$", ended.output, re.MULTILINE)]
    assert servers, "the scenario names the processes that Neovim started"
    workplace.await_quiet()
    assert not [pid for pid in servers if is_alive(pid)]


BROKEN = {
    "no-diagnostics": r"in vain for a finding",
    "wrong-edit": r"stays|gone from the buffer|in vain for no finding",
    "crash-on-save": r"in vain for|exit",
    "no-status": r"in vain for a statusline",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_scenario_fails_on_a_broken_server(
    fault: str, editor: Callable[[str], str], workplace: Workplace, server: list[str]
) -> None:
    spoilt = [sys.executable, "-P", str(BROKEN_SERVER), *server]
    ended = play(
        editor(VERSIONS[-1]),
        "road.lua",
        workplace,
        UNDERSTUDY_TEST_SERVER="\n".join(spoilt),
        UNDERSTUDY_TEST_PATIENCE="4",
        UNDERSTUDY_BROKEN=fault,
    )
    assert ended.code == 1, ended.output
    assert re.search(f"^FAILED: .*({BROKEN[fault]})", ended.output, re.MULTILINE), ended.output
    workplace.await_quiet()
