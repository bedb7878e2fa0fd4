"""Real Neovims do the main road with the real server, and notice when that server is spoilt."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.core.advisories import serving
from tests.generate.attached import STARTING
from understudy.tasks.audits.workspace import MANIFESTS

from ..full_disk import on_full_disk
from ..history import committed
from .conftest import BROKEN_SERVER, REPOSITORY, Ended, Workplace, await_end, furnish, is_alive

pytestmark = pytest.mark.editor

HERE = Path(__file__).parent
CLIENT = REPOSITORY / "client-nvim"
VERSIONS = ("nvim-0.7", "nvim-0.10", "nvim-0.12")


def play(
    nvim: str,
    scenario: str,
    workplace: Workplace,
    python: str = sys.executable,
    **environment: str,
) -> Ended:
    """One headless Neovim on one scenario: exit code 0, or 1 with the reason in the output."""
    argv = [nvim, "--clean", "--headless", "-n", "-i", "NONE"]
    argv += ["--cmd", f"let g:understudy_python = '{python}'"]
    argv += ["--cmd", f"set runtimepath^={CLIENT}"]
    argv += ["-c", f"autocmd VimEnter * ++nested luafile {HERE / scenario}"]
    support = str(HERE / "support.lua")
    return workplace.run(argv, seconds=60, UNDERSTUDY_TEST_SUPPORT=support, **environment)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "scenario",
    [
        *("road.lua", "trust.lua", "commands.lua", "tasks.lua", "lenses.lua", "profile.lua"),
        "sandbox.lua",
    ],
)
def test_scenario(
    scenario: str, version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    ended = play(editor(version), scenario, workplace)
    assert ended.code == 0, ended.output
    assert_servers_end(ended, workplace)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dependency_is_raised(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    with serving() as service:
        ended = play(editor(version), "audits.lua", workplace, UNDERSTUDY_TEST_OSV=service.url)
    assert ended.code == 0, ended.output
    assert_servers_end(ended, workplace)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_repeated_becomes_an_automation(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    committed(workplace.project, ("cart", "order", "invoice", "voucher", "customer"))
    (workplace.project / "refund.py").write_text("import os\n\n\ndef total(items):\n    return 0\n")
    ended = play(editor(version), "automations.lua", workplace)
    assert ended.code == 0, ended.output
    assert_servers_end(ended, workplace)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_terminal_is_listened_to(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    ended = play(editor(version), "terminal.lua", workplace)
    assert ended.code == 0, ended.output
    workplace.await_quiet()
    files = [*Path(workplace.environment["UNDERSTUDY_STATE_DIR"]).rglob("activity.db*")]
    assert files
    assert not any(b"greenhouse" in each.read_bytes() for each in files)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_disk_is_told_of(
    version: str, editor: Callable[[str], str], workplace: Workplace, tmp_path: Path
) -> None:
    python = str(on_full_disk(tmp_path))
    ended = play(editor(version), "strain.lua", workplace, python)
    assert ended.code == 0, ended.output


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_done_for_many_is_asked_for_in_rows(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    ended = play(editor(version), "rows.lua", workplace)
    assert ended.code == 0, ended.output


@pytest.mark.parametrize("version", VERSIONS)
def test_what_analyzers_and_audits_look_at_is_attached(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    """As far as this Neovim has a name for it; what it takes for something else is told here."""
    names = {ending if ending[0] != "*" else f"x{ending[1:]}" for ending in endings()}
    ended = play(
        editor(version), "filetypes.lua", workplace, UNDERSTUDY_TEST_NAMES="\n".join(sorted(names))
    )
    assert ended.code == 0, ended.output


def endings() -> set[str]:
    suffixes = {f"*{suffix}" for each in STARTING for suffix in each.suffixes}
    return {
        *suffixes,
        *MANIFESTS,
        *(name for each in STARTING for name in (*each.names, *each.patterns)),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_is_not_installed(
    version: str, editor: Callable[[str], str], workplace: Workplace
) -> None:
    ended = play(editor(version), "missing.lua", workplace)
    assert ended.code == 0, ended.output


def test_killed_editor(editor: Callable[[str], str], workplace: Workplace) -> None:
    ended = play(editor(VERSIONS[-1]), "killed.lua", workplace)
    assert ended.code == -signal.SIGKILL, ended.output
    assert_servers_end(ended, workplace)


def assert_servers_end(ended: Ended, workplace: Workplace) -> None:
    servers = [int(pid) for pid in re.findall(r"^server (\d+)$", ended.output, re.MULTILINE)]
    assert servers, "the scenario names the processes that Neovim started"
    workplace.await_quiet()
    for pid in servers:
        if is_alive(pid, ended.at):  # it is about to end: nobody can see any more what it was
            await_end(pid)
    assert not [pid for pid in servers if is_alive(pid, ended.at)]


# By fault: what the scenario says of it.
BROKEN = {
    "no-diagnostics": "in vain for a finding B307",
    "wrong-edit": "stays|gone from the buffer",
    "crash-on-save": "in vain for a finding B324",
    "no-status": "in vain for a statusline",
}


def test_scenario_fails_on_broken_servers(
    editor: Callable[[str], str], tmp_path: Path, server: list[str]
) -> None:
    nvim = editor(VERSIONS[-1])
    workplaces = {fault: furnish(tmp_path / fault) for fault in BROKEN}

    def play_with(fault: str) -> Ended:
        return play(
            nvim,
            "road.lua",
            workplaces[fault],
            UNDERSTUDY_TEST_SERVER="\n".join([sys.executable, "-P", str(BROKEN_SERVER), *server]),
            UNDERSTUDY_TEST_PATIENCE="8",
            UNDERSTUDY_BROKEN=fault,
        )

    # All at once: what a scenario does with most of these servers is wait.
    with ThreadPoolExecutor() as pool:
        played = dict(zip(BROKEN, pool.map(play_with, BROKEN), strict=True))
    for fault, ended in played.items():
        assert ended.code == 1, (fault, ended.output)
        reason = re.search(r"^FAILED: .*", ended.output, re.MULTILINE)
        assert reason, (fault, ended.output)
        assert re.search(BROKEN[fault], reason[0]), (fault, ended.output)
        workplaces[fault].await_quiet()
